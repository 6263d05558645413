"""Slack may be away for an hour, or want somebody to look: everything comes in the end, and nothing twice."""

import itertools
import json
from datetime import timedelta
from typing import Any

import pytest

from qualification.outbox import outbox
from qualification.records import ChannelQueue, Delivery, DeliveryState
from sandbox.faults import CallFaultKind
from tests.worlds.deliveries import Desk

KINDS: tuple[CallFaultKind, ...] = ("429", "500", "hang", "cut_before", "cut_after")


@pytest.mark.parametrize("kind", KINDS)
def test_an_hour_without_slack_delays_and_loses_nothing(desk: Desk, kind: CallFaultKind) -> None:
    worker = desk.worker(seconds=0.1)
    old = desk.handoff("before the outage")
    old_card = desk.card(old)
    worker.run_once(desk.clock())
    desk.sandbox.fault("*", kind, retry_after=30)
    new = desk.handoff("during the outage")
    cards = [old_card, desk.card(new), desk.direct_card(new), desk.card(new, "amer"), desk.home()]
    cards.append(desk.line(old, 1))
    desk.change(old, "changed during the outage")
    desk.pass_time(worker, 60, step=10)
    desk.pass_time(worker, 3540, step=590)
    assert {desk.delivery(card).state for card in cards} <= {DeliveryState.PENDING, DeliveryState.DELIVERED}
    desk.sandbox.heal()
    desk.settle(worker, 120)
    assert {desk.delivery(card).state for card in cards} == {DeliveryState.DELIVERED}
    assert sorted(desk.texts()) == ["changed during the outage", "during the outage", "line 1"]
    assert desk.texts("amer") == ["during the outage"]
    assert [message.text for message in desk.direct_messages()] == ["during the outage"]


def test_a_revoked_token_stops_everything_parks_nothing_and_heals_by_itself(desk: Desk) -> None:
    worker = desk.worker()
    cards = [desk.card(desk.handoff("asked for a demo"), channel) for channel in ("emea", "amer", "apac")]
    desk.sandbox.revoke("Northwind")
    worker.run_once(desk.clock())
    assert desk.workspace().last_error == "token_revoked"
    since = desk.workspace().last_error_at
    calls = desk.calls("chat.postMessage")
    desk.pass_time(worker, 25, step=5)
    assert desk.calls("chat.postMessage") == calls
    desk.pass_time(worker, 300, step=5)
    assert desk.calls("chat.postMessage") <= calls + 10
    assert {desk.delivery(card).state for card in cards} == {DeliveryState.PENDING}
    assert desk.workspace().last_error_at == since
    desk.sandbox.revoke("Northwind", revoked=False)
    desk.pass_time(worker, 35, step=5)
    assert desk.workspace().last_error is None
    assert [desk.texts(channel) for channel in ("emea", "amer", "apac")] == [["asked for a demo"]] * 3


def test_a_method_without_its_scope_stops_what_needs_it_and_nothing_else(desk: Desk) -> None:
    worker = desk.worker()
    app = desk.sandbox.workspace("Northwind").app
    granted, app.manifest = app.manifest, without(app.manifest, "im:write")
    handoff = desk.handoff("asked for a demo")
    direct, card = desk.direct_card(handoff), desk.card(handoff)
    desk.pass_time(worker, 600, step=5)
    assert desk.texts() == ["asked for a demo"]
    assert desk.delivery(card).state is DeliveryState.DELIVERED
    assert (desk.delivery(direct).state, desk.delivery(direct).last_error) == (DeliveryState.PENDING, "missing_scope")
    assert desk.workspace().last_error is None
    assert desk.reads(outbox.slack_errors) == "conversations.open: missing_scope, needs im:write"
    assert desk.calls("conversations.open") <= 21
    app.manifest = granted
    desk.pass_time(worker, 35, step=5)
    assert [message.text for message in desk.direct_messages()] == ["asked for a demo"]
    assert desk.reads(outbox.slack_errors) is None


def test_a_search_for_a_duplicate_without_its_scope_holds_up_nothing(desk: Desk) -> None:
    worker = desk.worker(seconds=0.1)
    desk.sandbox.fault("chat.postMessage", "cut_after", times=1)
    card = desk.card(desk.handoff("first"))
    worker.run_once(desk.clock())
    desk.pass_time(worker, 15)
    app = desk.sandbox.workspace("Northwind").app
    app.manifest = without(app.manifest, "channels:history")
    with desk.database.transaction() as session:
        session.get_one(Delivery, card).duplicate_check_at = desk.clock()
        session.get_one(ChannelQueue, desk.queue(card).id).due_at = desk.clock()
    desk.card(desk.handoff("second"))
    desk.pass_time(worker, 3)
    assert desk.texts() == ["first", "second"]


def without(manifest: dict[str, Any], scope: str) -> dict[str, Any]:
    """Return the manifest of an app that was granted all but one of its scopes."""
    left: dict[str, Any] = json.loads(json.dumps(manifest))
    left["oauth_config"]["scopes"]["bot"].remove(scope)
    return left


def test_a_pause_that_slack_asks_for_is_kept(desk: Desk) -> None:
    worker = desk.worker()
    handoff = desk.handoff("0")
    desk.card(handoff)
    worker.run_once(desk.clock())
    desk.sandbox.fault("chat.update", "429", retry_after=20, times=1)
    desk.change(handoff, "1")
    worker.run_once(desk.clock())
    desk.pass_time(worker, 19)
    assert desk.calls("chat.update") == 1
    desk.pass_time(worker, 2)
    assert desk.texts() == ["1"]


def test_pauses_grow_to_half_a_minute(desk: Desk) -> None:
    worker = desk.worker()
    handoff = desk.handoff("0")
    desk.card(handoff)
    worker.run_once(desk.clock())
    desk.sandbox.fault("chat.update", "500")
    desk.change(handoff, "1")
    start = desk.clock()
    desk.pass_time(worker, 100, step=1)
    moments = [(call.at - start) / timedelta(seconds=1) for call in desk.sandbox.calls("chat.update")]
    pauses = [round(after - before) for before, after in itertools.pairwise(moments)]
    assert pauses == [1, 2, 4, 8, 16, 30, 30]


def test_an_outage_that_begins_in_one_place_sooner_parks_nothing(desk: Desk) -> None:
    worker = desk.worker()
    card = desk.card(desk.handoff("asked for a demo"))
    desk.sandbox.fault("chat.postMessage", "500")
    worker.run_once(desk.clock())
    desk.sandbox.heal()
    desk.clock.advance(0.5)
    desk.card(desk.handoff("the last that went"), "amer")
    worker.run_once(desk.clock())
    assert desk.texts("amer") == ["the last that went"]
    desk.sandbox.fault("*", "500")
    desk.pass_time(worker, 3600, step=10)
    assert desk.delivery(card).state is DeliveryState.PENDING
    desk.sandbox.heal()
    desk.settle(worker, 120)
    assert desk.texts() == ["asked for a demo"]

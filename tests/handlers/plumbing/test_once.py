"""What Slack sends counts once: each command, button, modal, shortcut and event that has a listener, sent again."""

import copy
import inspect
import json
import logging
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import select

import handlers
from bot.slack import once
from qualification.records import Base, Delivery, IdempotencyKey, LeadEvent
from sandbox.people.snapshots import Message
from tests.handlers.test_lead_page import comes_in, publishes
from tests.worlds.floor import PLAYBOOK, Floor, Json, fill, press, shown, submit

STORED: Final = Path(__file__).parents[1] / "stored_payloads"
OURS: Final = ("bot", "handlers", "qualification", "templates")
BUDGET: Final = "Budget: what do we know?"


class Contents:
    """Stands where Bolt's app does, and notes which listener each id has."""

    def __init__(self) -> None:
        self.listeners: dict[tuple[str, str], Callable[..., None]] = {}

    def error(self, answer: Callable[..., Any]) -> None:
        """Do without: it listens to no id."""

    def __getattr__(self, kind: str) -> Callable[[str], Callable[[Callable[..., None]], None]]:
        return lambda name: lambda listener: self.listeners.update({(kind, name): listener})


def contents() -> dict[tuple[str, str], Callable[..., None]]:
    """Return every listener by its kind and id."""
    noted = Contents()
    handlers.register(noted)  # type: ignore[arg-type]
    return noted.listeners


def heard_as(payload: Json) -> tuple[str, str]:
    """Return by which kind and id a payload finds its listener."""
    match payload:
        case {"command": str(command)}:
            return "command", command
        case {"event": {"type": str(event)}}:
            return "event", event
        case {"type": "block_actions"}:
            return "action", payload["actions"][0]["action_id"]
        case {"type": "view_submission"}:
            return "view", payload["view"]["callback_id"]
        case _:
            return "shortcut", payload["callback_id"]


def walk(floor: Floor) -> Iterator[Json | None]:
    """Do everything that can be done, one thing after the other; yield what did not come from the sandbox."""
    yield from hand_over_and_decide(floor)
    yield from work(floor)
    yield from qualify(floor)
    yield from ask(floor)
    yield from correct(floor)
    yield from hear(floor)
    yield from use_what_is_old(floor)


def hand_over_and_decide(floor: Floor) -> Iterator[None]:
    floor.mika.types("Ivy of Acme asked for a demo", "#general")
    floor.mika.uses("Hand off to sales", on=floor.mika.sees("#general")[-1])
    yield
    floor.mika.closes()
    floor.mika.types("/baton", "#general")
    press(floor.mika, "baton_hand_over", floor.mika.private_replies[-1])
    yield
    floor.mika.closes()
    card = floor.hands_over("Acme")
    yield
    press(floor.ana, "accept", card)
    yield
    press(floor.ana, "undo", floor.card())
    yield
    press(floor.ana, "decline", floor.card())
    yield
    fill(floor.ana, {"reason": {"reason": "other"}, "note": "Not my region"})
    submit(floor.ana, "decline")
    yield
    press(floor.ben, "snooze", floor.card())
    yield
    fill(floor.ben, {"date": "2027-03-03", "note": "Later"})
    submit(floor.ben, "snooze")
    yield
    press(floor.maya, "disqualify", floor.hands_over("Bolt"))
    yield
    fill(floor.maya, {"reason": {"reason": "duplicate"}})
    yield
    submit(floor.maya, "disqualify")
    yield
    floor.clock.advance(timedelta(minutes=6))
    press(floor.maya, "reopen", floor.card())
    yield
    press(floor.ana, "claim", floor.hands_over("Kestrel", source="webinar"))
    yield
    for who in (floor.ana, floor.ben):
        who.types("/baton away", "#general")
        yield
    press(floor.maya, "reassign", floor.hands_over("Queue"))
    yield
    fill(floor.maya, {"to": floor.ana.id})
    submit(floor.maya, "reassign")
    yield
    for who in (floor.ana, floor.ben):
        who.types("/baton", "#general")
        press(who, "baton_back", who.private_replies[-1])
        yield


def work(floor: Floor) -> Iterator[None]:
    card = floor.accepted("Works", by=floor.maya)
    press(floor.maya, "log_contact", card)
    yield
    fill(floor.maya, {"kind": {"kind": "call"}, "note": "Will call back"})
    submit(floor.maya, "log_contact")
    yield
    floor.accepted("Steps", by=floor.maya)
    direct = floor.maya.direct_messages[-1]
    press(floor.maya, "task_done", direct)
    yield
    floor.shows()
    press(floor.maya, "task_not_done", floor.maya.looks_again(direct))
    yield
    press(floor.maya, "more", floor.card(), do="snooze")
    yield
    floor.maya.closes()
    press(floor.maya, "more", floor.card(), do="edit")
    yield
    fill(floor.maya, {"value": "1200 EUR", "note": "Prefers calls"})
    submit(floor.maya, "edit_lead")
    yield
    press(floor.maya, "stage", floor.card(), stage="opportunity")
    yield
    press(floor.maya, "stage", floor.card(), stage="lost")
    yield
    fill(floor.maya, {"reason": {"reason": "price"}})
    submit(floor.maya, "lose")
    yield


def qualify(floor: Floor) -> Iterator[None]:
    card = floor.accepted("Checks", by=floor.maya)
    press(floor.maya, "checklist", card)
    yield
    floor.maya.picks("Yes", BUDGET)
    yield
    submit(floor.maya, "checklist")
    yield
    floor.maya.types("/bant", "#general")
    yield
    assert shown(floor.maya) == "pick_lead"
    options = next(each.options for each in floor.maya.modal.controls if each.place.key[0] == "lead")
    floor.maya.fills({"lead": options[0][1]})
    submit(floor.maya, "pick_lead")
    yield
    floor.maya.closes()
    press(floor.maya, "reveal", floor.hands_over("Masks", problem="Ask ivy@acme.example"))
    yield
    floor.maya.closes()
    floor.maya.types("/bant checks", "#general")
    yield
    floor.maya.closes()


def ask(floor: Floor) -> Iterator[None]:
    olu = "  - {email: olu.adeyemi@northwind.example, name: Olu Adeyemi, roles: [admin]}\n"
    staffed = PLAYBOOK.replace("people:\n", f"people:\n{olu}")
    publishes(floor, f"{staffed}\nrights: {{marketers: leads, managers: leads}}\n")
    comes_in(floor, id="7", phone="+49 1", company="Kestrel Freight")
    floor.hands_over("Kestrel Freight", email="ivy@kestrel.example", person="Ivy Chen")
    comes_in(floor, id="7", email="ivy@kestrel.example")
    comes_in(floor, email="joe@kestrel.example", name="Joe Doe", company="Kestrel Freight")
    floor.maya.types("/lead kestrel freight", "#general")
    yield
    floor.maya.presses("show_lead", on=floor.maya.private_replies[-1], near="Ivy Chen")
    yield
    press(floor.maya, "split_lead", floor.maya.private_replies[-1])
    yield
    floor.mika.types("/lead joe doe", "#general")
    press(floor.mika, "hand_over_lead", floor.mika.private_replies[-1])
    yield
    floor.mika.closes()
    administrator = floor.sandbox.person("Olu Adeyemi")
    comes_in(floor, email="jo@kestrel.example", name="Jo Doe", company="Kestrel Freight")
    administrator.types("/lead joe doe", "#general")
    press(administrator, "merge_lead", administrator.private_replies[-1])
    yield
    administrator.fills({"query": "jo@kestrel.example"})
    submit(administrator, "merge_lead")
    yield
    submit(administrator, "merge_leads")
    yield
    administrator.closes()
    administrator.types("/lead joe doe", "#general")
    press(administrator, "erase_lead", administrator.private_replies[-1])
    yield
    submit(administrator, "erase")
    yield
    administrator.closes()
    floor.maya.types("/pipeline", "#general")
    yield
    answer = floor.maya.private_replies[-1]
    press(floor.maya, "share_pipeline", answer)
    yield
    press(floor.maya, "measures", answer)
    yield
    floor.maya.closes()
    floor.ana.types("/baton", "#general")
    press(floor.ana, "baton_away", floor.ana.private_replies[-1])
    yield
    fill(floor.ana, {"date": "2026-12-01", "time": "14:30"})
    submit(floor.ana, "away")
    yield


def correct(floor: Floor) -> Iterator[None]:
    comes_in(floor, email="ivy@kestrel.example", name="Ivy Chen", company="Kestrel Freight")
    floor.hands_over("Harbour Foods", email="bo@kestrel.example", person="Bo Li")
    floor.shows()
    press(floor.mika, "own_company", floor.mika.direct_messages[-1])
    yield
    submit(floor.mika, "own_company")
    yield
    floor.mika.closes()
    floor.shows()
    press(floor.mika, "former_company", floor.mika.direct_messages[-1])
    yield


def hear(floor: Floor) -> Iterator[None]:
    for number in range(6):
        floor.accepted(f"Company {number}", by=floor.maya)
    floor.maya.opens_home()
    yield
    floor.shows()
    press(floor.maya, "home_next", floor.maya.home)
    yield
    floor.shows()
    press(floor.maya, "home_previous", floor.maya.home)
    yield
    floor.sandbox.people.change(floor.ana, tz="America/New_York", real_name="Ana R. Ruiz")
    yield
    floor.sandbox.people.delete_message(floor.hands_over("Gone"))
    yield
    floor.shows()
    floor.sandbox.people.remove_bot("sales-emea", workspace=floor.sandbox.workspace())
    floor.sandbox.people.invite_bot("sales-emea", workspace=floor.sandbox.workspace())
    yield


def use_what_is_old(floor: Floor) -> Iterator[Json]:
    """Send what an earlier version's messages would: about the first handoff, which is snoozed by now."""
    workspace = floor.sandbox.workspace()
    for file in sorted(STORED.glob("*.json")):
        payload = json.loads(file.read_text(encoding="utf-8"))
        trigger_id = floor.sandbox.slack.triggers.issue(workspace.id, payload["user"]["id"])
        floor.dispatches({**payload, "trigger_id": trigger_id})
        yield {**payload, "trigger_id": trigger_id}


def stored(floor: Floor) -> dict[str, list[Any]]:
    """Return every row of every table; of messages what they should show, for what Slack shows follows by itself."""
    columns = {each.name: select(each) for each in Base.metadata.sorted_tables if each.name != "channel_queue"}
    columns["delivery"] = select(Delivery.id, Delivery.kind, Delivery.subject, Delivery.desired_revision)
    return floor.reads(
        lambda session: {name: sorted(map(repr, session.execute(each).all())) for name, each in columns.items()}
    )


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_whatever_slack_sends_again_changes_nothing(floor: Floor, caplog: pytest.LogCaptureFixture) -> None:
    listeners, seen, wrote = contents(), set[tuple[str, str]](), set[Callable[..., None]]()
    told, keys = 0, 0
    for own in walk(floor):
        floor.settles()
        payloads = [each.payload for each in floor.sandbox.deliveries()][told:]
        told += len(payloads)
        payloads += [own] if own else []
        before = stored(floor)
        caplog.clear()
        assert {floor.dispatches(copy.deepcopy(each)).status for each in payloads} == {200}
        assert stored(floor) == before, f"one of {[heard_as(each) for each in payloads]} counted twice"
        assert [each for each in caplog.records if each.levelno >= logging.ERROR and each.name.startswith(OURS)] == []
        counted = len(before["idempotency_key"]) > keys
        keys = len(before["idempotency_key"])
        seen |= {heard_as(each) for each in payloads}
        if counted:
            wrote |= {listeners[heard_as(each)] for each in payloads}
    assert listeners.keys() - seen == set()
    # Its test is worth nothing where the first time changed nothing either.
    writing = {each for each in listeners.values() if "transaction" in inspect.signature(each).parameters}
    assert [each.__name__ for each in writing - wrote] == []


def test_a_form_that_is_sent_again_says_that_it_counted(floor: Floor) -> None:
    press(floor.ana, "log_contact", floor.accepted())
    fill(floor.ana, {"kind": {"kind": "call"}, "note": "Will call back"})
    submit(floor.ana, "log_contact")
    (sent,) = [each.payload for each in floor.sandbox.deliveries() if each.payload.get("type") == "view_submission"][1:]
    answer = floor.dispatches(sent)
    assert "It counted the first time" in answer.body
    assert json.loads(answer.body)["response_action"] == "update"


def test_a_refused_form_may_come_again_corrected(floor: Floor) -> None:
    """Slack keeps the modal's id while the person corrects a field."""
    press(floor.ana, "more", floor.accepted(), do="edit")
    for value in ("twelve", "many", "12 EUR"):
        fill(floor.ana, {"value": value})
        submit(floor.ana, "edit_lead")
    assert floor.stored().value_minor == 1200


def test_a_button_pressed_again_does_what_is_true_by_then_and_no_more(floor: Floor) -> None:
    """Somebody who read of trouble connecting presses the same button of the same card again."""

    def press_twice(name: str, on: Message) -> None:
        press(floor.ana, name, on)
        floor.settles()
        again = copy.deepcopy(floor.sandbox.deliveries("interactive")[-1].payload)
        again["actions"][0]["action_ts"] += "1"
        events = floor.reads(lambda session: session.query(LeadEvent).count())
        assert floor.dispatches(again).status == 200
        assert floor.reads(lambda session: session.query(LeadEvent).count()) == events
        floor.shows()

    press_twice("accept", floor.hands_over())
    press_twice("undo", floor.card())
    press_twice("accept", floor.card())
    press_twice("task_done", floor.ana.direct_messages[-1])
    press_twice("task_not_done", floor.ana.direct_messages[-1])
    press_twice("stage", floor.card())


def test_keys_are_kept_for_two_days(floor: Floor) -> None:
    floor.hands_over()
    count = floor.reads(lambda session: session.query(IdempotencyKey).count())
    assert count > 0
    for after, left in ((once.KEPT, count), (timedelta(seconds=1), 0)):
        floor.clock.advance(after)
        floor.shows()
        assert floor.reads(lambda session: session.query(IdempotencyKey).count()) == left


def test_a_change_that_is_saved_is_never_told_as_one_that_failed(
    floor: Floor, caplog: pytest.LogCaptureFixture
) -> None:
    """Slack does not redraw the modal; the verdict is stored by then."""
    press(floor.ana, "checklist", floor.accepted())
    floor.sandbox.fault("views.update", "500", times=1)
    floor.ana.picks("Yes", BUDGET)
    assert shown(floor.ana) == "checklist"
    assert floor.ana.private_replies == []
    assert "An action was saved; showing it failed." in caplog.messages
    assert floor.stored().checklist.yes == 1  # type: ignore[union-attr]


def test_a_press_on_home_that_took_too_long_is_told_in_a_direct_message(floor: Floor) -> None:
    """A Home tab has no response_url, and an expired trigger opens no modal."""
    view = {"id": "V1", "type": "home", "hash": "1.a", "private_metadata": "", "blocks": []}
    expired = floor.sandbox.slack.triggers.issue(floor.sandbox.workspace().id, floor.ana.id)
    floor.clock.advance(timedelta(seconds=4))
    floor.dispatches(floor.click("baton_away", None, by=floor.ana, view=view, trigger_id=expired))
    assert floor.ana.direct_messages[-1].text == "That took too long. Please try again."

"""What Prometheus reads of a bot."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text, update
from sqlalchemy.exc import SQLAlchemyError

from bot.app import Baton, build
from bot.database import Database
from bot.settings import Settings
from qualification.handoffs import handover
from qualification.handoffs.handover_form import HandOverForm
from qualification.intake import api_keys
from qualification.organisation import publishing
from qualification.records import Offer
from sandbox.clock import ManualClock
from sandbox.server import Sandbox
from tests.worlds.away import away
from tests.worlds.floor import PLAYBOOK

TOKEN = "only-for-prometheus"


@dataclass
class Scraped:
    """A bot, and what it tells whoever has the token."""

    baton: Baton
    clock: ManualClock

    def asks(self, path: str = "/metrics", token: str = TOKEN, **with_: Any) -> httpx.Response:
        """Send a request with a bearer token."""

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self.baton.asgi)
            async with httpx.AsyncClient(transport=transport, base_url="http://baton") as client:
                headers = {"authorization": f"Bearer {token}"}
                return await client.request(with_.pop("verb", "GET"), path, headers=headers, **with_)

        return asyncio.run(ask())

    def values(self) -> dict[str, float]:
        """Return each sample by its name and labels."""
        answer = self.asks()
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")
        return {
            f"{sample.name}{json.dumps(sample.labels) if sample.labels else ''}": sample.value
            for family in text_string_to_metric_families(answer.text)
            for sample in family.samples
        }

    def hands_over(self, by: str) -> None:
        """Hand a lead over."""
        with self.baton.database.transaction() as session:
            form = HandOverForm(company="Contoso", did="Asked for a demo")
            workspace_id = self.baton.installations[0].id
            handover.hand_over(session, workspace_id=workspace_id, by=by, form=form, now=self.clock())

    def settles(self) -> None:
        """Let the worker do all that is due."""
        while self.baton.workers[0].run_once(self.clock()):
            pass


@pytest.fixture
def scraped(settings: Settings, database_url: str, clock: ManualClock) -> Iterator[Scraped]:
    """Make a bot that has metrics, once on each engine, with a playbook published."""
    database = Database(database_url, patience_seconds=0.05)
    told = replace(settings, database_url=database_url, metrics_token=TOKEN)
    baton = build(told, database=database, now=clock, seconds=clock.unix)
    with database.transaction() as session:
        publishing.publish(session, workspace_id=baton.installations[0].id, text=PLAYBOOK, by="a test", now=clock())
    baton.directories[0].look_up()
    yield Scraped(baton, clock)
    baton.stop()


def test_without_a_token_in_the_settings_there_are_none(baton: Baton, clock: ManualClock) -> None:
    assert Scraped(baton, clock).asks().status_code == 404


@pytest.mark.parametrize("token", ["", "another", TOKEN.upper(), TOKEN + "x"])
def test_whoever_has_not_the_token_reads_nothing(scraped: Scraped, token: str) -> None:
    answer = scraped.asks(token=token)
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


def test_messages_that_wait_are_counted_by_place_and_refused_are_overdue(scraped: Scraped, sandbox: Sandbox) -> None:
    scraped.settles()
    scraped.hands_over(sandbox.person("Mika Sato").id)
    values = scraped.values()
    assert values['baton_queued_messages{"place": "channel"}'] >= 1
    assert values['baton_queued_messages{"place": "direct"}'] >= 1
    sandbox.fault("*", "500")
    for _ in range(10):
        scraped.settles()
        scraped.clock.advance(30)
    assert scraped.values()['baton_overdue_message_seconds{"place": "channel"}'] >= 270
    sandbox.heal()
    for _ in range(10):
        scraped.settles()
        scraped.clock.advance(30)
    values = scraped.values()
    assert {values[f'baton_queued_messages{{"place": "{place}"}}'] for place in ("channel", "direct", "home")} == {0}
    assert values["baton_dead_letters"] == 0
    assert values["baton_database_up"] == 1


def test_calls_of_slack_are_counted_by_method_and_answer(scraped: Scraped, sandbox: Sandbox) -> None:
    scraped.hands_over(sandbox.person("Mika Sato").id)
    sandbox.fault("chat.postMessage", "429", times=1, retry_after=1)
    for _ in range(5):
        scraped.settles()
        scraped.clock.advance(10)
    values = scraped.values()
    assert values['baton_slack_calls_total{"answer": "ratelimited", "method": "chat.postMessage"}'] == 1
    assert values['baton_slack_calls_total{"answer": "ok", "method": "chat.postMessage"}'] >= 2
    assert abs(values["baton_clock_ahead_of_slack_seconds"]) < 1


def test_clocks_that_nobody_looks_after_are_late(scraped: Scraped, sandbox: Sandbox) -> None:
    scraped.hands_over(sandbox.person("Mika Sato").id)
    assert scraped.values()['baton_late_clocks{"kind": "offer"}'] == 0
    with scraped.baton.database.transaction() as session:
        session.execute(update(Offer).values(next_at=scraped.clock() - timedelta(minutes=2)))
    values = scraped.values()
    assert (values['baton_late_clocks{"kind": "offer"}'], values['baton_latest_clock_seconds{"kind": "offer"}']) == (
        1,
        120,
    )


def test_posts_are_counted_by_sender_and_answer_and_strangers_make_no_labels(
    scraped: Scraped, clock: ManualClock
) -> None:
    with scraped.baton.database.transaction() as session:
        key = api_keys.make(
            session, scraped.baton.installations[0].id, "crm", by="unix:ana", random=lambda: "0123456789", now=clock()
        )
    body = json.dumps({"email": "ivy@acme.example"})
    answers = [
        scraped.asks("/v1/leads", token, verb="POST", content=sent).status_code
        for token, sent in [(key, body), (key, body), (key, "{"), ("nobody", body), ("anybody", body)]
    ]
    values = scraped.values()
    assert answers == [200, 200, 400, 401, 401]
    assert {name: value for name, value in values.items() if name.startswith("baton_intake")} == {
        'baton_intake_requests_total{"sender": "crm", "status": "200"}': 2,
        'baton_intake_requests_total{"sender": "crm", "status": "400"}': 1,
        'baton_intake_requests_total{"sender": "unknown", "status": "401"}': 2,
    }


def test_answers_to_slack_are_timed_by_kind(scraped: Scraped, sandbox: Sandbox) -> None:
    scraped.baton.start(working=False)
    sandbox.deliver_to(f"{scraped.baton.http.address}/slack/events")
    ana = sandbox.person("Ana Ruiz")
    ana.types("/baton help", "#general")
    ana.types("/handoff", "#general")
    ana.fills({"Company": "Contoso", "What they did": "Asked for a demo"})
    ana.submits()
    ana.opens_home()
    sandbox.wait_for(lambda: all(each.outcome for each in sandbox.deliveries()))
    values = scraped.values()
    for kind, count in {"command": 2, "submission": 1, "event": 1}.items():
        assert values[f'baton_answer_seconds_count{{"kind": "{kind}"}}'] == count
    assert not [name for name in values if "_created" in name]


def test_while_the_database_is_away_the_rest_is_still_told(scraped: Scraped, database_url: str) -> None:
    with away(database_url):
        assert scraped.asks("/v1/leads", "nobody", verb="POST", content="{}").status_code in {401, 503}
        with pytest.raises(SQLAlchemyError), scraped.baton.database.transaction() as session:
            session.execute(text("SELECT 1"))
        values = scraped.values()
        assert values["baton_database_up"] == 0
        assert any(name.startswith("baton_intake_requests_total") for name in values)
    assert scraped.values()["baton_database_up"] == 1

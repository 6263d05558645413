"""One process, two workspaces: each request, job and HTTP call belongs to one of them, and touches no other."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest
from sqlalchemy import select

from bot.app import Baton
from bot.database import Database
from bot.settings import Settings
from bot.slack import installations
from bot.slack.installations import Installation, find
from bot.slack.rate_limits import UNLIMITED
from qualification.intake import api_keys
from qualification.organisation import publishing
from qualification.records import Handoff, Lead, Workspace
from sandbox.clock import ManualClock
from sandbox.server import Sandbox
from tests.worlds.floor import PLAYBOOK

FABRIKAM_PLAYBOOK = """\
version: 1
hours: {mon-sun: "00:00-24:00"}
teams:
  all: {name: All, manager: priya.nair@fabrikam.example, channel: "#sales", zone: Europe/Berlin}
people:
  - {email: priya.nair@fabrikam.example, name: Priya Nair, roles: [manager, admin], team: all}
  - {email: jonas.weber@fabrikam.example, name: Jonas Weber, roles: [rep], team: all}
pools:
  all: {name: All, team: all, members: [jonas.weber@fabrikam.example]}
rules:
  - {name: Everything, pool: all}
"""
PLAYBOOKS = {"Northwind Systems": PLAYBOOK, "Fabrikam": FABRIKAM_PLAYBOOK}
NORTHWIND = Installation(1, "T1", "A1", None, None, "xoxb-1")
FABRIKAM = Installation(2, "T2", None, None, None, "xoxb-2")


@pytest.fixture
def both(settings: Settings, ledger: Database, sandbox: Sandbox, clock: ManualClock) -> Iterator[Baton]:
    """Serve both workspaces from one process, over HTTP, with a playbook in each."""
    served = [
        installations.serve(replace(settings, bot_token=sandbox.bot_token(name)), database=ledger, now=clock)
        for name in PLAYBOOKS
    ]
    for installation, text in zip(served, PLAYBOOKS.values(), strict=True):
        with ledger.transaction() as session:
            publishing.publish(session, workspace_id=installation.id, text=text, by="a test", now=clock())
    baton = Baton(settings, database=ledger, served=served, now=clock, reference=lambda: "ref-1", rates=UNLIMITED)
    for directory in baton.directories:
        directory.look_up()
    baton.start(working=False)
    for name in PLAYBOOKS:
        sandbox.deliver_to(f"{baton.http.address}/slack/events", name)
    yield baton
    baton.stop()


def workspaces_of(baton: Baton, record: type[Handoff | Lead]) -> list[int]:
    """Return the workspace of each row."""
    with baton.database.snapshot() as session:
        return list(session.scalars(select(record.workspace_id).order_by(record.id)))


def test_each_request_is_answered_in_the_workspace_that_it_came_from(
    both: Baton, sandbox: Sandbox, clock: ManualClock
) -> None:
    northwind, fabrikam = both.installations
    tom = sandbox.person("Tom Becker", "Fabrikam")
    tom.types("/handoff", "#sales")
    tom.fills({"company": "Contoso", "did": "Asked for a demo"})
    tom.submits()
    assert tom.modal.callback_id == "handed_over"
    assert workspaces_of(both, Handoff) == [fabrikam.id]

    ours, theirs = both.workers
    assert ours.run_once(clock()) == 0
    assert theirs.run_once(clock()) > 0
    (card,) = sandbox.person("Jonas Weber", "Fabrikam").direct_messages
    assert "Contoso" in card.text
    assert sandbox.person("Ana Ruiz").direct_messages == []

    mika = sandbox.person("Mika Sato")
    mika.types("/handoff", "#general")
    mika.fills({"company": "Litware", "did": "Asked for a demo"})
    mika.submits()
    assert workspaces_of(both, Handoff) == [fabrikam.id, northwind.id]
    assert (ours.run_once(clock()) > 0, theirs.run_once(clock())) == (True, 0)
    assert not sandbox.complaints


def test_an_api_key_posts_to_the_workspace_that_it_was_made_for(both: Baton, clock: ManualClock) -> None:
    northwind, fabrikam = both.installations
    keys = []
    for number, installation in enumerate(both.installations):
        with both.database.transaction() as session:
            key = api_keys.make(
                session, installation.id, "crm", by="unix:ana", random=f"000{number}".__str__, now=clock()
            )
        keys.append(key)

    async def post(key: str) -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(both.asgi), base_url="http://baton") as client:
            lead = {"email": "ivy@acme.example", "name": "Ivy Chen"}
            return await client.post("/v1/leads", json=lead, headers={"authorization": f"Bearer {key}"})

    answers = [asyncio.run(post(key)) for key in (*keys, "baton_nobody")]
    assert [answer.status_code for answer in answers] == [200, 200, 401]
    assert workspaces_of(both, Lead) == [northwind.id, fabrikam.id]


def test_health_is_well_where_every_workspace_is_well(both: Baton) -> None:
    assert both.health().is_well
    with both.database.transaction() as session:
        session.get_one(Workspace, both.installations[1].id).last_error = "token_revoked"
    assert both.health().slack == "refuses every call: token_revoked"


@pytest.mark.parametrize(
    ("team_id", "app_id", "found"),
    [
        ("T1", "A1", NORTHWIND),
        ("T1", None, NORTHWIND),
        ("T1", "A2", None),
        ("T2", "A2", FABRIKAM),
        ("T3", "A1", None),
        (None, None, None),
    ],
)
def test_a_payload_is_for_the_installation_of_its_workspace_and_app(
    team_id: str | None, app_id: str | None, found: Installation | None
) -> None:
    assert find((NORTHWIND, FABRIKAM), team_id, app_id) is found


def test_a_token_is_in_no_log(both: Baton) -> None:
    for installation in both.installations:
        assert installation.token.startswith("xoxb-")
        assert installation.token not in repr(installation)

"""Two workspaces in one database, each with its own bot."""

from sqlalchemy import select

from bot.database import Database
from qualification.records import Base
from sandbox.clock import ManualClock
from sandbox.people.driver import Person
from sandbox.server import Sandbox
from tests.worlds.office import MANIFEST, MONDAY, serve


def playbook(sandbox: Sandbox, workspace: str) -> str:
    """Write a playbook in which the first two people are the rep and the manager."""
    rep, manager, *_ = (each for each in sandbox.workspace(workspace).members.values() if each.email)
    channel = next(iter(sandbox.workspace(workspace).channels.values())).name
    return f"""
version: 1
default_team: all
hours: {{mon-sun: "00:00-24:00"}}
teams: {{all: {{name: All, manager: {manager.email}, channel: "#{channel}", zone: Europe/London}}}}
people:
  - {{email: {rep.email}, name: The Rep, roles: [rep], team: all}}
  - {{email: {manager.email}, name: The Manager, roles: [manager], team: all}}
pools: {{everybody: {{name: Everybody, team: all, members: [{rep.email}]}}}}
rules: [{{name: Everything, pool: everybody}}]
"""


def rep_of(sandbox: Sandbox, workspace: str) -> Person:
    """Return the rep of that playbook."""
    member = next(each for each in sandbox.workspace(workspace).members.values() if each.email)
    return sandbox.person(member.email, workspace)


def test_invariant_9_two_workspaces_in_one_database_never_see_each_others_leads(database_url: str) -> None:
    clock = ManualClock(MONDAY)
    with Sandbox(MANIFEST, clock=clock, rate_limits=False) as sandbox:
        # SQLite serves one process, so the workspaces take turns.
        names = sandbox.workspace_ids
        for workspace in names:
            text = playbook(sandbox, workspace)
            with serve(sandbox, clock, database_url, workspace=workspace, playbook=text):
                rep = rep_of(sandbox, workspace)
                rep.types("/handoff", f"#{next(iter(sandbox.workspace(workspace).channels.values())).name}")
                rep.fills({"company": f"Lead of {workspace}", "email": "jo@acme.example", "did": "Asked"})
                rep.submits()
                assert rep.modal.callback_id == "handed_over", rep.modal.text
                rep.closes()
                sandbox.wait_for(lambda rep=rep: any("Lead of" in each.text for each in rep.direct_messages))  # type: ignore[misc]
    database = Database(database_url)
    with database.snapshot() as session:
        ids = {}
        for table in Base.metadata.tables.values():
            if "workspace_id" in table.c:
                ids[table.name] = set(session.scalars(select(table.c.workspace_id)))
        assert {name for name, there in ids.items() if there and len(there) != len(names)} == set()
        assert len(ids["lead"]) == len(names)
    database.dispose()

"""Rows refer to rows of their own workspace: the schema itself refuses others."""

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import IntegrityError

from bot.database import Database
from qualification.checklists import checklists
from qualification.records import Base
from qualification.rules.checklists.frameworks import Verdict
from qualification.rules.leads.lead_input import LeadInput
from tests.worlds.desk import open_desk
from tests.worlds.prepared import prepared

# The columns that refer to rows of a workspace, by the table that they refer to: there are few of each.
SMALL = {"channel_queue", "person", "playbook", "pool", "team"}
REFERENCES = sorted(
    (table.name, constraint.elements[-1].parent.name)
    for table in Base.metadata.tables.values()
    for constraint in table.foreign_key_constraints
    if constraint.referred_table.name in SMALL and table.name != "workspace"
)


def test_every_reference_to_a_small_table_is_of_the_workspace() -> None:
    for table_name, column in REFERENCES:
        columns = [
            [element.parent.name for element in constraint.elements]
            for constraint in Base.metadata.tables[table_name].foreign_key_constraints
            if column in constraint.column_keys
        ]
        assert columns == [["workspace_id", column]], table_name


@pytest.fixture
def engine(database: Database) -> Engine:
    """Give a database in which two workspaces have rows in every table that refers to another."""

    def prepare() -> None:
        for slack_team_id in ("T1", "T2"):
            desk = open_desk(database, slack_team_id)
            handoff_id = desk.accepted("Acme")
            owner = desk.card(handoff_id).owner
            assert owner is not None
            given = {"need": checklists.Given(Verdict.YES, "They said so")}
            desk.does(checklists.save, by=owner.slack_user_id, handoff_id=handoff_id, given=given)
            desk.takes(LeadInput(id="1", email="jo@acme.example"))
            desk.takes(LeadInput(id="2", name="Jo"))
            desk.takes(LeadInput(id="2", email="jo@acme.example"))

    prepared(database, "rows of two workspaces", prepare)
    return database.engine


def ids(connection: Connection, table: str) -> list[int]:
    """Return the first id of each workspace."""
    found = connection.execute(text(f"SELECT min(id) FROM {table} GROUP BY workspace_id ORDER BY workspace_id"))  # noqa: S608
    return list(found.scalars())


@pytest.mark.parametrize(("table", "column"), REFERENCES, ids=[".".join(each) for each in REFERENCES])
def test_the_schema_refuses_a_reference_to_another_workspace(engine: Engine, table: str, column: str) -> None:
    (parent,) = (
        constraint.referred_table.name
        for constraint in Base.metadata.tables[table].foreign_key_constraints
        if column in constraint.column_keys
    )
    with engine.connect() as connection:
        ours, theirs = ids(connection, table)[0], ids(connection, parent)[1]
        change = text(f"UPDATE {table} SET {column} = :theirs WHERE id = :ours")  # noqa: S608 - names of the schema
        with pytest.raises(IntegrityError):
            connection.execute(change, {"ours": ours, "theirs": theirs})

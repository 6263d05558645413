"""The workspace of a token, and the one that is prepared before there is a token."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from bot.database import Database
from bot.slack import installations
from bot.slack.client import Slack
from bot.slack.installations import SeveralWorkspaces
from qualification.records import Workspace
from sandbox.server import Sandbox

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


def admit(database: Database, sandbox: Sandbox, name: str) -> int:
    token = sandbox.bot_token(name)
    slack = Slack(token, base_url=sandbox.api_url)
    return installations.install(database, slack, token, delivery_namespace=lambda: name, now=NOW).id


def prepare(database: Database) -> int:
    return installations.only(database, delivery_namespace=lambda: "delivery_namespace", now=NOW).id


def test_what_was_prepared_without_a_token_belongs_to_the_first_one(database: Database, sandbox: Sandbox) -> None:
    prepared = prepare(database)
    assert prepare(database) == prepared
    assert admit(database, sandbox, "Northwind Systems") == prepared
    assert prepare(database) == prepared
    with database.snapshot() as session:
        (workspace,) = session.scalars(select(Workspace))
    assert (workspace.slack_team_id, workspace.name, workspace.delivery_namespace) == (
        sandbox.workspace("Northwind Systems").id,
        "Northwind Systems",
        "delivery_namespace",
    )


def test_a_second_workspace_takes_nothing_over_and_without_a_token_neither_is_meant(
    database: Database, sandbox: Sandbox
) -> None:
    first = admit(database, sandbox, "Northwind Systems")
    assert admit(database, sandbox, "Fabrikam") != first
    assert admit(database, sandbox, "Northwind Systems") == first
    with pytest.raises(SeveralWorkspaces, match="holds 2 workspaces"):
        prepare(database)

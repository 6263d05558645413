"""The audit: a table that the database itself lets nobody change, and when it was last cleaned up.

A new table, and a new column that is empty; no row changes. On SQLite a later revision that rebuilds the table has to
make its triggers anew.
"""

import sqlalchemy as sa
from alembic import op

from migrations.columns import CHOICE, INSTANT, JSON, KEY

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

APPEND_ONLY = "the audit is append-only"
TOO_YOUNG = "the audit keeps every entry for at least 30 days"
SQLITE = (
    f"""
    CREATE TRIGGER audit_entry_never_changes BEFORE UPDATE ON audit_entry
    BEGIN SELECT RAISE(ABORT, '{APPEND_ONLY}'); END
    """,
    f"""
    CREATE TRIGGER audit_entry_is_kept BEFORE DELETE ON audit_entry
    WHEN julianday(OLD.at) > julianday('now', '-30 days')
    BEGIN SELECT RAISE(ABORT, '{TOO_YOUNG}'); END
    """,
    # INSERT OR REPLACE deletes the row that is there, without the trigger above.
    """
    CREATE TRIGGER audit_entry_is_never_replaced BEFORE INSERT ON audit_entry
    WHEN EXISTS (SELECT 1 FROM audit_entry WHERE id = NEW.id)
    BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END
    """,
)
POSTGRESQL = (
    f"""
    CREATE FUNCTION audit_entry_never_changes() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION '{APPEND_ONLY}' USING ERRCODE = 'integrity_constraint_violation'; END $$
    """,
    f"""
    CREATE FUNCTION audit_entry_is_kept() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION '{TOO_YOUNG}' USING ERRCODE = 'integrity_constraint_violation'; END $$
    """,
    """
    CREATE TRIGGER audit_entry_never_changes BEFORE UPDATE ON audit_entry
    FOR EACH ROW EXECUTE FUNCTION audit_entry_never_changes()
    """,
    """
    CREATE TRIGGER audit_entry_is_kept BEFORE DELETE ON audit_entry
    FOR EACH ROW WHEN (OLD.at > now() - interval '30 days') EXECUTE FUNCTION audit_entry_is_kept()
    """,
    """
    CREATE TRIGGER audit_entry_is_never_truncated BEFORE TRUNCATE ON audit_entry
    FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_never_changes()
    """,
)


def upgrade() -> None:
    """Move forward."""
    op.create_table(
        "audit_entry",
        sa.Column("id", KEY, nullable=False),
        sa.Column("workspace_id", KEY, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("action", CHOICE, nullable=False),
        sa.Column("actor_id", KEY, nullable=True, comment="who did it; NULL: see actor"),
        sa.Column(
            "actor",
            sa.String(200),
            nullable=True,
            comment="unix: and a user, key: and a sender, slack: and a user not known here, playbook: and a version",
        ),
        sa.Column(
            "lead_id",
            KEY,
            nullable=True,
            comment="the lead that it is about; no reference, because the entry outlives the lead",
        ),
        sa.Column("details", JSON, nullable=False, comment="ids, keys and numbers; no words about anybody"),
        sa.CheckConstraint("(actor_id IS NULL) <> (actor IS NULL)", name="ck_audit_entry_one_actor"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name="fk_audit_entry_workspace_id"),
        sa.ForeignKeyConstraint(["actor_id"], ["person.id"], name="fk_audit_entry_actor_id"),
        sa.PrimaryKeyConstraint("id", name="pk_audit_entry"),
    )
    op.create_index("ix_audit_entry_workspace_id_at_id", "audit_entry", ["workspace_id", "at", "id"])
    op.create_index("ix_audit_entry_workspace_id_lead_id_at", "audit_entry", ["workspace_id", "lead_id", "at"])
    for statement in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL:
        op.execute(sa.text(statement))
    with op.batch_alter_table("workspace") as workspace:
        workspace.add_column(
            sa.Column(
                "audit_cleaned_at",
                INSTANT,
                nullable=True,
                comment="when the last old entry of the audit had been deleted; once a day",
            )
        )


def downgrade() -> None:
    """Move back: the audit is gone."""
    with op.batch_alter_table("workspace") as workspace:
        workspace.drop_column("audit_cleaned_at")
    op.drop_table("audit_entry")
    if op.get_bind().dialect.name == "postgresql":
        op.execute(sa.text("DROP FUNCTION audit_entry_never_changes()"))
        op.execute(sa.text("DROP FUNCTION audit_entry_is_kept()"))

"""Files come in: how far each has come, what their senders call the deals they tell of, where a lead itself is."""

import sqlalchemy as sa
from alembic import op

from migrations.columns import INSTANT, KEY

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Move forward."""
    op.create_table(
        "import_run",
        sa.Column("id", KEY, nullable=False),
        sa.Column("workspace_id", KEY, nullable=False),
        sa.Column(
            "digest",
            sa.String(length=64),
            nullable=False,
            comment="SHA-256 of the file, the map and how it is brought in",
        ),
        sa.Column("file", sa.String(length=300), nullable=False, comment="its name, to tell people"),
        sa.Column("sender", sa.String(length=80), nullable=False, comment="whose ids it holds"),
        sa.Column("began_at", INSTANT, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True, comment="NULL: not at its end yet"),
        sa.Column("rows", sa.Integer(), nullable=False, comment="so many are done"),
        sa.Column("flawed", sa.Integer(), nullable=False, comment="so many of them were not taken, or not wholly"),
        sa.Column("report_bytes", sa.Integer(), nullable=False, comment="so long is the report of those"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name="fk_import_run_workspace_id"),
        sa.PrimaryKeyConstraint("id", name="pk_import_run"),
        sa.UniqueConstraint("workspace_id", "digest", name="uq_import_run_workspace_id_digest"),
    )
    with op.batch_alter_table("handoff") as handoff:
        handoff.add_column(
            sa.Column(
                "sender",
                sa.String(length=80),
                nullable=True,
                comment="who told of it where it was before; NULL: it is ours",
            )
        )
        handoff.add_column(
            sa.Column("external_id", sa.String(length=200), nullable=True, comment="what the sender calls the deal")
        )
    with op.batch_alter_table("lead") as lead:
        lead.add_column(
            sa.Column(
                "size", sa.Integer(), nullable=True, comment="employees, as said of this lead; the company has its own"
            )
        )
        lead.add_column(
            sa.Column("country", sa.String(length=2), nullable=True, comment="ISO 3166-1 alpha-2, as said of this lead")
        )
    told = sa.text("external_id is not null")
    op.create_index(
        "uq_handoff_external_id",
        "handoff",
        ["workspace_id", "sender", "external_id"],
        unique=True,
        sqlite_where=told,
        postgresql_where=told,
    )


def downgrade() -> None:
    """Move back: how far files had come is gone, and what they brought stays."""
    op.drop_index("uq_handoff_external_id", "handoff")
    with op.batch_alter_table("handoff") as handoff:
        handoff.drop_column("external_id")
        handoff.drop_column("sender")
    with op.batch_alter_table("lead") as lead:
        lead.drop_column("country")
        lead.drop_column("size")
    op.drop_table("import_run")

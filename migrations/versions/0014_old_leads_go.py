"""Old leads go: how far the nightly erasing by the playbook's retention has come.

A new table; no row changes.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Move forward."""
    op.create_table(
        "retention_run",
        sa.Column("workspace_id", KEY, nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False, comment="when the next step is due"),
        sa.Column(
            "first_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="the first night of rules that were published lately; NULL: all of them count already",
        ),
        sa.Column(
            "announced",
            sa.Integer(),
            nullable=True,
            comment="so many leads were old by those rules when they were published; NULL: nobody has counted",
        ),
        sa.Column("after_id", KEY, nullable=False, comment="the last lead that was looked at; 0: none yet"),
        sa.Column("erased", sa.Integer(), nullable=False, comment="leads erased since the pass began"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name="fk_retention_run_workspace_id_workspace"),
        sa.PrimaryKeyConstraint("workspace_id", name="pk_retention_run"),
    )


def downgrade() -> None:
    """Move back: old leads stay, until a playbook is published again."""
    op.drop_table("retention_run")

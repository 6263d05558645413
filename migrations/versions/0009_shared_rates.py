"""Shared rates: the permits that processes lease for each sender and address.

A new table; no row changes.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Move forward."""
    op.create_table(
        "rate_window",
        sa.Column("workspace_id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
        sa.Column(
            "subject",
            sa.String(120),
            nullable=False,
            comment="key:, sender: or address:; an address is personal, and kept for minutes",
        ),
        sa.Column(
            "began_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="by the database's clock on PostgreSQL",
        ),
        sa.Column("leased", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name="fk_rate_window_workspace_id_workspace"),
        sa.PrimaryKeyConstraint("workspace_id", "subject", name="pk_rate_window"),
    )
    op.create_index("ix_rate_window_workspace_id_began_at", "rate_window", ["workspace_id", "began_at"])


def downgrade() -> None:
    """Move back."""
    op.drop_table("rate_window")

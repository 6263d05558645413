"""People are erased: when, and the hashes that keep them from coming back without a word.

A million leads take no time: the new column is empty, and both engines only write it into the schema.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Move forward."""
    op.add_column(
        "lead",
        sa.Column(
            "erased_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when the person was erased: the row counts, and is empty",
        ),
    )
    op.create_table(
        "suppression",
        sa.Column("id", KEY, nullable=False),
        sa.Column("workspace_id", KEY, nullable=False),
        sa.Column(
            "digest",
            sa.String(64),
            nullable=False,
            comment="HMAC-SHA256 with BATON_KEY; nothing can be read from it",
        ),
        sa.Column("key_mark", sa.String(8), nullable=False, comment="tells by which BATON_KEY it was made"),
        sa.Column("reason", sa.String(20), nullable=False),
        sa.Column(
            "lead_id", KEY, nullable=True, comment="the lead that it is or was, emptied; NULL: it never was one here"
        ),
        sa.Column(
            "company_id",
            KEY,
            nullable=True,
            comment="former: the company that they left, which goes with them if nobody else is known there",
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name="fk_suppression_lead_id"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name="fk_suppression_workspace_id"),
        sa.PrimaryKeyConstraint("id", name="pk_suppression"),
    )
    op.create_index("uq_suppression_digest", "suppression", ["workspace_id", "digest", "lead_id"], unique=True)
    op.create_index("ix_suppression_lead_id", "suppression", ["lead_id"])


def downgrade() -> None:
    """Move back: who was erased stays so, and may come back without a word."""
    op.drop_table("suppression")
    op.drop_column("lead", "erased_at")

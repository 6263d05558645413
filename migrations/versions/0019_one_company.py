"""One company, one conversation: a handoff may go along with the first one of its company.

A new column without a value in any row, and a partial index without an entry, for which the table is read once.
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
IS_BESIDE = sa.text("beside_id is not null")


def upgrade() -> None:
    """Move forward."""
    comment = "the first handoff of the same company that it goes along with"
    with op.batch_alter_table("handoff", recreate="never") as handoff:
        handoff.add_column(sa.Column("beside_id", KEY, nullable=True, comment=comment))
    op.create_index(
        "ix_handoff_beside_id", "handoff", ["beside_id"], sqlite_where=IS_BESIDE, postgresql_where=IS_BESIDE
    )


def downgrade() -> None:
    """Move back: each handoff stands for itself."""
    op.drop_index("ix_handoff_beside_id", "handoff")
    op.drop_column("handoff", "beside_id")

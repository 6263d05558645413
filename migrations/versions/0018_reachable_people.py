"""Whom Slack does not know, or only as a guest, gets no leads.

A new column without a value in any row, which costs no time: a database has as many rows as
there are people, a few hundred at most.
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Move forward: the next look-up says of each person whether they can be reached."""
    comment = "why they can't be reached in Slack, beside being deactivated; NULL: they can, or nobody has asked yet"
    op.add_column("person", sa.Column("unreachable", sa.String(20), nullable=True, comment=comment))


def downgrade() -> None:
    """Move back: who can be reached is forgotten."""
    op.drop_column("person", "unreachable")

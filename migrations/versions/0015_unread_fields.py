"""What could not be read of a lead is kept as it was written.

A new column without a value in any row: no row is written.
"""

import sqlalchemy as sa
from alembic import op

from migrations.columns import JSON

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Move forward."""
    comment = "what senders wrote in fields that could not be read, by field; NULL: all could"
    op.add_column("lead", sa.Column("unread", JSON, nullable=True, comment=comment))


def downgrade() -> None:
    """Move back: what could not be read is forgotten."""
    op.drop_column("lead", "unread")

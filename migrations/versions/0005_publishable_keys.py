"""Publishable keys: of the keys that let senders in, those that stand in a page for everybody to read."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Move forward: no key that there is was made to be published."""
    with op.batch_alter_table("api_key") as api_key:
        api_key.add_column(
            sa.Column(
                "publishable",
                sa.Boolean(),
                nullable=False,
                server_default=sa.false(),
                comment="anybody may read it: it lets in only what its sender posts",
            )
        )
    with op.batch_alter_table("api_key") as api_key:
        api_key.alter_column("publishable", server_default=None)


def downgrade() -> None:
    """Move back: a publishable key would let in more than it should, so it lets nobody in."""
    op.execute(sa.text("UPDATE api_key SET revoked_at = CURRENT_TIMESTAMP WHERE publishable AND revoked_at IS NULL"))
    with op.batch_alter_table("api_key") as api_key:
        api_key.drop_column("publishable")

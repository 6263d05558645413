"""Limits of API keys: an end, what they may do, where they are used from; and two of one name while they are rotated.

The keys that there are keep their rights, and end never.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

ONE_OF_A_NAME = "revoked_at is null and superseded_at is null"
ONE_OF_A_NAME_BEFORE = "revoked_at is null"


def upgrade() -> None:
    """Move forward."""
    with op.batch_alter_table("api_key") as api_key:
        api_key.add_column(
            sa.Column(
                "expires_at",
                sa.DateTime(timezone=True),
                nullable=True,
                comment="from then on it lets nobody in; NULL: it doesn't end by itself",
            )
        )
        api_key.add_column(
            sa.Column(
                "superseded_at",
                sa.DateTime(timezone=True),
                nullable=True,
                comment="when a newer key of the name took its place; until it expires it goes on beside that one",
            )
        )
        api_key.add_column(
            sa.Column("may_post", sa.Boolean(), nullable=False, server_default=sa.true(), comment="may store something")
        )
        api_key.add_column(
            sa.Column("may_read", sa.Boolean(), nullable=False, server_default=sa.true(), comment="may read leads")
        )
        api_key.add_column(
            sa.Column(
                "networks",
                sa.Text(),
                nullable=True,
                comment="the addresses that it may be used from, such as 203.0.113.0/24, with commas; NULL: anywhere",
            )
        )
    with op.batch_alter_table("api_key") as api_key:
        api_key.alter_column("may_post", server_default=None)
        api_key.alter_column("may_read", server_default=None)
    op.execute(sa.text("UPDATE api_key SET may_read = NOT publishable"))
    _one_of_a_name(ONE_OF_A_NAME)


def downgrade() -> None:
    """Move back: a limited key would let in more than it should, so it lets nobody in; nor does a superseded one."""
    op.execute(
        sa.text(
            "UPDATE api_key SET revoked_at = CURRENT_TIMESTAMP WHERE revoked_at IS NULL"
            " AND (superseded_at IS NOT NULL OR expires_at IS NOT NULL OR networks IS NOT NULL"
            " OR NOT may_post OR (NOT may_read AND NOT publishable))"
        )
    )
    _one_of_a_name(ONE_OF_A_NAME_BEFORE)
    with op.batch_alter_table("api_key") as api_key:
        for name in ("networks", "may_read", "may_post", "superseded_at", "expires_at"):
            api_key.drop_column(name)


def _one_of_a_name(condition: str) -> None:
    """Make the index anew that lets one key of a name be in force."""
    where = sa.text(condition)
    op.drop_index("uq_api_key_name", table_name="api_key")
    op.create_index(
        "uq_api_key_name",
        "api_key",
        ["workspace_id", "name"],
        unique=True,
        sqlite_where=where,
        postgresql_where=where,
    )

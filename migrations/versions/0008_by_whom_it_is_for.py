"""By whom it is for: edits have an order over all places in Slack, and one thread line may tell several events.

Every row stays. With a million deliveries that are delivered and a million events it took 1.4 s on SQLite and 14.5 s on
PostgreSQL, where each delivery is written anew, on two busy cores; back it took 2.0 s and 10.6 s.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

PENDING_EDIT = "state = 'pending' and (ts is not null or kind = 'home')"
TOLD = "told_in is not null"
ORDER_NOW = (
    "0 new; edits: 1 where pressed, 2 for who acted, 3 who must act, 4 others; 5 what can wait, 6 last",
    "the order in which things came to be sent",
)
ORDER_BEFORE = ("0 a new message, 1 a reply or an edit, 2 what can wait", "order within the queue")


def upgrade() -> None:
    """Move forward."""
    op.add_column(
        "lead_event",
        sa.Column(
            "told_in",
            sa.BigInteger().with_variant(sa.Integer, "sqlite"),
            nullable=True,
            comment="the thread line, of an earlier event, that tells this one too; NULL: one of its own, or none",
        ),
    )
    op.add_column(
        "delivery",
        sa.Column(
            "differing_revision",
            sa.Integer(),
            nullable=True,
            comment="the count that was drawn and found to differ from what Slack shows, while it waits for its turn",
        ),
    )
    told = sa.text(TOLD)
    op.create_index("ix_lead_event_told_in", "lead_event", ["told_in"], sqlite_where=told, postgresql_where=told)
    # What is delivered is given its priority when it is to be edited.
    op.execute(
        "UPDATE delivery SET priority = CASE WHEN state = 'delivered' THEN 6 ELSE priority + 3 END WHERE priority > 0"
    )
    edit = sa.text(PENDING_EDIT)
    op.create_index(
        "ix_delivery_edit",
        "delivery",
        ["queue_id", "priority", "sequence"],
        sqlite_where=edit,
        postgresql_where=edit,
    )
    op.create_index("ix_delivery_sequence", "delivery", ["sequence"])
    _comment(*ORDER_NOW)


def downgrade() -> None:
    """Move back; what was told together is told by the first event alone, if its line is drawn again."""
    _comment(*ORDER_BEFORE)
    op.drop_index("ix_delivery_sequence", table_name="delivery")
    op.drop_index("ix_delivery_edit", table_name="delivery")
    op.execute("UPDATE delivery SET priority = CASE WHEN priority = 5 THEN 2 ELSE 1 END WHERE priority > 0")
    op.drop_column("delivery", "differing_revision")
    op.drop_index("ix_lead_event_told_in", table_name="lead_event")
    op.drop_column("lead_event", "told_in")


def _comment(priority: str, sequence: str) -> None:
    """Say what the columns mean, where the engine keeps comments."""
    if op.get_context().dialect.name == "postgresql":
        op.alter_column("delivery", "priority", comment=priority, existing_type=sa.Integer())
        op.alter_column("delivery", "sequence", comment=sequence, existing_type=sa.Integer())

"""The team sees it: summaries, tasks, leads put off, pages of a Home tab."""

import sqlalchemy as sa
from alembic import op

from migrations.columns import CHOICE, INSTANT, JSON, KEY

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

NOT_MADE = sa.text("made_at is null")
OPEN = sa.text("outcome = 'open'")
NOT_OVERDUE = sa.text("outcome = 'open' and not overdue")
PUT_OFF = sa.text("wake_at is not null")
COUNTED = sa.text(
    "kind in ('came_in', 'handed_over', 'accepted', 'disqualified', 'undone', 'reopened', 'reassigned',"
    " 'lifecycle_moved')"
)
WHOLE = sa.text("merged_into_id is null")


def upgrade() -> None:
    """Move forward."""
    op.create_table(
        "summary",
        sa.Column("id", KEY, nullable=False),
        sa.Column("workspace_id", KEY, nullable=False),
        sa.Column("team_id", KEY, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False, comment="daily"),
        sa.Column("day", sa.Date(), nullable=False, comment="in the team's zone"),
        sa.Column("due_at", INSTANT, nullable=False, comment="the team's hour on that day; what it tells ends there"),
        sa.Column("since", INSTANT, nullable=True, comment="where what it tells begins; NULL until it is made"),
        sa.Column("made_at", INSTANT, nullable=True, comment="NULL: planned"),
        sa.Column("retry_at", INSTANT, nullable=True, comment="it could not be made: when that is tried again"),
        sa.Column("playbook_id", KEY, nullable=True, comment="the version it was made by"),
        sa.Column("figures", JSON, nullable=True, comment="what it tells, as it was when it was made"),
        sa.ForeignKeyConstraint(["playbook_id"], ["playbook.id"], name="fk_summary_playbook_id"),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name="fk_summary_team_id"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name="fk_summary_workspace_id"),
        sa.PrimaryKeyConstraint("id", name="pk_summary"),
        sa.UniqueConstraint("team_id", "kind", "day", name="uq_summary_team_id_kind_day"),
    )
    op.create_index(
        "uq_summary_planned",
        "summary",
        ["team_id", "kind"],
        unique=True,
        sqlite_where=NOT_MADE,
        postgresql_where=NOT_MADE,
    )
    op.create_index(
        "ix_summary_due", "summary", ["workspace_id", "due_at"], sqlite_where=NOT_MADE, postgresql_where=NOT_MADE
    )
    op.create_table(
        "task",
        sa.Column("id", KEY, nullable=False),
        sa.Column("workspace_id", KEY, nullable=False),
        sa.Column("handoff_id", KEY, nullable=False),
        sa.Column("person_id", KEY, nullable=False, comment="who is to do it: the handoff's owner"),
        sa.Column("playbook_id", KEY, nullable=False, comment="the version that asks for it"),
        sa.Column("stage", sa.String(length=80), nullable=False, comment="the stage whose step it is"),
        sa.Column("name", sa.String(length=75), nullable=False, comment="as the playbook called it then"),
        sa.Column("made_at", INSTANT, nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.Column("overdue", sa.Boolean(), nullable=False, comment="the clock has struck, and its cards say so"),
        sa.Column("outcome", CHOICE, nullable=False),
        sa.Column("ended_at", INSTANT, nullable=True),
        sa.Column("ended_by_id", KEY, nullable=True, comment="NULL: what was done ended it"),
        sa.ForeignKeyConstraint(["ended_by_id"], ["person.id"], name="fk_task_ended_by_id"),
        sa.ForeignKeyConstraint(["handoff_id"], ["handoff.id"], name="fk_task_handoff_id"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_task_person_id"),
        sa.ForeignKeyConstraint(["playbook_id"], ["playbook.id"], name="fk_task_playbook_id"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspace.id"], name="fk_task_workspace_id"),
        sa.PrimaryKeyConstraint("id", name="pk_task"),
    )
    op.create_index("uq_task_open", "task", ["handoff_id"], unique=True, sqlite_where=OPEN, postgresql_where=OPEN)
    op.create_index("ix_task_handoff_id", "task", ["handoff_id"])
    op.create_index("ix_task_person_id", "task", ["person_id", "due_at"], sqlite_where=OPEN, postgresql_where=OPEN)
    op.create_index(
        "ix_task_clock", "task", ["workspace_id", "due_at"], sqlite_where=NOT_OVERDUE, postgresql_where=NOT_OVERDUE
    )
    with op.batch_alter_table("handoff") as handoff:
        handoff.add_column(
            sa.Column(
                "wake_at", INSTANT, nullable=True, comment="not now: when it is offered again; NULL: it is not put off"
            )
        )
        handoff.add_column(
            sa.Column("woken_at", INSTANT, nullable=True, comment="when it last was; offers before that count no more")
        )
        handoff.add_column(
            sa.Column(
                "qualified_at",
                INSTANT,
                nullable=True,
                comment="when it first was an SQL or further while accepted; NULL: not yet",
            )
        )
    _say_since_when_they_are_qualified()
    op.create_index(
        "ix_handoff_wake", "handoff", ["workspace_id", "wake_at"], sqlite_where=PUT_OFF, postgresql_where=PUT_OFF
    )
    op.create_index("ix_handoff_announcer_id", "handoff", ["announcer_id", "announced_at", "id"])
    with op.batch_alter_table("offer") as offer:
        offer.add_column(
            sa.Column("opened_at", INSTANT, nullable=True, comment="the first press of whoever it is put before")
        )
    with op.batch_alter_table("person") as person:
        person.add_column(
            sa.Column(
                "pages", JSON, nullable=True, comment="which page of each list their Home tab shows; NULL: the first"
            )
        )
    op.create_index("ix_person_team_id", "person", ["team_id"])
    op.create_index(
        "ix_lead_lifecycle", "lead", ["workspace_id", "lifecycle"], sqlite_where=WHOLE, postgresql_where=WHOLE
    )
    op.create_index(
        "ix_lead_event_counted", "lead_event", ["workspace_id", "at"], sqlite_where=COUNTED, postgresql_where=COUNTED
    )


def _say_since_when_they_are_qualified() -> None:
    """Find it in the history: the first move to SQL or further that no move back to MQL came after."""
    handoff = sa.table("handoff", sa.column("id", KEY), sa.column("qualified_at", INSTANT))
    event = sa.table(
        "lead_event",
        sa.column("id", KEY),
        sa.column("handoff_id", KEY),
        sa.column("kind", CHOICE),
        sa.column("at", INSTANT),
        sa.column("facts", JSON),
    )
    move, back = event.alias("move"), event.alias("back")
    was_taken_back = sa.exists().where(
        back.c.handoff_id == move.c.handoff_id,
        back.c.id > move.c.id,
        back.c.kind == "lifecycle_moved",
        back.c.facts["to"].as_string() == "mql",
    )
    since = (
        sa.select(sa.func.min(move.c.at))
        .where(
            move.c.handoff_id == handoff.c.id,
            move.c.kind == "lifecycle_moved",
            move.c.facts["to"].as_string().in_(("sql", "opportunity", "customer")),
            ~was_taken_back,
        )
        .scalar_subquery()
    )
    op.execute(handoff.update().values(qualified_at=since))


def downgrade() -> None:
    """Move back: summaries, tasks, wake dates and when leads were qualified are gone."""
    op.drop_index("ix_lead_event_counted", "lead_event")
    op.drop_index("ix_lead_lifecycle", "lead")
    op.drop_index("ix_person_team_id", "person")
    with op.batch_alter_table("person") as person:
        person.drop_column("pages")
    with op.batch_alter_table("offer") as offer:
        offer.drop_column("opened_at")
    op.drop_index("ix_handoff_announcer_id", "handoff")
    op.drop_index("ix_handoff_wake", "handoff")
    with op.batch_alter_table("handoff") as handoff:
        handoff.drop_column("qualified_at")
        handoff.drop_column("woken_at")
        handoff.drop_column("wake_at")
    op.drop_table("task")
    op.drop_table("summary")

"""What a rep is to do next with a lead, and by when."""

from datetime import datetime
from typing import Final

from sqlalchemy import ForeignKey, Index, String, literal_column, select, text
from sqlalchemy.orm import Mapped, aliased, mapped_column

from qualification.records.base import Base, Key, choice, of_workspace
from qualification.records.handoffs import Handoff
from qualification.records.personal import PersonalColumns
from qualification.rules.handoffs.tasks import TaskOutcome

OPEN = "outcome = 'open'"
NOT_OVERDUE = "outcome = 'open' and not overdue"


class Task(Base):
    """The next step with an accepted lead."""

    __tablename__ = "task"
    personal = PersonalColumns(
        about_lead=("handoff_id", "stage", "name", "made_at", "due_at", "overdue", "outcome", "ended_at"),
        of_staff=("person_id", "ended_by_id"),
        of_nobody=("id", "workspace_id", "playbook_id"),
    )
    __table_args__ = (
        Index("uq_task_open", "handoff_id", unique=True, sqlite_where=text(OPEN), postgresql_where=text(OPEN)),
        Index("ix_task_handoff_id", "handoff_id"),
        Index("ix_task_person_id", "person_id", "due_at", sqlite_where=text(OPEN), postgresql_where=text(OPEN)),
        Index(
            "ix_task_clock",
            "workspace_id",
            "due_at",
            sqlite_where=text(NOT_OVERDUE),
            postgresql_where=text(NOT_OVERDUE),
        ),
        of_workspace("person_id", "person"),
        of_workspace("playbook_id", "playbook"),
        of_workspace("ended_by_id", "person"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspace.id"))
    handoff_id: Mapped[int] = mapped_column(ForeignKey("handoff.id"))
    person_id: Mapped[int] = mapped_column(Key, comment="who is to do it: the handoff's owner")
    playbook_id: Mapped[int] = mapped_column(Key, comment="the version that asks for it")
    stage: Mapped[str] = mapped_column(String(80), comment="the stage whose step it is")
    name: Mapped[str] = mapped_column(String(75), comment="as the playbook called it then")
    made_at: Mapped[datetime]
    due_at: Mapped[datetime]
    overdue: Mapped[bool] = mapped_column(default=False, comment="the clock has struck, and its cards say so")
    outcome: Mapped[TaskOutcome] = mapped_column(choice(TaskOutcome))
    ended_at: Mapped[datetime | None]
    ended_by_id: Mapped[int | None] = mapped_column(Key, comment="NULL: what was done ended it")


_other = aliased(Task)
# Beside a handoff: the id of its open task, else of the one made last.
NEWEST_TASK: Final = (
    select(_other.id)
    .where(_other.handoff_id == Handoff.id)
    .order_by((_other.outcome == TaskOutcome.OPEN).desc(), _other.id.desc())
    .limit(1)
    .correlate(Handoff)
    .scalar_subquery()
)
# A literal, as with an open offer: SQLite sees the partial index.
IS_OPEN_TASK: Final = Task.outcome == literal_column("'open'")

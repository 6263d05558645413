"""Summaries of a team's day, written down before they are told."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from qualification.records.base import Base, Json, Key, of_workspace
from qualification.records.personal import PersonalColumns

NOT_MADE = "made_at is null"


class Summary(Base):
    """One telling of how a team does: planned first, then made once; only what it missed within an hour is added."""

    __tablename__ = "summary"
    personal = PersonalColumns(
        of_staff=("figures",),
        of_nobody=(
            "id",
            "workspace_id",
            "team_id",
            "kind",
            "day",
            "due_at",
            "since",
            "made_at",
            "retry_at",
            "playbook_id",
        ),
    )
    __table_args__ = (
        UniqueConstraint("team_id", "kind", "day"),
        Index(
            "uq_summary_planned",
            "team_id",
            "kind",
            unique=True,
            sqlite_where=text(NOT_MADE),
            postgresql_where=text(NOT_MADE),
        ),
        Index(
            "ix_summary_due",
            "workspace_id",
            "due_at",
            sqlite_where=text(NOT_MADE),
            postgresql_where=text(NOT_MADE),
        ),
        of_workspace("team_id", "team"),
        of_workspace("playbook_id", "playbook"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspace.id"))
    team_id: Mapped[int] = mapped_column(Key)
    kind: Mapped[str] = mapped_column(String(20), comment="daily")
    day: Mapped[date] = mapped_column(Date, comment="in the team's zone")
    due_at: Mapped[datetime] = mapped_column(comment="the team's hour on that day; what it tells ends there")
    since: Mapped[datetime | None] = mapped_column(comment="where what it tells begins; NULL until it is made")
    made_at: Mapped[datetime | None] = mapped_column(comment="NULL: planned")
    retry_at: Mapped[datetime | None] = mapped_column(comment="it could not be made: when that is tried again")
    playbook_id: Mapped[int | None] = mapped_column(Key, comment="the version it was made by")
    figures: Mapped[dict[str, Any] | None] = mapped_column(Json, comment="what it tells, as it was when it was made")

"""How much senders have posted lately, shared by all processes that take it in."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from qualification.records.base import Base
from qualification.records.personal import PersonalColumns


class RateWindow(Base):
    """The permits that processes have leased for one key, sender or address in its latest window of time."""

    __tablename__ = "rate_window"
    personal = PersonalColumns(
        of_sender=("subject",),
        of_nobody=("workspace_id", "began_at", "leased"),
    )
    __table_args__ = (Index("ix_rate_window_workspace_id_began_at", "workspace_id", "began_at"),)

    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspace.id"), primary_key=True)
    subject: Mapped[str] = mapped_column(
        String(120), primary_key=True, comment="key:, sender: or address:; an address is personal, and kept for minutes"
    )
    began_at: Mapped[datetime] = mapped_column(comment="by the database's clock on PostgreSQL")
    leased: Mapped[int]

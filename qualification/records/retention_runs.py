"""How far the nightly erasing of old leads has come."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from qualification.records.base import Base, Key
from qualification.records.personal import PersonalColumns


class RetentionRun(Base):
    """A workspace whose playbook says how long leads are kept: when old ones are erased next, and how far that is."""

    __tablename__ = "retention_run"
    personal = PersonalColumns(
        of_nobody=("workspace_id", "due_at", "first_at", "announced", "after_id", "erased"),
    )

    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspace.id"), primary_key=True)
    due_at: Mapped[datetime] = mapped_column(comment="when the next step is due")
    first_at: Mapped[datetime | None] = mapped_column(
        comment="the first night of rules that were published lately; NULL: all of them count already"
    )
    announced: Mapped[int | None] = mapped_column(
        comment="so many leads were old by those rules when they were published; NULL: nobody has counted"
    )
    after_id: Mapped[int] = mapped_column(Key, comment="the last lead that was looked at; 0: none yet")
    erased: Mapped[int] = mapped_column(comment="leads erased since the pass began")

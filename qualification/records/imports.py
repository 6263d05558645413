"""Files brought in, and how far each has come."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from qualification.records.base import Base, Key
from qualification.records.personal import PersonalColumns


class ImportRun(Base):
    """One file brought in by one map; it goes on where it stopped."""

    __tablename__ = "import_run"
    personal = PersonalColumns(
        of_sender=("file", "sender"),
        of_nobody=(
            "id",
            "workspace_id",
            "digest",
            "began_at",
            "ended_at",
            "rows_done",
            "rejected_rows",
            "report_bytes",
        ),
    )
    __table_args__ = (UniqueConstraint("workspace_id", "digest"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspace.id"))
    digest: Mapped[str] = mapped_column(String(64), comment="SHA-256 of the file, the map and how it is brought in")
    file: Mapped[str] = mapped_column(String(300), comment="its name, to tell people")
    sender: Mapped[str] = mapped_column(String(80), comment="whose ids it holds")
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime | None] = mapped_column(comment="NULL: not at its end yet")
    rows_done: Mapped[int] = mapped_column(comment="rows read so far")
    rejected_rows: Mapped[int] = mapped_column(comment="rows of those not taken, or not wholly")
    report_bytes: Mapped[int] = mapped_column(comment="so long is the report of those")

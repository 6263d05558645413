"""Files brought in, and how far each has come."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from qualification.records.base import Base, JsonOrNull, Key
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
            "is_traced",
            "withdrawn_at",
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
    is_traced: Mapped[bool] = mapped_column(
        default=False,
        server_default=text("false"),
        comment="import_row says what each row did, so that it can be undone",
    )
    withdrawn_at: Mapped[datetime | None] = mapped_column(comment="when it was undone; NULL: it counts")


class ImportedRow(Base):
    """What one import did to one lead: that it made it, or what it replaced."""

    __tablename__ = "import_row"
    personal = PersonalColumns(
        of_lead=("replaced",),
        about_lead=("id", "lead_id", "first_at", "last_at", "is_new"),
        of_nobody=("workspace_id", "import_run_id"),
        ends_with_lead=True,
    )
    __table_args__ = (
        UniqueConstraint("import_run_id", "lead_id"),
        # Undoing reads them page by page.
        Index("ix_import_row_import_run_id", "import_run_id", "id"),
        Index("ix_import_row_lead_id", "lead_id"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspace.id"))
    import_run_id: Mapped[int] = mapped_column(ForeignKey("import_run.id"))
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"))
    first_at: Mapped[datetime] = mapped_column(comment="when the first row of this lead came in")
    last_at: Mapped[datetime] = mapped_column(comment="and the last one")
    is_new: Mapped[bool] = mapped_column(comment="the import made the lead")
    replaced: Mapped[dict[str, Any] | None] = mapped_column(
        JsonOrNull,
        comment="of a known lead: what stood in its columns, what stands there now, and keys of what it was given",
    )

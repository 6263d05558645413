"""A framework's questions answered for one lead."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from qualification.records.base import Base, Key, choice, of_workspace
from qualification.records.personal import PersonalColumns
from qualification.rules.checklists.frameworks import Verdict


class Checklist(Base):
    """One framework, one lead."""

    __tablename__ = "checklist"
    personal = PersonalColumns(
        about_lead=("id", "lead_id", "framework", "passed_at", "updated_at"),
        of_nobody=("workspace_id", "playbook_id"),
    )
    __table_args__ = (
        UniqueConstraint("lead_id", "framework"),
        of_workspace("playbook_id", "playbook"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspace.id"))
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"))
    framework: Mapped[str] = mapped_column(String(80), comment="a key of the playbook's frameworks, such as bant")
    playbook_id: Mapped[int] = mapped_column(Key, comment="the version last judged by")
    passed_at: Mapped[datetime | None]
    updated_at: Mapped[datetime]


class Answer(Base):
    """What is known of one item, and the lead's words that say so."""

    __tablename__ = "answer"
    personal = PersonalColumns(
        of_lead=("evidence",),
        about_lead=("checklist_id", "item", "verdict", "answered_at"),
        of_staff=("answered_by_id",),
        of_nobody=("id", "workspace_id"),
    )
    __table_args__ = (
        UniqueConstraint("checklist_id", "item"),
        of_workspace("answered_by_id", "person"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspace.id"))
    checklist_id: Mapped[int] = mapped_column(ForeignKey("checklist.id"))
    item: Mapped[str] = mapped_column(String(80))
    verdict: Mapped[Verdict] = mapped_column(choice(Verdict))
    evidence: Mapped[str] = mapped_column(Text)
    answered_by_id: Mapped[int] = mapped_column(Key)
    answered_at: Mapped[datetime]

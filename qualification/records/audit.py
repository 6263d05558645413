"""The audit: who saw or decided what, added to and never changed."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from qualification.records.base import Base, Json, Key, choice, of_workspace
from qualification.records.personal import PersonalColumns
from qualification.rules.people.audited import AuditAction


class AuditEntry(Base):
    """One act. Triggers refuse every change of a row, and its deletion before it is 30 days old."""

    __tablename__ = "audit_entry"
    # An entry says who did what with which lead, by ids alone: it outlives the lead, and holds no word of theirs.
    personal = PersonalColumns(
        of_staff=("at", "action", "actor_id", "actor", "details"), of_nobody=("id", "workspace_id", "lead_id")
    )
    __table_args__ = (
        CheckConstraint("(actor_id IS NULL) <> (actor IS NULL)", name="one_actor"),
        Index("ix_audit_entry_workspace_id_at_id", "workspace_id", "at", "id"),
        Index("ix_audit_entry_workspace_id_lead_id_at", "workspace_id", "lead_id", "at"),
        of_workspace("actor_id", "person"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspace.id"))
    at: Mapped[datetime]
    action: Mapped[AuditAction] = mapped_column(choice(AuditAction))
    actor_id: Mapped[int | None] = mapped_column(Key, comment="who did it; NULL: see actor")
    actor: Mapped[str | None] = mapped_column(
        String(200),
        comment="unix: and a user, key: and a sender, slack: and a user not known here, playbook: and a version",
    )
    lead_id: Mapped[int | None] = mapped_column(
        Key, comment="the lead that it is about; no reference, because the entry outlives the lead"
    )
    details: Mapped[dict[str, Any]] = mapped_column(Json, comment="ids, keys and numbers; no words about anybody")

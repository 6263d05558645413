"""People who must not come back without a word, known by keyed hashes alone."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from qualification.records.base import Base, Key, choice
from qualification.records.personal import PersonalColumns
from qualification.rules.leads.suppression import SuppressionReason


class Suppression(Base):
    """One thing by which somebody would be recognised: an address, a sender's id, a name at a company; hashed."""

    __tablename__ = "suppression"
    personal = PersonalColumns(
        of_nobody=("id", "workspace_id", "digest", "key_mark", "reason", "lead_id", "company_id", "at")
    )
    __table_args__ = (
        Index("uq_suppression_digest", "workspace_id", "digest", "lead_id", unique=True),
        Index("ix_suppression_lead_id", "lead_id"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspace.id"))
    digest: Mapped[str] = mapped_column(String(64), comment="HMAC-SHA256 with BATON_KEY; nothing can be read from it")
    key_mark: Mapped[str] = mapped_column(String(8), comment="tells by which BATON_KEY it was made")
    reason: Mapped[SuppressionReason] = mapped_column(choice(SuppressionReason))
    lead_id: Mapped[int | None] = mapped_column(
        ForeignKey("lead.id"), comment="the lead that it is or was, emptied; NULL: it never was one here"
    )
    company_id: Mapped[int | None] = mapped_column(
        Key, comment="former: the company that they left, which goes with them if nobody else is known there"
    )
    at: Mapped[datetime]

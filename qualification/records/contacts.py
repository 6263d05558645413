"""What a lead is known by, several of each: addresses, telephone numbers, and names of companies at one domain."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from qualification.records.base import Base, Key
from qualification.records.personal import PersonalColumns


class LeadEmail(Base):
    """An e-mail address of a lead, the shown one included; a mailbox is one lead's.

    It stays with the lead that had it when that lead is merged into another, so that a split finds it there.
    """

    __tablename__ = "lead_email"
    personal = PersonalColumns(
        of_lead=("email", "email_key", "name_key"),
        about_lead=("created_at",),
        of_nobody=("id", "workspace_id", "lead_id", "by_hand"),
        ends_with_lead=True,
    )
    __table_args__ = (Index("uq_lead_email_email_key", "workspace_id", "email_key", unique=True),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspace.id"))
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"), index=True)
    email: Mapped[str] = mapped_column(String(320))
    email_key: Mapped[str] = mapped_column(String(320), comment="folded for comparison, without a plus-tag")
    name_key: Mapped[str | None] = mapped_column(
        String(300), comment="names it was given with, folded, a line each; NULL: none yet; empty: names that differ"
    )
    by_hand: Mapped[bool] = mapped_column(
        default=False, comment="somebody has merged leads of different names, and this address with them"
    )
    created_at: Mapped[datetime]


class LeadPhone(Base):
    """A telephone number of a lead, the shown one included; several leads may share one."""

    __tablename__ = "lead_phone"
    personal = PersonalColumns(
        of_lead=("phone", "phone_key", "name_key"),
        about_lead=("created_at",),
        of_nobody=("id", "workspace_id", "lead_id"),
        ends_with_lead=True,
    )
    __table_args__ = (
        UniqueConstraint("lead_id", "phone_key"),
        Index("ix_lead_phone_phone_key", "workspace_id", "phone_key", "name_key"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspace.id"))
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"))
    phone: Mapped[str] = mapped_column(String(60))
    phone_key: Mapped[str] = mapped_column(String(60), comment="E.164 where its country is known, else its digits")
    name_key: Mapped[str | None] = mapped_column(
        String(300), comment="the lead's own, beside the number, so that the two are found together"
    )
    created_at: Mapped[datetime]


class DomainName(Base):
    """A company's name that was given with a domain of which it doesn't speak; the first such names of each domain."""

    __tablename__ = "domain_name"
    personal = PersonalColumns(
        of_lead=("domain", "name", "name_key"),
        about_lead=("created_at",),
        of_nobody=("id", "workspace_id", "lead_id"),
        ends_with_lead=True,
    )
    __table_args__ = (UniqueConstraint("workspace_id", "domain", "name_key"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspace.id"))
    lead_id: Mapped[int] = mapped_column(
        ForeignKey("lead.id"), index=True, comment="the first that was said to work there"
    )
    domain: Mapped[str] = mapped_column(String(253))
    name: Mapped[str] = mapped_column(String(300))
    name_key: Mapped[str] = mapped_column(String(300), comment="folded for comparison")
    created_at: Mapped[datetime]

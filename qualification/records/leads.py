"""Companies, leads and the append-only history of what happened to them."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, UniqueConstraint, literal_column, text
from sqlalchemy.orm import Mapped, mapped_column

from qualification.records.base import Base, Json, JsonOrNull, Key, choice, of_workspace
from qualification.records.personal import PersonalColumns
from qualification.rules.handoffs.event_kinds import EventKind
from qualification.rules.leads.lifecycle import Lifecycle

# What a team's day is counted from.
COUNTED_KINDS = (
    "came_in",
    "handed_over",
    "accepted",
    "disqualified",
    "undone",
    "reopened",
    "reassigned",
    "lifecycle_moved",
)
COUNTED = f"kind in {COUNTED_KINDS}"
GATED = "gated_by is not null and merged_into_id is null"


class Company(Base):
    """A firm that leads work for."""

    __tablename__ = "company"
    personal = PersonalColumns(
        of_lead=("name", "name_key", "domain", "size", "country"),
        of_nobody=("id", "workspace_id"),
    )
    __table_args__ = (
        Index("uq_company_domain", "workspace_id", "domain", unique=True),
        Index(
            "uq_company_name_key",
            "workspace_id",
            "name_key",
            unique=True,
            sqlite_where=text("domain is null"),
            postgresql_where=text("domain is null"),
        ),
        Index("ix_company_name_key", "workspace_id", "name_key"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspace.id"))
    name: Mapped[str] = mapped_column(String(300))
    name_key: Mapped[str] = mapped_column(String(300), comment="folded for comparison")
    domain: Mapped[str | None] = mapped_column(String(253), comment="of its site and mail; NULL: not known")
    size: Mapped[int | None] = mapped_column(comment="employees")
    country: Mapped[str | None] = mapped_column(String(2), comment="ISO 3166-1 alpha-2")


class Lead(Base):
    """A person at a company who may buy.

    `email` and `phone` are what is shown; all that is known stands in `LeadEmail` and `LeadPhone`.
    """

    __tablename__ = "lead"
    personal = PersonalColumns(
        of_lead=(
            "company_id",
            "name",
            "name_key",
            "email",
            "email_key",
            "phone",
            "title",
            "size",
            "country",
            "note",
            "problem",
            "campaign",
            "fields",
            "unread",
            "gated_by",
        ),
        about_lead=(
            "id",
            "lifecycle",
            "value_minor",
            "currency",
            "source",
            "do_not_contact",
            "score",
            "merged_into_id",
            "created_at",
            "updated_at",
            "erased_at",
        ),
        of_nobody=("workspace_id", "scored_by_id", "version"),
    )
    __table_args__ = (
        Index("ix_lead_name_key", "workspace_id", "name_key", "company_id"),
        Index(
            "ix_lead_merged_into_id",
            "merged_into_id",
            sqlite_where=text("merged_into_id is not null"),
            postgresql_where=text("merged_into_id is not null"),
        ),
        Index(
            "ix_lead_scored_by_id",
            "workspace_id",
            "scored_by_id",
            "id",
            sqlite_where=text("merged_into_id is null"),
            postgresql_where=text("merged_into_id is null"),
        ),
        Index(
            "ix_lead_lifecycle",
            "workspace_id",
            "lifecycle",
            sqlite_where=text("merged_into_id is null"),
            postgresql_where=text("merged_into_id is null"),
        ),
        Index("ix_lead_gated_by", "workspace_id", "gated_by", sqlite_where=text(GATED), postgresql_where=text(GATED)),
        of_workspace("scored_by_id", "playbook"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspace.id"))
    company_id: Mapped[int | None] = mapped_column(ForeignKey("company.id"), index=True)
    name: Mapped[str | None] = mapped_column(String(300))
    name_key: Mapped[str | None] = mapped_column(String(300), comment="folded for comparison")
    email: Mapped[str | None] = mapped_column(String(320))
    email_key: Mapped[str | None] = mapped_column(String(320), comment="folded for comparison, without a plus-tag")
    phone: Mapped[str | None] = mapped_column(String(60))
    title: Mapped[str | None] = mapped_column(String(300), comment="what they are at the company")
    size: Mapped[int | None] = mapped_column(comment="employees, as said of this lead; the company has its own")
    country: Mapped[str | None] = mapped_column(String(2), comment="ISO 3166-1 alpha-2, as said of this lead")
    lifecycle: Mapped[Lifecycle] = mapped_column(choice(Lifecycle))
    value_minor: Mapped[int | None] = mapped_column(BigInteger, comment="what the deal may bring, in cents or the like")
    currency: Mapped[str | None] = mapped_column(String(3), comment="ISO 4217")
    note: Mapped[str | None] = mapped_column(Text)
    problem: Mapped[str | None] = mapped_column(Text, comment="what they wrote last, in their own words")
    source: Mapped[str | None] = mapped_column(String(80), comment="where they first came from: a key of the sources")
    campaign: Mapped[str | None] = mapped_column(String(200), comment="the first that brought them")
    do_not_contact: Mapped[bool] = mapped_column(default=False)
    fields: Mapped[dict[str, Any]] = mapped_column(Json, default=dict, comment="what senders say beyond our columns")
    unread: Mapped[dict[str, str] | None] = mapped_column(
        JsonOrNull, comment="what senders wrote in fields that could not be read, by field; NULL: all could"
    )
    score: Mapped[int] = mapped_column(default=0, comment="points of all it ever did")
    scored_by_id: Mapped[int | None] = mapped_column(
        Key, comment="the version that added the score up; NULL: it is still to be added up"
    )
    gated_by: Mapped[str | None] = mapped_column(String(80), comment="the gate that keeps it from sales")
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("lead.id"), comment="the lead it turned out to be")
    erased_at: Mapped[datetime | None] = mapped_column(
        comment="when the person was erased: the row counts, and is empty"
    )
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it as a class attribute


class ExternalId(Base):
    """What a sender calls a lead."""

    __tablename__ = "external_id"
    personal = PersonalColumns(
        of_lead=("sender", "external_id"),
        of_nobody=("id", "workspace_id", "lead_id"),
        ends_with_lead=True,
    )
    __table_args__ = (UniqueConstraint("workspace_id", "sender", "external_id"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspace.id"))
    sender: Mapped[str] = mapped_column(String(80), comment="the API key's or form's name")
    external_id: Mapped[str] = mapped_column(String(200))
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"), index=True)


class Activity(Base):
    """Something a lead did, once, however often it is sent; never changed."""

    __tablename__ = "activity"
    personal = PersonalColumns(
        of_lead=("external_id", "what", "fields"),
        about_lead=("id", "lead_id", "sender", "kind", "at", "received_at", "noise"),
        of_nobody=("workspace_id",),
    )
    __table_args__ = (
        UniqueConstraint("workspace_id", "sender", "external_id"),
        Index("ix_activity_lead_id", "lead_id", "kind", "at"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspace.id"))
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"), comment="as recognised then; a merge leaves it")
    sender: Mapped[str] = mapped_column(String(80))
    external_id: Mapped[str] = mapped_column(String(200), comment="the sender's own id of the activity")
    kind: Mapped[str] = mapped_column(String(40), comment="a key of the playbook's scoring.activities")
    at: Mapped[datetime]
    received_at: Mapped[datetime]
    what: Mapped[str | None] = mapped_column(Text, comment="a page, a title, a message")
    fields: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    noise: Mapped[str | None] = mapped_column(
        String(20), comment="scanner: a program that checks mail did it; NULL: nothing says so"
    )


class Merge(Base):
    """Two leads found to be one, and perhaps found to be two after all."""

    __tablename__ = "lead_merge"
    personal = PersonalColumns(
        about_lead=("kept_id", "merged_id", "reason", "taken_over", "at", "split_at"),
        of_staff=("split_by_id",),
        of_nobody=("id", "workspace_id"),
    )
    __table_args__ = (of_workspace("split_by_id", "person"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspace.id"))
    kept_id: Mapped[int] = mapped_column(ForeignKey("lead.id"), index=True)
    merged_id: Mapped[int] = mapped_column(ForeignKey("lead.id"), index=True)
    reason: Mapped[str] = mapped_column(String(20), comment="what they share: id, email or name")
    taken_over: Mapped[list[str]] = mapped_column(Json, comment="the columns that the kept one took over")
    at: Mapped[datetime]
    split_at: Mapped[datetime | None]
    split_by_id: Mapped[int | None] = mapped_column(Key)


class LeadEvent(Base):
    """One thing that happened to a lead; never changed, never deleted by use."""

    __tablename__ = "lead_event"
    personal = PersonalColumns(
        of_lead=("facts",),
        about_lead=("id", "lead_id", "handoff_id", "kind", "at"),
        of_staff=("actor_id",),
        of_nobody=("workspace_id", "playbook_id", "told_in"),
    )
    __table_args__ = (
        Index("ix_lead_event_lead_id", "lead_id", "id"),
        Index(
            "ix_lead_event_counted",
            "workspace_id",
            "at",
            sqlite_where=text(COUNTED),
            postgresql_where=text(COUNTED),
        ),
        Index(
            "ix_lead_event_gated",
            "workspace_id",
            "at",
            "id",
            sqlite_where=text("kind = 'gated'"),
            postgresql_where=text("kind = 'gated'"),
        ),
        Index(
            "ix_lead_event_told_in",
            "told_in",
            sqlite_where=text("told_in is not null"),
            postgresql_where=text("told_in is not null"),
        ),
        of_workspace("actor_id", "person"),
        of_workspace("playbook_id", "playbook"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspace.id"))
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"))
    handoff_id: Mapped[int | None] = mapped_column(ForeignKey("handoff.id"), index=True)
    kind: Mapped[EventKind] = mapped_column(choice(EventKind))
    at: Mapped[datetime]
    actor_id: Mapped[int | None] = mapped_column(Key, comment="NULL: the clock or a rule")
    playbook_id: Mapped[int | None] = mapped_column(Key, comment="the version that decided")
    facts: Mapped[dict[str, Any]] = mapped_column(Json, comment="what else the line tells, by kind")
    told_in: Mapped[int | None] = mapped_column(
        Key, comment="the thread line, of an earlier event, that tells this one too; NULL: one of its own, or none"
    )


# Literals, as with an open offer: SQLite sees the partial indexes.
IS_COUNTED: Final = LeadEvent.kind.in_([literal_column(f"'{kind}'") for kind in COUNTED_KINDS])
IS_GATED: Final = LeadEvent.kind == literal_column("'gated'")

"""Handoffs and the offers made of them."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import ForeignKey, Index, Row, SQLColumnExpression, String, Text, func, literal_column, text
from sqlalchemy.orm import Mapped, mapped_column

from qualification.records.base import Base, Json, Key, choice, of_workspace
from qualification.records.personal import PersonalColumns
from qualification.rules.handoffs.states import LIVE_STATES, HandoffState, OfferOutcome

LIVE = "state in ('offered', 'pooled', 'manager_queue', 'accepted')"


class Handoff(Base):
    """One passing of one lead from marketing to sales."""

    __tablename__ = "handoff"
    personal = PersonalColumns(
        of_lead=(
            "did",
            "problem",
            "campaign",
            "size",
            "country",
            "promised",
            "permalink",
            "reason_note",
            "external_id",
        ),
        about_lead=(
            "id",
            "lead_id",
            "beside_id",
            "team_id",
            "pool_id",
            "rule",
            "source",
            "state",
            "stage",
            "queue_reason",
            "announced_at",
            "accepted_at",
            "contacted_at",
            "qualified_at",
            "ended_at",
            "reason",
            "resume_at",
            "resumed_at",
            "undo_until",
            "before_decision",
            "sender",
        ),
        of_staff=("announcer_id", "owner_id", "decided_by_id"),
        of_nobody=("workspace_id", "playbook_id", "version"),
    )
    __table_args__ = (
        Index("uq_handoff_live", "lead_id", unique=True, sqlite_where=text(LIVE), postgresql_where=text(LIVE)),
        Index("ix_handoff_state", "workspace_id", "state"),
        Index("ix_handoff_owner_id", "owner_id"),
        Index(
            "ix_handoff_beside_id",
            "beside_id",
            sqlite_where=text("beside_id is not null"),
            postgresql_where=text("beside_id is not null"),
        ),
        Index(
            "uq_handoff_external_id",
            "workspace_id",
            "sender",
            "external_id",
            unique=True,
            sqlite_where=text("external_id is not null"),
            postgresql_where=text("external_id is not null"),
        ),
        Index(
            "ix_handoff_undo",
            "workspace_id",
            "undo_until",
            sqlite_where=text("undo_until is not null"),
            postgresql_where=text("undo_until is not null"),
        ),
        Index(
            "ix_handoff_resume",
            "workspace_id",
            "resume_at",
            sqlite_where=text("resume_at is not null"),
            postgresql_where=text("resume_at is not null"),
        ),
        Index("ix_handoff_announcer_id", "announcer_id", "announced_at", "id"),
        of_workspace("team_id", "team"),
        of_workspace("pool_id", "pool"),
        of_workspace("playbook_id", "playbook"),
        of_workspace("announcer_id", "person"),
        of_workspace("owner_id", "person"),
        of_workspace("decided_by_id", "person"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspace.id"))
    lead_id: Mapped[int] = mapped_column(ForeignKey("lead.id"), index=True)
    beside_id: Mapped[int | None] = mapped_column(
        Key, comment="the first handoff of the same company that it goes along with"
    )
    team_id: Mapped[int] = mapped_column(Key)
    pool_id: Mapped[int | None] = mapped_column(Key)
    playbook_id: Mapped[int] = mapped_column(Key, comment="the version that routed it")
    rule: Mapped[str | None] = mapped_column(String(200), comment="the rule that routed it; NULL: the default")
    announcer_id: Mapped[int | None] = mapped_column(Key, comment="NULL: by its score or a request")
    did: Mapped[str] = mapped_column(Text, comment="what the lead did that made it ready")
    problem: Mapped[str | None] = mapped_column(Text, comment="in the lead's own words")
    source: Mapped[str | None] = mapped_column(String(80), comment="a key of the playbook's sources")
    campaign: Mapped[str | None] = mapped_column(String(200))
    size: Mapped[int | None] = mapped_column(comment="employees, as routing saw them")
    country: Mapped[str | None] = mapped_column(String(2), comment="ISO 3166-1 alpha-2, as routing saw it")
    promised: Mapped[str | None] = mapped_column(Text, comment="the follow-up the lead was promised")
    permalink: Mapped[str | None] = mapped_column(String(300), comment="the message it was handed over from")
    state: Mapped[HandoffState] = mapped_column(choice(HandoffState))
    owner_id: Mapped[int | None] = mapped_column(Key)
    stage: Mapped[str | None] = mapped_column(String(80), comment="a key of the playbook's stages, once accepted")
    queue_reason: Mapped[str | None] = mapped_column(
        String(20), comment="nobody_there, everyone_asked or pool_expired: why the manager was asked"
    )
    announced_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    contacted_at: Mapped[datetime | None] = mapped_column(comment="the first contact after acceptance")
    qualified_at: Mapped[datetime | None] = mapped_column(
        comment="when it first was an SQL or further while accepted; NULL: not yet"
    )
    ended_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(Key)
    reason: Mapped[str | None] = mapped_column(String(80), comment="key of the reason it was disqualified or lost")
    reason_note: Mapped[str | None] = mapped_column(Text)
    resume_at: Mapped[datetime | None] = mapped_column(comment="snoozed: when it is offered again; NULL: it is not")
    resumed_at: Mapped[datetime | None] = mapped_column(
        comment="when it last was offered again; offers before that count no more"
    )
    undo_until: Mapped[datetime | None] = mapped_column(comment="the last decision can be undone until then")
    before_decision: Mapped[dict[str, Any] | None] = mapped_column(
        Json, comment="what the last decision replaced: state, owner, stage, seconds left on the clock"
    )
    sender: Mapped[str | None] = mapped_column(
        String(80), comment="who told of it where it was before; NULL: it is ours"
    )
    external_id: Mapped[str | None] = mapped_column(String(200), comment="what the sender calls the deal")
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy reads it as a class attribute


class Offer(Base):
    """A handoff put before one rep, or before a whole pool."""

    __tablename__ = "offer"
    personal = PersonalColumns(
        of_lead=("reason_note",),
        about_lead=(
            "handoff_id",
            "pool_id",
            "why",
            "rule",
            "offered_at",
            "opened_at",
            "remind_at",
            "accept_by",
            "next_at",
            "outcome",
            "ended_at",
            "reason",
        ),
        of_staff=("person_id",),
        of_nobody=("id", "workspace_id", "playbook_id", "turn", "credited"),
    )
    __table_args__ = (
        Index(
            "uq_offer_open",
            "handoff_id",
            unique=True,
            sqlite_where=text("outcome = 'open'"),
            postgresql_where=text("outcome = 'open'"),
        ),
        Index("ix_offer_handoff_id", "handoff_id"),
        Index(
            "ix_offer_clock",
            "next_at",
            sqlite_where=text("outcome = 'open'"),
            postgresql_where=text("outcome = 'open'"),
        ),
        Index("ix_offer_turn", "person_id", "pool_id", "turn"),
        of_workspace("person_id", "person"),
        of_workspace("pool_id", "pool"),
        of_workspace("playbook_id", "playbook"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspace.id"))
    handoff_id: Mapped[int] = mapped_column(ForeignKey("handoff.id"))
    person_id: Mapped[int | None] = mapped_column(Key, comment="NULL: the whole pool may claim")
    pool_id: Mapped[int | None] = mapped_column(Key)
    playbook_id: Mapped[int] = mapped_column(Key, comment="the version that chose")
    why: Mapped[str] = mapped_column(String(20), comment="turn, pool, manager or resumed: how they came to be asked")
    rule: Mapped[str | None] = mapped_column(String(200))
    turn: Mapped[int | None] = mapped_column(comment="the number of the pool's turn it took")
    credited: Mapped[bool] = mapped_column(default=False, comment="the turn was given back")
    offered_at: Mapped[datetime]
    opened_at: Mapped[datetime | None] = mapped_column(comment="the first press of whoever it is put before")
    remind_at: Mapped[datetime | None] = mapped_column(comment="NULL: none, or done")
    accept_by: Mapped[datetime | None] = mapped_column(comment="NULL: no clock")
    next_at: Mapped[datetime | None] = mapped_column(comment="the earlier of remind_at and accept_by still to come")
    outcome: Mapped[OfferOutcome] = mapped_column(choice(OfferOutcome))
    ended_at: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(String(80), comment="why it was declined")
    reason_note: Mapped[str | None] = mapped_column(Text)


def nearness(handoff: Handoff | Row[Any]) -> tuple[bool, datetime, int]:
    """Say how near a handoff stands to where its lead is, the greatest the nearest: a live one first, then the latest.

    A lead may have several handoffs, its own and those of leads that were merged into it.
    """
    return handoff.state in LIVE_STATES, handoff.announced_at, handoff.id


def nearness_columns(handoff: type[Handoff]) -> tuple[SQLColumnExpression[Any], ...]:
    """Return the same as columns."""
    return handoff.state.in_(LIVE_STATES), handoff.announced_at, handoff.id


# The same as an order of rows, the nearest first.
NEAREST: Final = tuple(column.desc() for column in nearness_columns(Handoff))
# Since when a handoff waits to be accepted: it was handed over, or it resumed.
WAITING_SINCE: Final = func.coalesce(Handoff.resumed_at, Handoff.announced_at)
# A literal, not a bound value: with one, SQLite plans the statement anew each time it runs, to see the partial index.
IS_OPEN: Final = Offer.outcome == literal_column("'open'")

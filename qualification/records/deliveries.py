"""What Slack must be told: one row a message, and one queue a place in Slack."""

from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Final

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from qualification.records.base import Base, Key, choice, of_workspace
from qualification.records.personal import PersonalColumns


class DeliveryState(StrEnum):
    """Where a message stands between what is stored and what Slack shows."""

    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD_LETTER = "dead_letter"


class Priority(IntEnum):
    """What goes first: in one place a new message before an edit; of all edits by whom it is for, then the oldest.

    Home tabs go by the same order, at a rate of their own.
    """

    NEW_MESSAGE = 0
    PRESSED = 1
    """An edit of the message in which somebody pressed."""
    FOR_ACTOR = 2
    """An edit of what else whoever has just acted sees of that lead."""
    FOR_RESPONSIBLE = 3
    """An edit of what somebody must act on."""
    FOR_WATCHER = 4
    """An edit of what others see, and the lines of threads."""
    CAN_WAIT = 5
    BACKGROUND = 6
    """An edit after which most messages will look as before."""


class ChannelQueue(Base):
    """One place in Slack that is written to: a channel, a person's direct messages, a person's Home."""

    __tablename__ = "channel_queue"
    personal = PersonalColumns(
        of_staff=("place", "person_id"),
        of_nobody=(
            "id",
            "workspace_id",
            "due_at",
            "posts_free_at",
            "leased_by",
            "leased_until",
            "delivery_id",
            "answered_at",
        ),
    )
    __table_args__ = (
        UniqueConstraint("workspace_id", "place"),
        Index(
            "ix_channel_queue_due",
            "workspace_id",
            "due_at",
            sqlite_where=text("due_at is not null"),
            postgresql_where=text("due_at is not null"),
        ),
        Index("uq_channel_queue_id", "workspace_id", "id", unique=True),
        of_workspace("person_id", "person"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspace.id"))
    place: Mapped[str] = mapped_column(
        String(100), comment="channel id; 'direct:' or 'home:' and the person's id for what belongs to one person"
    )
    person_id: Mapped[int | None] = mapped_column(Key, comment="whose place it is; NULL: a channel")
    due_at: Mapped[datetime | None] = mapped_column(
        comment="when its first delivery may be tried; NULL: nothing pending"
    )
    posts_free_at: Mapped[datetime | None] = mapped_column(comment="the channel's rate: no new message before then")
    leased_by: Mapped[str | None] = mapped_column(String(64), comment="the worker that has it in hand")
    leased_until: Mapped[datetime | None]
    delivery_id: Mapped[int | None] = mapped_column(Key, comment="the delivery that the worker last took")
    answered_at: Mapped[datetime | None] = mapped_column(comment="when Slack last took something here")


# What is to be edited: messages that were posted, and Home tabs, which are published in the same way each time.
PENDING_EDIT: Final = "state = 'pending' and (ts is not null or kind = 'home')"


class Delivery(Base):
    """One message in Slack, as it is and as it should be."""

    __tablename__ = "delivery"
    personal = PersonalColumns(
        of_lead=("fingerprint",),
        about_lead=("kind", "handoff_id", "channel", "ts"),
        of_nobody=(
            "id",
            "workspace_id",
            "queue_id",
            "subject",
            "parent_id",
            "state",
            "priority",
            "sequence",
            "desired_revision",
            "shown_revision",
            "differing_revision",
            "posting",
            "post_began_at",
            "duplicate_check_at",
            "answering_until",
            "attempts",
            "refused_at",
            "last_error",
        ),
    )
    __table_args__ = (
        Index(
            "ix_delivery_pending",
            "queue_id",
            "priority",
            "sequence",
            sqlite_where=text("state = 'pending'"),
            postgresql_where=text("state = 'pending'"),
        ),
        Index(
            "ix_delivery_edit",
            "queue_id",
            "priority",
            "sequence",
            sqlite_where=text(PENDING_EDIT),
            postgresql_where=text(PENDING_EDIT),
        ),
        Index("ix_delivery_sequence", "sequence"),
        Index(
            "ix_delivery_duplicate_check",
            "workspace_id",
            "duplicate_check_at",
            sqlite_where=text("duplicate_check_at is not null"),
            postgresql_where=text("duplicate_check_at is not null"),
        ),
        Index(
            "ix_delivery_dead_letter",
            "workspace_id",
            sqlite_where=text("state = 'dead_letter'"),
            postgresql_where=text("state = 'dead_letter'"),
        ),
        Index(
            "ix_delivery_home", "subject", sqlite_where=text("kind = 'home'"), postgresql_where=text("kind = 'home'")
        ),
        Index("ix_delivery_handoff_id", "handoff_id"),
        Index("ix_delivery_parent_id", "parent_id"),
        Index("ix_delivery_message", "channel", "ts"),
        Index("uq_delivery_subject", "queue_id", "kind", "subject", unique=True),
        of_workspace("queue_id", "channel_queue"),
    )

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspace.id"))
    queue_id: Mapped[int] = mapped_column(Key)
    kind: Mapped[str] = mapped_column(String(40), comment="the template that draws it")
    subject: Mapped[int] = mapped_column(
        Key, comment="the id of what it shows: a handoff, an offer, a lead event or a person, by kind"
    )
    handoff_id: Mapped[int | None] = mapped_column(ForeignKey("handoff.id"))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("delivery.id"), comment="the message it is a reply to")
    state: Mapped[DeliveryState] = mapped_column(choice(DeliveryState))
    priority: Mapped[int] = mapped_column(
        comment="0 new; edits: 1 where pressed, 2 for who acted, 3 who must act, 4 others; 5 what can wait, 6 last"
    )
    sequence: Mapped[int] = mapped_column(comment="the order in which things came to be sent")
    desired_revision: Mapped[int] = mapped_column(comment="counts changes to what it shows")
    shown_revision: Mapped[int] = mapped_column(comment="the count that Slack last showed")
    differing_revision: Mapped[int | None] = mapped_column(
        comment="the count that was drawn and found to differ from what Slack shows, while it waits for its turn"
    )
    posting: Mapped[int] = mapped_column(comment="counts postings: one more after it was deleted by hand")
    channel: Mapped[str | None] = mapped_column(String(32), comment="Slack's channel id, once posted")
    ts: Mapped[str | None] = mapped_column(String(32), comment="Slack's message id, once posted")
    fingerprint: Mapped[str | None] = mapped_column(String(64), comment="SHA-256 of what was last sent")
    post_began_at: Mapped[datetime | None] = mapped_column(
        comment="when the post in hand began; still set later: its answer was lost"
    )
    duplicate_check_at: Mapped[datetime | None] = mapped_column(
        comment="when to look for a duplicate of a message posted again"
    )
    answering_until: Mapped[datetime | None] = mapped_column(
        comment="until then it is shown by the response_url of a press, and edited in no other way"
    )
    attempts: Mapped[int] = mapped_column(default=0, comment="refusals in a row")
    refused_at: Mapped[datetime | None] = mapped_column(comment="the first refusal in that row")
    last_error: Mapped[str | None] = mapped_column(String(300), comment="the last refusal; why it is a dead letter")


class RateLimit(Base):
    """When a method of Slack's may be called again in a workspace, and what is the matter with it."""

    __tablename__ = "rate_limit"
    personal = PersonalColumns(
        of_nobody=("id", "workspace_id", "method", "free_at", "last_error"),
    )
    __table_args__ = (UniqueConstraint("workspace_id", "method"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspace.id"))
    method: Mapped[str] = mapped_column(String(60))
    free_at: Mapped[datetime]
    last_error: Mapped[str | None] = mapped_column(String(300), comment="why Slack refuses it, until somebody looks")


class IdempotencyKey(Base):
    """Something Slack sent that counted, and counts no second time; it is kept for two days.

    A deletion of a message whose post is not recorded yet is one too: it counts once the post is.
    """

    __tablename__ = "idempotency_key"
    personal = PersonalColumns(
        of_nobody=("workspace_id", "key", "at"),
    )
    __table_args__ = (Index("ix_idempotency_key_workspace_id_at", "workspace_id", "at"),)

    workspace_id: Mapped[int] = mapped_column(ForeignKey("workspace.id"), primary_key=True)
    key: Mapped[str] = mapped_column(String(100), primary_key=True, comment="event id, or view id of a submission")
    at: Mapped[datetime]

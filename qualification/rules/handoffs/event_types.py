"""What may happen to a lead: a frozen type for each kind of event. People are kept by the ids of their records.

A field without a default is always stored; one with a default is stored only where it differs (`event_codec.py`). To
add an event, add its kind to `event_kinds.py`, its type here, its template to templates/messages/thread (unless no line
tells it), and its test.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import ClassVar, Final, Self, TypeAlias

from qualification.rules.handoffs.event_kinds import EventKind
from qualification.rules.handoffs.states import HandoffState
from qualification.rules.leads.lifecycle import Lifecycle

# What a field held: a text, or an amount in minor units with its currency.
Held: TypeAlias = str | tuple[int, str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened to a lead; `sender` is who told of it where it happened before the lead came here.

    Every field that may hold words is declared: `personal` ones hold the lead's words or words about them, and are
    emptied when the lead is erased; `impersonal` ones hold names and keys of the playbook and the like.
    """

    kind: ClassVar[EventKind]
    personal: ClassVar[tuple[str, ...]] = ()
    impersonal: ClassVar[tuple[str, ...]] = ("sender",)
    sender: str | None = None

    @property
    def person_id(self) -> int | None:
        """The id of the person it concerns beside whoever did it."""
        return None

    def erased(self) -> Self:
        """Return the event without what it says of a person."""
        return replace(self, **dict.fromkeys(self.personal))


@dataclass(frozen=True, slots=True, kw_only=True)
class ToPerson(Event):
    """Something done to one person, or where `to_id` is None to a pool."""

    to_id: int | None

    @property
    def person_id(self) -> int | None:
        """The id of that person."""
        return self.to_id


@dataclass(frozen=True, slots=True, kw_only=True)
class CameIn(Event):
    """A lead came in from `sender`; `past` where a file brought it in as history."""

    kind = EventKind.CAME_IN
    sender: str | None
    past: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Gated(Event):
    """A gate of the playbook keeps the lead from sales; `reason` is the key of the reason to disqualify it for."""

    kind = EventKind.GATED
    impersonal = ("sender", "gate", "outcome", "reason")
    gate: str
    outcome: str
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Released(Event):
    """The gate that kept the lead from sales no longer does."""

    kind = EventKind.RELEASED
    impersonal = ("sender", "gate")
    gate: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged(Event):
    """Two leads turned out to be one; `other` is the other one's id, `reason` what they share."""

    kind = EventKind.MERGED
    impersonal = ("sender", "reason")
    other: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Split(Event):
    """A merge was taken back; `other` is the other lead's id."""

    kind = EventKind.SPLIT
    other: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressMoved(Event):
    """Somebody with another name gave an address of the lead as theirs; `other` is the lead that has it now."""

    kind = EventKind.ADDRESS_MOVED
    other: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOver(Event):
    """The lead was handed over to sales; `gates` are the names of those that would have kept it from sales."""

    kind = EventKind.HANDED_OVER
    impersonal = ("sender", "gates")
    gates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class News(Event):
    """What is new of the reason of a handoff that goes on; `permalink` is the message it was handed over from."""

    personal: ClassVar[tuple[str, ...]] = ("did", "problem", "promised", "campaign", "permalink")
    impersonal: ClassVar[tuple[str, ...]] = ("sender", "source")
    did: str | None = None
    problem: str | None = None
    promised: str | None = None
    source: str | None = None
    campaign: str | None = None
    permalink: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Updated(News):
    """Something new was said of a lead that sales has; `fields` are those of the lead that changed."""

    kind = EventKind.UPDATED
    impersonal = ("sender", "source", "fields")
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyJoined(ToPerson):
    """Another person of the company came to sales: `other` is the id of their lead; `to_id` is the rep who is asked."""

    kind = EventKind.COMPANY_JOINED
    other: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanySet(Event):
    """The lead is at `company` in place of `former`.

    `former_id` is the id of the company that it left by somebody's word, who may take that back. It is None where
    `former` was only typed and the domain spoke of `company`, or where their word was taken back.
    """

    kind = EventKind.COMPANY_SET
    personal = ("company", "former")
    company: str | None
    former: str | None
    former_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered(ToPerson):
    """The handoff was put before one rep."""

    kind = EventKind.OFFERED
    impersonal = ("sender", "rule", "pool")
    accept_by: datetime | None
    rule: str | None = None
    pool: str | None = None
    turn: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedToPool(Event):
    """The handoff was put before a whole pool, to be claimed."""

    kind = EventKind.OPENED_TO_POOL
    impersonal = ("sender", "pool")
    pool: str
    accept_by: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedForManager(Event):
    """The handoff went into the manager's queue: nobody_there, everyone_asked, pool_expired or do_not_contact."""

    kind = EventKind.QUEUED_FOR_MANAGER
    impersonal = ("sender", "reason")
    manager_id: int | None
    reason: str

    @property
    def person_id(self) -> int | None:
        """The manager whose queue it is."""
        return self.manager_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted(Event):
    """Somebody accepted the handoff, or claimed it from their pool."""

    kind = EventKind.ACCEPTED
    claimed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Declined(Event):
    """The rep said "not mine", for a reason of the playbook, by its name."""

    kind = EventKind.DECLINED
    personal = ("note",)
    impersonal = ("sender", "reason")
    reason: str
    note: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminded(ToPerson):
    """Whoever was asked was reminded."""

    kind = EventKind.REMINDED


@dataclass(frozen=True, slots=True, kw_only=True)
class Expired(ToPerson):
    """Whoever was asked did not answer in time, or left before that."""

    kind = EventKind.EXPIRED
    has_left: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Disqualified(Event):
    """The handoff ended: the lead is not one for sales, for a reason of the playbook, by its name."""

    kind = EventKind.DISQUALIFIED
    personal = ("note",)
    impersonal = ("sender", "reason")
    reason: str | None
    note: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Snoozed(Event):
    """The lead was snoozed until a day."""

    kind = EventKind.SNOOZED
    personal = ("note",)
    until: datetime | None
    note: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumed(News):
    """A snoozed lead is offered again: its day has come (`is_due`), or somebody or the lead itself came first."""

    kind = EventKind.RESUMED
    impersonal = ("sender", "source", "gates")
    is_due: bool
    gates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SnoozeDropped(Event):
    """A snoozed lead's day has come, and it is not offered again: sales has it, or has `decided` since."""

    kind = EventKind.SNOOZE_DROPPED
    decided: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone(Event):
    """The last decision was taken back; `was` is the state that it had made."""

    kind = EventKind.UNDONE
    was: HandoffState


@dataclass(frozen=True, slots=True, kw_only=True)
class Reopened(Event):
    """An ended or snoozed handoff goes on; `was` is the state that it was in."""

    kind = EventKind.REOPENED
    was: HandoffState


@dataclass(frozen=True, slots=True, kw_only=True)
class Reassigned(ToPerson):
    """A manager put the handoff before somebody they named."""

    kind = EventKind.REASSIGNED
    personal = ("note",)
    note: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contacted(Event):
    """Somebody was in touch with the lead; `how` is the name of a contact kind."""

    kind = EventKind.CONTACTED
    personal = ("note",)
    impersonal = ("sender", "how")
    how: str
    note: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StageSet(Event):
    """The lead was moved to a stage, by its name; `reason` is why it was lost."""

    kind = EventKind.STAGE_SET
    personal = ("note",)
    impersonal = ("sender", "stage", "reason")
    stage: str
    reason: str | None
    note: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskDone(Event):
    """The next step was done, by its name."""

    kind = EventKind.TASK_DONE
    impersonal = ("sender", "task")
    task: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskNotDone(Event):
    """The next step was not done after all, by its name."""

    kind = EventKind.TASK_NOT_DONE
    impersonal = ("sender", "task")
    task: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited(Event):
    """Fields of the lead were changed by hand: each with what it held before and after."""

    kind = EventKind.EDITED
    personal = ("changes",)
    changes: tuple[tuple[str, Held, Held], ...]

    def erased(self) -> Self:
        """Return the event without its changes: what is left of one would read as if it had been removed by hand."""
        return replace(self, changes=())


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered(Event):
    """An item of the checklist got a verdict (yes, no, unknown), or other words than `evidence_before`."""

    kind = EventKind.ANSWERED
    personal = ("evidence_before",)
    impersonal = ("sender", "item", "verdict")
    item: str
    verdict: str
    evidence_before: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChecklistPassed(Event):
    """The checklist passed, with so many items answered yes."""

    kind = EventKind.CHECKLIST_PASSED
    impersonal = ("sender", "framework")
    framework: str
    yes: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChecklistFell(Event):
    """The checklist no longer passes."""

    kind = EventKind.CHECKLIST_FELL
    impersonal = ("sender", "framework")
    framework: str
    yes: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LifecycleMoved(Event):
    """The lead moved between stations; `qualified` tells where that made the handoff qualified, or no longer so."""

    kind = EventKind.LIFECYCLE_MOVED
    was: Lifecycle
    to: Lifecycle
    qualified: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased(Event):
    """The person was erased: everything that was known of them, here and in what was posted."""

    kind = EventKind.ERASED


TYPES: Final[Mapping[EventKind, type[Event]]] = MappingProxyType(
    {
        each.kind: each
        for each in (
            *(
                CameIn,
                Gated,
                Released,
                Merged,
                Split,
                AddressMoved,
                HandedOver,
                Updated,
                CompanyJoined,
                CompanySet,
                Offered,
                OpenedToPool,
                QueuedForManager,
            ),
            *(Accepted, Declined, Reminded, Expired, Disqualified, Snoozed, Resumed, SnoozeDropped, Undone, Reopened),
            *(Reassigned, Contacted, StageSet, TaskDone, TaskNotDone, Edited, Answered, ChecklistPassed, ChecklistFell),
            *(LifecycleMoved, Erased),
        )
    }
)

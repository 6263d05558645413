"""What the surfaces show: frozen values read from the records, with nothing left to look up or decide."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic, TypeVar

Line = TypeVar("Line")


@dataclass(frozen=True, slots=True)
class PersonRef:
    """Somebody as a reader knows them: a name, and a Slack user where there is one."""

    name: str
    slack_user_id: str | None

    @property
    def is_named(self) -> bool:
        """Whether their name is known: until Slack tells it, it is their Slack user's id."""
        return self.name != self.slack_user_id


@dataclass(frozen=True, slots=True)
class Choice:
    """One entry of a select: the playbook's key, the words for it."""

    key: str
    name: str
    description: str | None = None
    note_required: bool = False


@dataclass(frozen=True, slots=True)
class ItemMark:
    """One item of a checklist as the card shows it; verdict is yes, no or unknown."""

    key: str
    name: str
    verdict: str


@dataclass(frozen=True, slots=True)
class ChecklistMark:
    """The checklist line of a card: ■ for each yes, how many are needed, what is missing."""

    framework: str
    items: tuple[ItemMark, ...]
    yes: int
    needed: int
    passed: bool


@dataclass(frozen=True, slots=True)
class Weighed:
    """What one kind of activity adds to a lead's score: its name, how often it was done, what that comes to."""

    name: str
    times: int
    points: int


@dataclass(frozen=True, slots=True)
class PutOffMark:
    """That a lead was put off: by whom, when, their last words; and the last contact before, how and what was noted."""

    by: PersonRef | None
    at: datetime
    words: str | None
    contacted_at: datetime | None = None
    how: str | None = None
    contact_note: str | None = None


@dataclass(frozen=True, slots=True)
class TaskMark:
    """The next step with a lead, by when, and whether that is over; with `done_at` it was done, and no other came."""

    task_id: int
    name: str
    due_at: datetime
    overdue: bool
    done_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LeadCard:
    """All that a lead card shows, in the channel or in a direct message; state as stored.

    `state` is offered, pooled, queued, accepted, not_now, disqualified, won or lost. `why` is turn, pool, manager or
    woken. `wake_at` is when one that is put off is offered again, and `put_off` how it was, kept for whom it is
    offered to then. `task` is what the owner is to do next. `announcer` is None where nobody handed the lead over,
    but its score or a request of its own; `weighed` is what counted most for the score, at most three kinds of
    activity. `permalink` is the address of the message that it was handed over from. Times are aware and in UTC.
    `reader` and `reader_may_decide` are set for a direct message only: a rep who was passed over keeps the card,
    without its buttons. `version` grows with every change of the handoff.
    """

    handoff_id: int
    version: int
    offer_id: int | None
    state: str
    lifecycle: str
    company: str | None
    person: str | None
    title: str | None
    email: str | None
    phone: str | None
    size: int | None
    country: str | None
    source: str | None
    campaign: str | None
    value_minor: int | None
    currency: str | None
    did: str
    problem: str | None
    promised: str | None
    note: str | None
    do_not_contact: bool
    score: int
    weighed: tuple[Weighed, ...]
    announcer: PersonRef | None
    announced_at: datetime
    permalink: str | None
    team: str
    manager: PersonRef | None
    offered_to: PersonRef | None
    pool: str | None
    why: str | None
    rule: str | None
    turn: int | None
    accept_by: datetime | None
    owner: PersonRef | None
    accepted_at: datetime | None
    contacted_at: datetime | None
    stage: str | None
    stages: tuple[Choice, ...]
    checklist: ChecklistMark | None
    decided_by: PersonRef | None
    ended_at: datetime | None
    reason: str | None
    reason_note: str | None
    undo_until: datetime | None
    handoff_number: int
    queued_because: str | None
    reader: PersonRef | None = None
    reader_may_decide: bool = True
    wake_at: datetime | None = None
    put_off: PutOffMark | None = None
    task: TaskMark | None = None


@dataclass(frozen=True, slots=True)
class ThreadLine:
    """One line of a lead's history.

    `kind` is an EventKind; `facts` by kind: handed_over (gates: tuple of the names of those it passed over), offered
    (to: PersonRef, rule, pool, turn, accept_by), opened_to_pool (pool, accept_by), queued (manager: PersonRef or None,
    because: nobody_there | everyone_asked | pool_lapsed | do_not_contact), accepted (claimed: bool), passed_on and
    disqualified (reason, note), not_now (until, note), woken (is_due: bool; what is new of the reason, as in updated),
    left_asleep (decided: bool, where sales has decided since), task_done and task_not_done (task), lapsed and reminded
    (to: PersonRef or None, pool), undone and reopened (was: the state it had), reassigned (to), contacted (how, note),
    stage_set (stage, reason, note), edited (changes: tuple of (field, before, after)), answered (item, verdict),
    checklist_passed (framework, yes, total), updated (fields: tuple of names; did, problem, promised, source, campaign,
    permalink).
    """

    kind: str
    at: datetime
    actor: PersonRef | None
    facts: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Reminder:
    """The one reminder of an offer; once the offer has ended it says how."""

    handoff_id: int
    lead: str
    accept_by: datetime | None
    outcome: str


@dataclass(frozen=True, slots=True)
class Woken:
    """A lead that was put off and is offered again: its card as it stands, and whether its reader is to decide now."""

    card: LeadCard
    waits: bool


@dataclass(frozen=True, slots=True)
class HandOverChoices:
    """What the hand-over modal lets a marketer choose from, and what its fields are filled with.

    `permalink` is the address of the message they are filled from, `lead_id` the lead.
    """

    sources: tuple[Choice, ...]
    currency: str
    filled: Mapping[str, str] = field(default_factory=dict)
    permalink: str | None = None
    lead_id: int | None = None


@dataclass(frozen=True, slots=True)
class HandedOver:
    """What became of a hand-over; `already` when the lead was live and nothing was announced again.

    `state` as on the card; offered_to, pool or manager by that state; `owner` when it was accepted before. `gates` are
    the names of those that would have kept the lead from sales.
    """

    handoff_id: int
    lead: str
    state: str
    already: bool
    offered_to: PersonRef | None
    pool: str | None
    manager: PersonRef | None
    owner: PersonRef | None
    accept_by: datetime | None
    announcer: PersonRef | None
    do_not_contact: bool = False
    gates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ChecklistItem:
    """One item of the checklist modal."""

    key: str
    name: str
    questions: tuple[str, ...]
    hint: str | None
    verdict: str
    evidence: str


@dataclass(frozen=True, slots=True)
class ChecklistForm:
    """The checklist modal of one lead; `missing` are names of items, `next_question` the best one to ask now."""

    handoff_id: int
    lead: str
    framework: str
    items: tuple[ChecklistItem, ...]
    yes: int
    needed: int
    passed: bool
    missing: tuple[str, ...]
    next_question: str | None


@dataclass(frozen=True, slots=True)
class DecisionForm:
    """A modal that asks why, who or until when: reasons to choose from, the one picked, and what was there before.

    `day` is the one proposed, as 2026-12-01.
    """

    handoff_id: int
    offer_id: int | None
    lead: str
    reasons: tuple[Choice, ...] = ()
    picked: Choice | None = None
    note: str | None = None
    value: str | None = None
    currency: str | None = None
    day: str | None = None


@dataclass(frozen=True, slots=True)
class LeadLine:
    """A lead in a list: who it is, where it stands, what is due."""

    handoff_id: int
    offer_id: int | None
    lead: str
    state: str
    stage: str | None
    accept_by: datetime | None
    owner: PersonRef | None
    accepted_at: datetime | None = None
    untouched: bool = False
    task: TaskMark | None = None


@dataclass(frozen=True, slots=True)
class FoundLead:
    """One lead among several that were found: where its latest handoff stands, None where it never had one."""

    lead_id: int
    lead: str
    lifecycle: str
    score: int
    state: str | None
    owner: PersonRef | None


@dataclass(frozen=True, slots=True)
class GateCount:
    """How many leads a gate keeps from sales: now, and how many it came to hold in the last seven days."""

    gate: str
    disqualifies: bool
    now: int
    lately: int


@dataclass(frozen=True, slots=True)
class HeldLead:
    """A lead that a gate keeps from sales, and since when."""

    lead_id: int
    lead: str
    gate: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Held:
    """Whom the gates keep from sales: a count for each gate of the playbook, and the latest held, the last one first.

    `count` tells how many there are in all.
    """

    gates: tuple[GateCount, ...]
    latest: tuple[HeldLead, ...]
    count: int


@dataclass(frozen=True, slots=True)
class Did:
    """Something a lead did: what its kind is called, what it was in words, when."""

    name: str
    what: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class MergedLead:
    """Another lead that was found to be this one; `merge_id` splits them."""

    merge_id: int
    lead: str
    at: datetime


@dataclass(frozen=True, slots=True)
class LeadPage:
    """All that is known of one lead, for one reader.

    `email` and `phone` are None for whoever has no part in sales here. `card` is that of the latest handoff, None where
    it never had one; `is_live` says that sales has it now. `recent` is what it did last, the latest first.
    """

    lead_id: int
    lead: str
    name: str | None
    company: str | None
    lifecycle: str
    score: int
    weighed: tuple[Weighed, ...]
    email: str | None
    phone: str | None
    title: str | None
    size: int | None
    country: str | None
    source: str | None
    campaign: str | None
    value_minor: int | None
    currency: str | None
    problem: str | None
    do_not_contact: bool
    held_by: str | None
    card: LeadCard | None
    is_live: bool
    may_decide: bool
    recent: tuple[Did, ...]
    activities: int
    merged: tuple[MergedLead, ...]


@dataclass(frozen=True, slots=True)
class Parked:
    """A message that Slack would not take, and Slack's word for why."""

    kind: str
    place: str
    trouble: str
    lead: str | None


@dataclass(frozen=True, slots=True)
class Myself:
    """Whoever reads a list of their own: who they are here, and whether they are away."""

    person: PersonRef
    is_rep: bool
    is_manager: bool
    is_marketer: bool
    is_admin: bool
    away: bool
    away_until: datetime | None
    team: str | None


@dataclass(frozen=True, slots=True)
class Start(Myself):
    """What somebody can do here: /baton.

    `asks_me` are offers waiting for this person (and, for a manager, the team's queue); `mine` accepted leads that are
    open, the oldest first; the counts tell how many there are where the lists are cut.
    """

    asks_me: tuple[LeadLine, ...]
    asks_me_count: int
    mine: tuple[LeadLine, ...]
    mine_count: int


@dataclass(frozen=True, slots=True)
class HandoffLine:
    """A handoff in a list of a manager's or a marketer's, where it stands; its fields are those of a lead card.

    `asked` counts how often it was put before a rep or a pool.
    """

    handoff_id: int
    offer_id: int | None
    lead: str
    team: str
    state: str
    lifecycle: str
    announced_at: datetime
    manager: PersonRef | None
    offered_to: PersonRef | None
    pool: str | None
    offered_at: datetime | None
    accept_by: datetime | None
    asked: int
    queued_because: str | None
    owner: PersonRef | None
    stage: str | None
    stages: tuple[Choice, ...]
    decided_by: PersonRef | None
    ended_at: datetime | None
    reason: str | None
    wake_at: datetime | None
    reader: PersonRef | None


@dataclass(frozen=True, slots=True)
class Receipt(HandoffLine):
    """What became of a handoff, for whoever announced it; its fields are those of a lead card.

    `asked_last`, `offered_at` and `opened_at`, the first press of whoever was asked, are of the latest offer unless it
    was passed on or lapsed; what was, the latest of that kind, is told by `before`, `before_pool` and `before_reason`,
    and by `before_outcome`, None where nothing was. `untouched` says that nobody has contacted an accepted lead yet,
    `qualified_at` when it came to SQL or further.
    """

    asked_last: PersonRef | None
    opened_at: datetime | None
    before: PersonRef | None
    before_pool: str | None
    before_outcome: str | None
    before_reason: str | None
    accepted_at: datetime | None
    contacted_at: datetime | None
    untouched: bool
    qualified_at: datetime | None
    reason_note: str | None
    permalink: str | None


@dataclass(frozen=True, slots=True)
class Page(Generic[Line]):
    """One page of a list: what stands on it, from `first` to `last` of `count`; the pages beside it where there are."""

    lines: tuple[Line, ...]
    first: int
    last: int
    count: int
    previous: int | None
    following: int | None


@dataclass(frozen=True, slots=True)
class TeamClocks:
    """How a team's clocks stand.

    `waiting` are leads that nobody has accepted, the first of them handed over at `longest_since`; `untouched` those
    accepted without a contact yet; `overdue` those whose next step is.
    """

    team: str
    waiting: int
    longest_since: datetime | None
    untouched: int
    overdue: int


@dataclass(frozen=True, slots=True)
class HandedOverLately:
    """What became of somebody's handoffs of the last so many days."""

    days: int
    handed_over: int
    accepted: int
    qualified: int
    won: int
    lost: int
    disqualified: int


@dataclass(frozen=True, slots=True)
class Home(Myself):
    """The Home tab: what somebody is concerned with, by role.

    `waiting` are offers to this person or their pools, `mine` their open leads, what is due first on top, `asleep` what
    they put off, what wakes first on top. `unaccepted` and `queue` are of the teams they manage, whose clocks stand in
    `teams`; `more_teams` counts those left out. `handoffs` are those they announced, the newest first. `is_new` says
    that no lead has been handed over here yet.
    """

    waiting: Page[LeadLine]
    mine: Page[LeadLine]
    asleep: Page[HandoffLine]
    teams: tuple[TeamClocks, ...]
    more_teams: int
    unaccepted: Page[HandoffLine]
    queue: Page[HandoffLine]
    handoffs: Page[HandoffLine]
    lately: HandedOverLately
    is_new: bool
    parked: tuple[Parked, ...]
    parked_count: int
    slack_trouble: str | None

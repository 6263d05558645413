"""Compares, from outside, what people and senders did, what is in the rows, and what Slack shows."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Final, TypeVar

from sqlalchemy import select

import templates
from qualification.records import (
    Activity,
    Base,
    Delivery,
    ExternalId,
    Handoff,
    Lead,
    LeadEvent,
    Offer,
    Person,
    Summary,
    Task,
    Team,
)
from qualification.records import (
    Answer as ChecklistAnswer,
)
from qualification.records.deliveries import DeliveryState
from qualification.rules.handoffs.event_kinds import EventKind
from qualification.rules.handoffs.states import LIVE_STATES, HandoffState, OfferOutcome
from qualification.rules.handoffs.tasks import TaskOutcome
from qualification.rules.playbook import defaults
from tests.faults import people
from tests.faults.ledger import Act, Answer
from tests.faults.senders import KINDS as POSTS
from tests.faults.senders import POINTS
from tests.faults.world import REMIND_AFTER_MINUTES, SENDER, World
from tests.worlds import slack_side

Record = TypeVar("Record", bound=Base)
EVENTS: Final = {
    "accept": EventKind.ACCEPTED,
    "claim": EventKind.ACCEPTED,
    "undo": EventKind.UNDONE,
    "reopen": EventKind.REOPENED,
    "task done": EventKind.TASK_DONE,
    "task not done": EventKind.TASK_NOT_DONE,
    "decline": EventKind.DECLINED,
    "disqualify": EventKind.DISQUALIFIED,
    "snooze": EventKind.SNOOZED,
    "log contact": EventKind.CONTACTED,
    "reassign": EventKind.REASSIGNED,
    "edit": EventKind.EDITED,
    "stage": EventKind.STAGE_SET,
}
# A file for each kind of event that a line in a thread tells.
THREAD: Final = Path(templates.__file__).parent / "messages" / "thread"
# Who declines or disqualifies what they have declined or disqualified before changes nothing, and is told nothing.
ALREADY_SO: Final = frozenset({"decline", "disqualify", "snooze"})
# Whoever says it first has said it for all.
DONE_ONCE: Final = frozenset({"task done", "task not done"})
FIRST_STAGE: Final = str(defaults.STAGES[0]["name"])
# A line tells an answer only where its verdict is new.
TOLD: Final = frozenset(each.stem.partition(".")[0] for each in THREAD.iterdir()) - {EventKind.ANSWERED.value}
SUMMARY_DAYS: Final = timedelta(days=1, hours=2)


class Verdict(StrEnum):
    """What a finding is."""

    LOST = "lost"
    DOUBLED = "doubled"
    UNTRUE = "untrue"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that must not be."""

    verdict: Verdict
    what: str

    def __str__(self) -> str:
        """Say it in a line."""
        return f"{self.verdict.upper()}: {self.what}"


def audit(world: World) -> list[Finding]:
    """Return all that is lost, doubled or untrue; nothing may be under way."""
    return list(Audit(world).findings())


@dataclass
class Audit:
    """One look at everything."""

    world: World

    def __post_init__(self) -> None:
        """Read the rows once."""
        self.handoffs = {each.id: each for each in self._all(Handoff)}
        self.events = self._all(LeadEvent)
        self.people = {each.id: each for each in self._all(Person)}
        self.ids = {each.name: each.id for each in self.people.values()}
        self.deliveries = self._all(Delivery)
        self.offers = self._all(Offer)
        self.tasks = {each.id: each for each in self._all(Task)}
        self.acts = self.world.ledger.acts()

    def _all(self, record: type[Record]) -> list[Record]:
        with self.world.database.snapshot() as session:
            return list(session.scalars(select(record).order_by(record.__table__.c.id)))

    def findings(self) -> Iterator[Finding]:
        """Yield all findings."""
        yield from self._marked()
        yield from self._pressed()
        yield from self._posted()
        yield from self._homes()
        yield from self._away()
        yield from self._owners()
        yield from self._clocks()
        yield from self._queued()
        yield from self._direct()
        yield from self._shown()
        for line in slack_side.untrue(self.world, self._unheard_deletions()):
            yield Finding(Verdict.UNTRUE, line)

    # What people did

    @cached_property
    def marks(self) -> Counter[tuple[str, str]]:
        """How often each mark stands in the rows, by the kind of act that leaves it there."""
        found: Counter[tuple[str, str]] = Counter()
        kinds = {kind: name for name, kind in EVENTS.items()}
        for event in self.events:
            facts = event.facts
            if event.kind is EventKind.EDITED:
                notes = [after for field, _, after in facts["changes"] if field == "note"]
            elif event.kind is EventKind.ANSWERED:
                found["checklist", facts.get("evidence_before") or ""] += 1
                continue
            else:
                notes = [facts.get("note")]
            for note in filter(None, notes):
                found[kinds.get(event.kind, ""), note] += 1
        for answer in self._all(ChecklistAnswer):
            found["checklist", answer.evidence] += 1
        for handoff in self.handoffs.values():
            found["hand over", handoff.did] += 1
        return found

    def _marked(self) -> Iterator[Finding]:
        """Forms, each of which leaves its mark."""
        for act in self.acts:
            if act.kind not in {*people.FORMS, "hand over"} or act.mark is None:
                continue
            count = self.marks[act.kind, act.mark]
            if count > 1:
                yield Finding(Verdict.DOUBLED, f"counted {count} times: {act}")
            if count == 0 and act.answer is Answer.ACKNOWLEDGED and not self._already_so(act):
                yield Finding(Verdict.LOST, f"acknowledged, and not in the rows: {act}")
            if count > 0 and act.answer is Answer.REFUSED:
                yield Finding(Verdict.UNTRUE, f"refused, and in the rows: {act}")
            if count > 0 and act.answer is Answer.FAILED:
                yield Finding(Verdict.UNTRUE, f"told that it failed, and in the rows: {act}")

    def _already_so(self, act: Act) -> bool:
        return act.kind in ALREADY_SO and self._times(act) > 0

    @cached_property
    def _by_actor(self) -> Counter[tuple[EventKind, int | None, int | None]]:
        return Counter((each.kind, each.handoff_id, each.actor_id) for each in self.events)

    def _times(self, act: Act) -> int:
        return self._by_actor[EVENTS[act.kind], act.target, self.ids.get(act.who)]

    def _pressed(self) -> Iterator[Finding]:
        """Presses, counted for each handoff and person."""
        groups: dict[tuple[EventKind, int | None, str], list[Act]] = defaultdict(list)
        for act in self.acts:
            if act.kind in people.PRESSES or act.kind == "stage":
                groups[EVENTS[act.kind], act.target, act.who].append(act)
        for acts in groups.values():
            answers = Counter(act.answer for act in acts)
            told, unknown = answers[Answer.ACKNOWLEDGED], answers[Answer.UNANSWERED]
            count = self._times(acts[0]) if acts[0].kind != "stage" else self._stages(acts[0])
            lines = "; ".join(map(str, acts))
            missing = [act for act in acts if act.answer is Answer.ACKNOWLEDGED and not self._is_done(act)]
            if count == 0 and missing:
                yield Finding(Verdict.LOST, f"acknowledged, and not in the rows: {lines}")
            if count > told + unknown:
                known = answers[Answer.REFUSED] + answers[Answer.FAILED]
                verdict = Verdict.UNTRUE if known else Verdict.DOUBLED
                yield Finding(verdict, f"counted {count} times, of {told} acknowledged: {lines}")

    def _is_done(self, act: Act) -> bool:
        """Whether it was so already: somebody else did the same, or the lead stands at the stage that was picked."""
        same = [each for each in self.events if each.kind is EVENTS[act.kind] and each.handoff_id == act.target]
        if act.kind == "stage":
            return act.mark == FIRST_STAGE or any(each.facts["stage"] == act.mark for each in same)
        if act.kind == "task done" and act.mark is not None and not same:
            # A contact or a stage ends a task without an event of its own; somebody may have asked for it anew since.
            asked_anew = EventKind.TASK_NOT_DONE in {each.kind for each in self.events if each.handoff_id == act.target}
            return asked_anew or self.tasks[int(act.mark.removeprefix("task "))].outcome is TaskOutcome.DONE
        return act.kind in DONE_ONCE and bool(same)

    def _stages(self, act: Act) -> int:
        """Count the stages that somebody set; a first contact sets one too, and comes with its event."""
        mine = [
            event for event in self.events if event.handoff_id == act.target and event.actor_id == self.ids[act.who]
        ]
        return sum(
            event.kind is EventKind.STAGE_SET
            and not (before and before.kind is EventKind.CONTACTED and before.at == event.at)
            for before, event in zip([None, *mine], mine, strict=False)
        )

    # What senders posted

    def _posted(self) -> Iterator[Finding]:
        told = [each for each in self._all(ExternalId) if each.sender == SENDER]
        named = Counter(each.external_id for each in told)
        leads_of = {each.external_id: each.lead_id for each in told}
        activities = self._all(Activity)
        stored = Counter(each.external_id for each in activities if each.sender == SENDER)
        handed = {each.lead_id for each in self.handoffs.values()}
        leads = {each.id: each for each in self._all(Lead)}
        for act in self.acts:
            if act.kind not in POSTS or act.mark is None:
                continue
            path, row_id, kind, lead_id = act.mark.split(":")
            count = named[row_id] if path == "leads" else stored[row_id]
            if count > 1:
                yield Finding(Verdict.DOUBLED, f"stored {count} times: {act}")
            if act.answer is Answer.REFUSED:
                yield Finding(Verdict.UNTRUE, f"a post that is right was refused: {act}")
            if act.answer is not Answer.ACKNOWLEDGED:
                continue
            if count == 0 or lead_id not in leads_of:
                yield Finding(Verdict.LOST, f"answered 2xx, and not in the rows: {act}")
            elif kind == "demo-request" and _root(leads, leads_of[lead_id]) not in handed:
                yield Finding(Verdict.LOST, f"asked for a demo, and was not handed over: {act}")
        yield from self._scored(leads, activities)

    @staticmethod
    def _scored(leads: dict[int, Lead], activities: Iterable[Activity]) -> Iterator[Finding]:
        points: Counter[int] = Counter()
        for each in activities:
            points[_root(leads, each.lead_id)] += POINTS[each.kind]
        for lead in leads.values():
            if lead.merged_into_id is None and lead.score != points[lead.id]:
                verdict = Verdict.DOUBLED if lead.score > points[lead.id] else Verdict.LOST
                yield Finding(verdict, f"lead {lead.id} has {lead.score} points, and did what makes {points[lead.id]}")

    # People and their pages

    def _homes(self) -> Iterator[Finding]:
        """A Home tab that was opened, and of which the bot acknowledged the event, is there."""
        homes = {each.subject for each in self.deliveries if each.kind == "home"}
        users = {each.slack_user_id: each for each in self.people.values()}
        for delivery in self.world.sandbox.deliveries("events_api"):
            event = delivery.payload["event"]
            if event["type"] != "app_home_opened" or delivery.outcome != "acknowledged":
                continue
            person = users.get(event["user"])
            if person is None or person.id not in homes:
                yield Finding(Verdict.LOST, f"Home was opened by {event['user']} and is not in the rows")

    def _away(self) -> Iterator[Finding]:
        """Whoever said last that they are away or back is so, unless they heard no answer."""
        said: dict[str, list[Act]] = defaultdict(list)
        for act in self.acts:
            if act.kind == "/baton" and act.mark in {"/baton away", "/baton back"}:
                said[act.who].append(act)
        for who, acts in said.items():
            if any(act.answer is not Answer.ACKNOWLEDGED for act in acts):
                continue
            away = self.people[self.ids[who]].away_since is not None
            if away != (acts[-1].mark == "/baton away"):
                yield Finding(Verdict.LOST, f"{who} is {'away' if away else 'there'}, and said {acts[-1]}")

    def _owners(self) -> Iterator[Finding]:
        live = Counter(each.lead_id for each in self.handoffs.values() if each.state in LIVE_STATES)
        for lead_id, count in live.items():
            if count > 1:
                yield Finding(Verdict.DOUBLED, f"lead {lead_id} has {count} live handoffs")
        opened = Counter(each.handoff_id for each in self.offers if each.outcome is OfferOutcome.OPEN)
        for handoff_id, count in opened.items():
            if count > 1:
                yield Finding(Verdict.DOUBLED, f"handoff {handoff_id} has {count} open offers")
        for handoff in self.handoffs.values():
            if handoff.state is HandoffState.ACCEPTED and handoff.owner_id is None:
                yield Finding(Verdict.LOST, f"handoff {handoff.id} is accepted and has no owner")

    # What is due by time

    def _clocks(self) -> Iterator[Finding]:
        now = self.world.now
        restored = {each.handoff_id for each in self.events if each.kind in {EventKind.UNDONE, EventKind.REOPENED}}
        reminded = {(each.handoff_id, each.facts["to_id"]) for each in self.events if each.kind is EventKind.REMINDED}
        for offer in self.offers:
            due = offer.offered_at + timedelta(minutes=REMIND_AFTER_MINUTES, seconds=30)
            if offer.outcome is not OfferOutcome.OPEN or offer.accept_by is None or offer.handoff_id in restored:
                continue
            if due <= now and (offer.handoff_id, offer.person_id) not in reminded:
                yield Finding(Verdict.LOST, f"offer {offer.id} is open since {offer.offered_at}; nobody was reminded")
        summaries = self._all(Summary)
        for team in self._all(Team):
            planned = [each for each in summaries if each.team_id == team.id and each.made_at is None]
            # A clock that was ahead has told by then what was not due yet, so the next one is that much later.
            if not planned or planned[0].due_at > now + SUMMARY_DAYS + self.world.time.furthest_ahead:
                at = planned[0].due_at if planned else "never"
                yield Finding(Verdict.LOST, f"team {team.name} gets its next summary {at}")

    # What Slack must be told

    def _queued(self) -> Iterator[Finding]:
        """Every event, offer and summary has its message among the rows."""
        there = {(each.kind, each.subject) for each in self.deliveries}
        for handoff in self.handoffs.values():
            yield from self._missing(there, "lead_card", handoff.id)
        for event in self.events:
            if event.handoff_id is not None and event.kind in TOLD:
                told_in = self._line_of.get(event.told_in, event.id)
                yield from self._missing(there, "thread_line", told_in)
        for summary in self._all(Summary):
            if summary.made_at is not None:
                yield from self._missing(there, "summary", summary.id)

    @cached_property
    def _line_of(self) -> Mapping[int | None, int]:
        """The event that each line of a thread tells first."""
        return {each.id: each.subject for each in self.deliveries if each.kind == "thread_line"}

    def _direct(self) -> Iterator[Finding]:
        """Whoever was asked has a card, and whoever was reminded a reminder."""
        there = {each.subject for each in self.deliveries if each.kind == "reminder"}
        for event in self.events:
            if event.kind is EventKind.REMINDED and event.facts["to_id"] is not None:
                mine = {each.id for each in self.offers if each.handoff_id == event.handoff_id}
                if not mine & there:
                    yield Finding(Verdict.LOST, f"no message reminds of handoff {event.handoff_id}")
        cards = Counter(each.handoff_id for each in self.deliveries if each.kind == "direct_card")
        asked: dict[int, set[int]] = defaultdict(set)
        for offer in self.offers:
            if offer.person_id is not None:
                asked[offer.handoff_id].add(offer.person_id)
        for handoff_id, persons in asked.items():
            if cards[handoff_id] < len(persons):
                yield Finding(
                    Verdict.LOST, f"handoff {handoff_id}: {persons} were asked, {cards[handoff_id]} got a card"
                )

    @staticmethod
    def _missing(there: set[tuple[str, int]], kind: str, subject: int) -> Iterable[Finding]:
        if (kind, subject) not in there:
            yield Finding(Verdict.LOST, f"no message tells {kind} {subject}")

    def _shown(self) -> Iterator[Finding]:
        """Every message among the rows is in Slack, once."""
        held = slack_side.held(self.world)
        unheard = self._unheard_deletions()
        deleted = {act.mark for act in self.acts if act.kind == "delete a card"}
        keys = set()
        for each in self.deliveries:
            what = f"{each.kind} {each.subject} (delivery {each.id}, posting {each.posting}, ts {each.ts})"
            if each.state is DeliveryState.DEAD_LETTER:
                yield Finding(Verdict.LOST, f"{what} is a dead letter: {each.last_error}")
            if each.kind == "home":
                continue
            key = slack_side.key_in_slack(self.world, each)
            keys.add(key)
            count = len(held.by_key.get(key, ()))
            if count == 0 and each.ts not in unheard:
                yield Finding(Verdict.LOST, f"{what} is in no channel, and is {each.state}")
            if count > 1:
                yield Finding(Verdict.DOUBLED, f"{what} stands {count} times in Slack")
        for key, messages in held.by_key.items():
            # What hangs under a card that somebody deleted stays in Slack, and is posted anew under the new one.
            texts = [each.text[:80] for each in messages if each.thread_ts not in deleted]
            if key not in keys and texts:
                yield Finding(Verdict.DOUBLED, f"no row stands for a message: {key} {texts}")

    def _unheard_deletions(self) -> set[str]:
        """Return the messages that were deleted without the bot having got word of it: Slack gave up."""
        heard: dict[str, bool] = {}
        for delivery in self.world.sandbox.deliveries("events_api"):
            event = delivery.payload["event"]
            # A message on which a thread hangs leaves a tombstone.
            is_tombstone = event.get("message", {}).get("subtype") == "tombstone"
            ts = event["message"]["ts"] if is_tombstone else event.get("deleted_ts")
            if ts is not None:
                heard[ts] = heard.get(ts, False) or delivery.outcome == "acknowledged"
        return {ts for ts, was_heard in heard.items() if not was_heard}


def _root(leads: dict[int, Lead], lead_id: int) -> int:
    while (merged := leads[lead_id].merged_into_id) is not None:
        lead_id = merged
    return lead_id

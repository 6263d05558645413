"""Recomputes the rotation from the history alone: whose turn each offer was, and which turns were kept."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from qualification.records import Handoff, LeadEvent, Person, Pool
from qualification.rules.handoffs.event_kinds import EventKind
from tests.evidence.day import Day


@dataclass(slots=True)
class Seat:
    """A rep's place in a pool; `steady` while they were there at every turn, never passed over, and gave none back."""

    person_id: int
    turns: list[int] = field(default_factory=list)
    steady: bool = True

    @property
    def last(self) -> int:
        """The number of the last turn kept; 0 if none."""
        return max(self.turns, default=0)


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn that an offer took."""

    seat: Seat
    number: int


@dataclass(slots=True)
class Course:
    """One handoff in the rotation: who was asked, the turn awaiting an answer, the state before the last decision."""

    asked: set[int] = field(default_factory=set)
    waiting: Turn | None = None
    asked_now: int | None = None
    before: tuple[Turn | None, int | None] = (None, None)


@dataclass(slots=True)
class Rotation:
    """One pool's seats in the order of the playbook, the turns dealt, and the differences from the history."""

    seats: Sequence[Seat]
    dealt: int = 0
    wrong: list[str] = field(default_factory=list)

    def spread(self) -> int:
        """Return by how many turns the steady reps differ."""
        counts = [len(seat.turns) for seat in self.seats if seat.steady]
        return max(counts, default=0) - min(counts, default=0)


def rotations(day: Day) -> dict[str, Rotation]:
    """Return the recomputed rotation of every pool, by its key."""
    world = day.world
    people = {person.id: person.name for person in world.all(Person)}
    ids = {name: person_id for person_id, name in people.items()}
    pool_of = {handoff.id: handoff.pool_id for handoff in world.all(Handoff)}
    events = [event for event in world.all(LeadEvent) if event.handoff_id is not None]
    return {
        pool.key: deal_again(
            [ids[name] for name in world.sales.pools[pool.key]],
            [event for event in events if pool_of[event.handoff_id or 0] == pool.id],
            lambda person_id, at: day.is_there(people[person_id], at),
        )
        for pool in world.all(Pool)
    }


def deal_again(
    members: Sequence[int], events: Iterable[LeadEvent], is_there: Callable[[int, datetime], bool]
) -> Rotation:
    """Replay a pool's history; `is_there` says whether a rep could be asked at a moment.

    The next turn belongs to the rep whose last kept turn is the longest ago. A lead is never offered to the same rep
    again. A rep who lets an offer expire, accepts or disqualifies has used the turn; one who says "Not mine" has not,
    nor has one for whom someone else decided. Undoing restores both the offer and its turn.
    """
    rotation = Rotation([Seat(person_id) for person_id in members])
    courses: dict[int, Course] = {}
    for event in events:
        if event.handoff_id is not None:
            _follow(rotation, courses.setdefault(event.handoff_id, Course()), event, is_there)
    return rotation


def _follow(rotation: Rotation, course: Course, event: LeadEvent, is_there: Callable[[int, datetime], bool]) -> None:
    match event.kind:
        case EventKind.OFFERED:
            _offer(rotation, course, event, is_there)
        case EventKind.DECLINED:
            _give_back(course.waiting)
            course.waiting = course.asked_now = None
        case EventKind.EXPIRED:
            course.waiting = course.asked_now = None
        case EventKind.ACCEPTED | EventKind.DISQUALIFIED:
            course.before = (course.waiting, course.asked_now)
            if event.actor_id != course.asked_now:
                _give_back(course.waiting)
            course.waiting = course.asked_now = None
        case EventKind.UNDONE | EventKind.REOPENED:
            course.waiting, course.asked_now = course.before
            _take(course.waiting)
        case EventKind.REASSIGNED:
            _give_back(course.waiting)
            course.waiting, course.asked_now = None, _person(event.facts)
            course.asked.add(_person(event.facts))


def _offer(rotation: Rotation, course: Course, event: LeadEvent, is_there: Callable[[int, datetime], bool]) -> None:
    rotation.dealt += 1
    in_turn = sorted(rotation.seats, key=lambda seat: seat.last)
    free = [seat for seat in in_turn if is_there(seat.person_id, event.at) and seat.person_id not in course.asked]
    person_id, number = _person(event.facts), event.facts["turn"]
    chosen = next(seat for seat in rotation.seats if seat.person_id == person_id)
    if number != rotation.dealt:
        rotation.wrong.append(f"event {event.id}: turn {number} was dealt as the {rotation.dealt}th")
    if not free or free[0] is not chosen:
        due = free[0].person_id if free else "nobody"
        rotation.wrong.append(f"event {event.id}: person {person_id} was asked, and it was the turn of {due}")
    for seat in in_turn[: in_turn.index(chosen)]:
        seat.steady = False
    course.asked.add(person_id)
    course.waiting, course.asked_now = Turn(chosen, rotation.dealt), person_id
    _take(course.waiting)


def _take(turn: Turn | None) -> None:
    if turn is not None and turn.number not in turn.seat.turns:
        turn.seat.turns.append(turn.number)


def _give_back(turn: Turn | None) -> None:
    if turn is not None:
        turn.seat.turns.remove(turn.number)
        turn.seat.steady = False


def _person(facts: Mapping[str, object]) -> int:
    person_id = facts["to_id"]
    assert isinstance(person_id, int)
    return person_id

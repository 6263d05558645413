"""A bot whose machine's clock is wrong for a while, and one that lives through the changes of daylight saving."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import select

from qualification.records import Delivery, DeliveryState, Summary
from sandbox.clock import ManualClock
from sandbox.people.driver import Person
from sandbox.people.snapshots import Message
from sandbox.server import Sandbox
from tests.worlds.office import CHANNEL, MANIFEST, MONDAY, Office, office_of, serve
from tests.worlds.playbook import TWO_REPS, at_any_hour

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass
class MachineClock:
    """The clock of the bot's machine: the true one, and how far it is off."""

    true: ManualClock
    off: timedelta = field(default=timedelta(0))

    def __call__(self) -> datetime:
        """Return the time that the machine shows."""
        return self.true() + self.off


@contextmanager
def opened(database_url: str, at: datetime, playbook: str) -> Iterator[tuple[Office, MachineClock]]:
    """Open an office at a moment; Slack's clock is the true one, and the bot has one of its own."""
    clock = ManualClock(at)
    machine = MachineClock(clock)
    with (
        Sandbox(MANIFEST, clock=clock, rate_limits=False) as sandbox,
        serve(sandbox, machine, database_url, playbook=playbook, seconds=clock.unix) as baton,
    ):
        yield office_of(sandbox, baton, clock), machine


@pytest.fixture
def wrong(database_url: str) -> Iterator[tuple[Office, MachineClock]]:
    """Open an office that never sleeps, on a Monday at half past nine, after its first summary."""
    with opened(database_url, MONDAY - 2 * HOUR, at_any_hour(TWO_REPS)) as (office, machine):
        office.passes(hours=2)
        office.waits_for(partial(has_summary, office, 0))
        waits_until_all_is_told(office)
        yield office, machine


def card(office: Office, company: str, words: str = "") -> Message:
    """Wait for the one card of a company that contains these words."""

    def look() -> Message | None:
        found = [each for each in office.cards() if company in each.text]
        return found[-1] if found and words in found[-1].text else None

    return office.waits_for(look)


def offered(office: Office, company: str) -> tuple[Person, Message] | None:
    """Return the rep whom a company is offered to, and the message that says so; None where nobody has one yet."""
    for rep in (office.ana, office.ben):
        for message in rep.direct_messages:
            if company in message.text and "Accept" in message.buttons:
                return rep, message
    return None


def summaries(office: Office) -> list[str]:
    """Return the first lines of the summaries in the channel."""
    return [each.fallback for each in office.maya.sees(CHANNEL) if each.fallback.startswith("EMEA · ")]


def has_summary(office: Office, number: int) -> bool:
    """Tell whether Monday's summary is there, for 1 Tuesday's, for 2 Wednesday's."""
    return any(f"November {23 + number}" in line for line in summaries(office))


def waits_until_all_is_told(office: Office) -> None:
    """Wait until nothing is queued."""

    def told() -> bool:
        with office.baton.database.snapshot() as session:
            states = session.scalars(select(Delivery.state).distinct()).all()
        return set(states) <= {DeliveryState.DELIVERED}

    office.waits_for(told)


def is_told_once(office: Office, *companies: str) -> None:
    """Check that each company has one card, and that no line of a thread is there twice."""
    waits_until_all_is_told(office)
    for company in companies:
        (only,) = [each for each in office.cards() if company in each.text]
        lines = [reply.text for reply in only.thread]
        assert len(lines) == len(set(lines))


@pytest.mark.parametrize(
    "off", [HOUR, -HOUR, DAY, -DAY], ids=["an hour ahead", "an hour behind", "a day ahead", "a day behind"]
)
@pytest.mark.parametrize("started_again", [False, True], ids=["running", "started again"])
def test_a_clock_that_was_wrong_and_is_right_again_holds_nothing_back(
    wrong: tuple[Office, MachineClock], database_url: str, off: timedelta, *, started_again: bool
) -> None:
    office, machine = wrong
    # Due while the clock is wrong, or only afterwards: a reminder after a quarter of an hour, the end after half.
    office.hands_over("Acme")
    card(office, "Acme", "Offered to @Ana Ruiz")
    machine.off = off
    office.passes(seconds=1)
    assert ("ahead of Slack's" if off > timedelta(0) else "behind Slack's") in office.baton.health().clocks
    office.hands_over("Globex")
    rep, offer = office.waits_for(lambda: offered(office, "Globex"))
    rep.presses("Accept", on=offer)
    card(office, "Globex", f"Accepted by @{rep.name}")
    office.sandbox.fault("chat.postMessage", "429", times=2, retry_after=20)
    office.hands_over("Initech")
    office.passes(minutes=2)
    machine.off = timedelta(0)
    if started_again:
        office.baton.stop()
        with serve(office.sandbox, machine, database_url, playbook=None, seconds=office.clock.unix) as baton:
            office.baton = baton
            goes_on(office)
    else:
        goes_on(office)


def goes_on(office: Office) -> None:
    """Check what follows once the clock is right: new leads within seconds, and each summary of a day once."""
    began = office.clock()
    office.hands_over("Umbrella")
    card(office, "Umbrella")
    waits_until_all_is_told(office)
    assert office.clock() - began < timedelta(minutes=2)
    assert "Slack's" not in office.baton.health().clocks
    # Whoever was offered a lead had it or lost it by now, once.
    office.passes(hours=2)
    is_told_once(office, "Acme", "Globex", "Initech", "Umbrella")
    for number in (1, 2):
        office.passes(days=1)
        office.waits_for(partial(has_summary, office, number))
    waits_until_all_is_told(office)
    told = summaries(office)
    assert len(told) == len(set(told)) == 3
    with office.baton.database.snapshot() as session:
        made = session.scalars(select(Summary).where(Summary.made_at.is_not(None)).order_by(Summary.day)).all()
    assert [each.day for each in made] == [date(2026, 11, 23), date(2026, 11, 24), date(2026, 11, 25)]
    # Each lead is counted in one of them, whatever the clock showed when it was handed over.
    assert sum((each.figures or {})["steps"]["handed_over"] for each in made) == 4


@pytest.mark.parametrize(
    ("friday", "monday"),
    [
        # The clocks go back on 25 October 2026: Madrid is at UTC+2 on Friday, and at UTC+1 on Monday.
        (datetime(2026, 10, 23, 14, 50, tzinfo=UTC), datetime(2026, 10, 26, 8, tzinfo=UTC)),
        # They go forward on 28 March 2027.
        (datetime(2027, 3, 26, 15, 50, tzinfo=UTC), datetime(2027, 3, 29, 7, tzinfo=UTC)),
    ],
    ids=["back", "forward"],
)
def test_reminders_ends_and_summaries_keep_to_the_hours_of_the_wall_over_a_change_of_the_clocks(
    database_url: str, friday: datetime, monday: datetime
) -> None:
    """A lead that comes ten minutes before Ana's weekend in Madrid; the team's summary is at half past eight in London.

    `monday` is nine in Madrid, and eight in London.
    """
    with opened(database_url, friday, TWO_REPS) as (office, _):
        office.hands_over("Acme")
        card(office, "Acme", "Offered to @Ana Ruiz")
        waits_until_all_is_told(office)
        before = len(office.ana.direct_messages)

        def at(minutes: float) -> None:
            office.passes(seconds=(monday + timedelta(minutes=minutes) - office.clock()).total_seconds())

        def nothing_new(words: str) -> None:
            office.passes(seconds=5)
            waits_until_all_is_told(office)
            assert (len(office.ana.direct_messages), words in card(office, "Acme").text) == (before, True)

        at(4)
        nothing_new("Offered to @Ana Ruiz")
        at(5.1)
        office.waits_for(lambda: len(office.ana.direct_messages) == before + 1)
        before += 1
        at(19)
        nothing_new("Offered to @Ana Ruiz")
        at(20.1)
        # It is twenty past eight in London, where Ben is not there yet.
        card(office, "Acme", "In @Maya Cohen’s queue")
        at(29)
        office.passes(seconds=5)
        waits_until_all_is_told(office)
        assert summaries(office) == []
        at(30.5)
        office.waits_for(lambda: summaries(office))
        is_told_once(office, "Acme")
        assert len(summaries(office)) == 1

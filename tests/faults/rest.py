"""Waits until the bot has done all that it has to do, with nothing broken any more."""

import threading
from collections import Counter
from datetime import timedelta
from time import monotonic
from typing import Final

from sqlalchemy import func, or_, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from qualification.records import ChannelQueue, Delivery, Handoff, Lead, Offer, Person, Summary, Task
from qualification.records.deliveries import DeliveryState
from qualification.rules.handoffs.states import OfferOutcome
from qualification.rules.handoffs.tasks import TaskOutcome
from qualification.rules.reporting.summary_schedule import GRACE
from sandbox.events.deliveries import RETRY_AFTER
from tests.faults.world import World

# Real seconds: how long it may take, how often one looks, and after how many looks without any news time leaps. Where a
# worker has a message in hand its call may be on its way, and no network keeps a call for as long as a leap.
PATIENCE: Final = 120.0
LOOK_SECONDS: Final = 0.25
NO_NEWS: Final = 2
NO_NEWS_IN_HAND: Final = 8
LEAP_SECONDS: Final = 20.0
# How often Slack sends an event.
ATTEMPTS: Final = len(RETRY_AFTER) + 1
# A press keeps a message for some seconds; a later moment was left by a clock that was ahead, and holds nothing back.
LONGEST_ANSWER: Final = timedelta(minutes=1)


def settle(world: World) -> list[str]:
    """Wait until nothing is left to do, and return what was left when patience ended.

    Where nothing moves for a moment and no call is under way, time leaps: the bot may wait for its next try.
    """
    ends, before, same = monotonic() + PATIENCE, None, 0
    pause = threading.Event()
    while True:
        left = left_to_do(world)
        if not left:
            pause.wait(LOOK_SECONDS)
            if not left_to_do(world):
                return []
        if monotonic() > ends:
            return left
        same = same + 1 if left == before and not world.sandbox.slack.journal.under_way() else 0
        before = left
        if same >= (NO_NEWS_IN_HAND if _in_hand(world) else NO_NEWS):
            world.time.leap(LEAP_SECONDS)
            same = 0
        pause.wait(LOOK_SECONDS)


def left_to_do(world: World) -> list[str]:
    """Return what the rows say is to be done now, and the processes that are not up, each in a line."""
    down = [f"{each.command} is down" for each in world.fleet.processes if each.program is None]
    if events := _events_under_way(world):
        down.append(f"{events} events that Slack will send again")
    try:
        with world.database.snapshot() as session:
            return [*down, *_due(session, world)]
    except SQLAlchemyError as error:
        return [*down, f"the database is away: {type(error).__name__}"]


def _in_hand(world: World) -> bool:
    """Return whether a worker has a message in hand, or nobody can say."""
    in_hand = select(func.count()).select_from(ChannelQueue).where(ChannelQueue.leased_by.is_not(None))
    try:
        with world.database.snapshot() as session:
            return bool(session.scalar(in_hand))
    except SQLAlchemyError:
        return True


def _events_under_way(world: World) -> int:
    """Count the events that the bot has not acknowledged, and that Slack has not given up."""
    attempts: Counter[str] = Counter()
    for each in world.sandbox.deliveries("events_api"):
        attempts[each.payload["event_id"]] += ATTEMPTS if each.outcome == "acknowledged" else 1
    return sum(count < ATTEMPTS for count in attempts.values())


def _due(session: Session, world: World) -> list[str]:
    now = world.now
    questions = {
        "places with messages to send": select(func.count())
        .select_from(ChannelQueue)
        .where(or_(ChannelQueue.due_at.is_not(None), ChannelQueue.leased_by.is_not(None))),
        "messages to send": select(func.count()).select_from(Delivery).where(Delivery.state == DeliveryState.PENDING),
        "messages that a press shows": select(func.count())
        .select_from(Delivery)
        .where(Delivery.answering_until > now, Delivery.answering_until <= now + LONGEST_ANSWER),
        "messages to look for twice": select(func.count())
        .select_from(Delivery)
        .where(Delivery.duplicate_check_at.is_not(None)),
        "offers due": select(func.count())
        .select_from(Offer)
        .where(Offer.outcome == OfferOutcome.OPEN, Offer.next_at <= now),
        "undo over": select(func.count()).select_from(Handoff).where(Handoff.undo_until <= now),
        "leads to resume": select(func.count()).select_from(Handoff).where(Handoff.resume_at <= now),
        "tasks overdue": select(func.count())
        .select_from(Task)
        .where(Task.outcome == TaskOutcome.OPEN, Task.due_at <= now, ~Task.overdue),
        "summaries due": select(func.count())
        .select_from(Summary)
        .where(Summary.made_at.is_(None), Summary.due_at <= now - GRACE),
        "people back": select(func.count()).select_from(Person).where(Person.away_until <= now),
        "leads to score": select(func.count())
        .select_from(Lead)
        .where(Lead.scored_by_id.is_(None), Lead.merged_into_id.is_(None)),
    }
    counts = {what: session.scalar(question) for what, question in questions.items()}
    return [f"{count} {what}" for what, count in counts.items() if count]

"""A Slack workspace and its bot, in one process over real HTTP and websockets, with one manual clock."""

import json
import logging
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, TypeVar

from sqlalchemy import bindparam, case, event, exists, func, or_, select
from sqlalchemy.orm import Session

from bot.app import Baton, build
from bot.database import Database
from bot.settings import Settings
from bot.slack.client import SlackError
from qualification.organisation import publishing
from qualification.records import Base, ChannelQueue, Handoff, Offer, Person
from qualification.rules.handoffs.states import OfferOutcome
from sandbox.clock import ManualClock
from sandbox.people.driver import Person as Somebody
from sandbox.server import Sandbox
from tests.evidence.sales import Sales

Record = TypeVar("Record", bound=Base)

MANIFEST: Final = json.loads((Path(__file__).parents[2] / "manifest.json").read_text(encoding="utf-8"))
DELIVERY_NAMESPACE: Final = "evidence"
# A Monday in winter, 09:45 in New York: the other offices are not open yet.
MONDAY: Final = datetime(2026, 11, 23, 14, 45, tzinfo=UTC)
# Real seconds for the bot to become idle; a hanging call takes five of them.
PATIENCE: Final = 60.0
CONNECTIONS: Final = 2
# The smallest step of the clock, because many things become due at nearly the same moment.
STRIDE: Final = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class Rest:
    """The bot is idle until `until`; None: it has nothing left to do."""

    until: datetime | None


@dataclass(frozen=True, slots=True)
class Left:
    """What the bot has left to do.

    `is_leased` says whether a worker has a queue; `clock` is when the next reminder, expiry or end of an undo is due,
    `sending` when the first queue can be claimed.
    """

    is_leased: bool
    clock: datetime | None
    sending: datetime | None


_HERE: Final = ChannelQueue.workspace_id == bindparam("workspace_id")
LEFT: Final = select(
    exists().where(_HERE, ChannelQueue.leased_by.is_not(None)),
    select(func.min(Offer.next_at)).where(Offer.outcome == OfferOutcome.OPEN).scalar_subquery(),
    select(func.min(Handoff.undo_until)).scalar_subquery(),
    select(
        func.min(
            case(
                (ChannelQueue.leased_until > ChannelQueue.due_at, ChannelQueue.leased_until), else_=ChannelQueue.due_at
            )
        )
    )
    .where(_HERE, ChannelQueue.due_at.is_not(None))
    .scalar_subquery(),
)


class Errors(logging.Handler):
    """Keeps logged errors."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one."""
        self.records.append(record)


@dataclass
class World:
    """Slack, the bot and the clock, which only this class moves."""

    sales: Sales
    sandbox: Sandbox
    clock: ManualClock
    database: Database
    baton: Baton
    errors: Errors
    committed: threading.Event

    @property
    def workspace_id(self) -> int:
        """The id of the workspace in the database."""
        return self.baton.installations[0].id

    @property
    def delivery_namespace(self) -> str:
        """What the keys of the deliveries begin with."""
        return DELIVERY_NAMESPACE

    @property
    def now(self) -> datetime:
        """The current time."""
        return self.clock()

    def person(self, name: str) -> Somebody:
        """Return a person of the workspace."""
        return self.sandbox.person(name)

    def settle(self) -> None:
        """Move the clock, as little as possible, until everything stored has been sent to Slack."""
        while True:
            rest = self._at_rest()
            if rest.until is None:
                return
            self.clock.advance(max(rest.until - self.now, STRIDE))

    def runs_until(self, moment: datetime) -> None:
        """Move the clock to a moment; stop on the way at every time at which something is due."""
        while self.now < moment:
            self.settle()
            strikes = min(filter(None, (self._left().clock, moment)))
            if strikes > self.now:
                self.clock.advance(strikes - self.now)
        self.settle()

    def _at_rest(self) -> Rest:
        while True:
            self.committed.clear()
            rest = self._rest()
            if rest is not None:
                return rest
            assert self.committed.wait(PATIENCE), "the bot has come to a halt with things left to do"

    def _rest(self) -> Rest | None:
        """Return how long the bot is idle, or None while something is in progress or due."""
        now, left = self.now, self._left()
        is_due = any(moment is not None and moment <= now for moment in (left.clock, left.sending))
        return None if left.is_leased or is_due else Rest(left.sending)

    def _left(self) -> Left:
        """Ask what is left to do, in one statement: it is asked after each commit."""
        with self.database.snapshot() as session:
            leased, offer, undo, sending = session.execute(LEFT, {"workspace_id": self.workspace_id}).one()
        return Left(leased, min(filter(None, (offer, undo)), default=None), sending)

    def unforeseen(self) -> list[str]:
        """Return the logged errors, except calls that Slack refused and errors of the SDK itself."""
        return [
            f"{record.getMessage()} {record.exc_info[1]!r}" if record.exc_info else record.getMessage()
            for record in self.errors.records
            if not record.name.startswith("slack_sdk")
            and not (record.exc_info and isinstance(record.exc_info[1], SlackError))
        ]

    def introduce(self) -> None:
        """Let the bot look up all people and channels in Slack."""
        while self.baton.directories[0].look_up():
            continue
        with self.database.snapshot() as session:
            strangers = session.scalars(
                select(Person.name).where(or_(Person.slack_user_id.is_(None), Person.zone.is_(None)))
            ).all()
        assert not strangers, f"Slack's directory did not tell who these are: {strangers}"

    def all(self, record: type[Record]) -> list[Record]:
        """Return the rows of a record, by id."""
        with self.database.snapshot() as session:
            return list(session.scalars(select(record).order_by(record.__table__.c.id)))


@contextmanager
def open_world(sales: Sales, database_url: str) -> Iterator[World]:
    """Start Slack and the bot, with the playbook published and all people looked up; on PostgreSQL with two workers."""
    clock = ManualClock(MONDAY)
    with ExitStack() as stack:
        sandbox = stack.enter_context(Sandbox(MANIFEST, clock=clock, seed=(sales.workspace(),)))
        settings = Settings(
            database_url=database_url,
            bot_token=sandbox.bot_token(),
            app_token=sandbox.app_token(),
            slack_api_url=sandbox.api_url,
            port=0,
        )
        errors, committed = stack.enter_context(_watching())
        database = Database(database_url)
        stack.callback(database.dispose)
        baton = build(settings, database=database, now=clock, delivery_namespace=lambda: DELIVERY_NAMESPACE)
        with database.transaction() as session:
            publishing.publish(
                session, workspace_id=baton.installations[0].id, text=sales.playbook(), by="evidence", now=clock()
            )
        world = World(sales, sandbox, clock, database, baton, errors, committed)
        world.introduce()
        bots = [baton]
        if not database.is_sqlite:
            bots.append(build(settings, database=Database(database_url), now=clock))
        for bot in bots:
            clock.on_advance(bot.workers[0].wake)
            bot.start(listening=bot is baton)
            stack.callback(bot.stop)
        sandbox.wait_until_connected(connections=CONNECTIONS)
        yield world


@contextmanager
def _watching() -> Iterator[tuple[Errors, threading.Event]]:
    """Collect logged errors, and set an event on every commit."""
    errors, committed = Errors(), threading.Event()

    def after_commit(_: Session) -> None:
        committed.set()

    logging.getLogger().addHandler(errors)
    event.listen(Session, "after_commit", after_commit)
    try:
        yield errors, committed
    finally:
        event.remove(Session, "after_commit", after_commit)
        logging.getLogger().removeHandler(errors)

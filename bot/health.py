"""What is well and what is not, as one process can tell."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from functools import cache
from typing import Final

from alembic.runtime.migration import MigrationContext
from sqlalchemy import func, literal_column, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

import migrations
from bot.database import Database
from qualification.outbox import outbox
from qualification.records import ChannelQueue, Delivery, Offer, Workspace
from qualification.rules.handoffs.states import OfferOutcome

WELL: Final = "ok"
# The worker's longest pause is far shorter: whatever has been due for this long, no worker sees to it.
OVERDUE: Final = timedelta(seconds=60)
# Signatures fail at five minutes; the clocks of offers are felt earlier.
SLOWEST_CLOCK: Final = timedelta(seconds=30)
NO_CONNECTION: Final = "no Socket Mode connection is open"
STOPPED: Final = "stopped"
NOT_LOOKED_AT: Final = "not looked at"
# With less free space the database may soon refuse to write.
LEAST_BYTES: Final = 64 * 2**20


@dataclass(frozen=True, slots=True)
class Health:
    """The state of each part: "ok", or a sentence that says what is wrong."""

    database: str
    schema: str
    slack: str
    worker: str
    clocks: str = WELL

    @property
    def is_well(self) -> bool:
        """Whether every part is "ok"."""
        return all(getattr(self, part.name) == WELL for part in fields(self))

    def as_json(self) -> dict[str, object]:
        """Return the report as the health endpoint shows it."""
        return {"ok": self.is_well, **{part.name: getattr(self, part.name) for part in fields(self)}}


def examine(
    database: Database, *, workspace_id: int, connections: int | None, working: bool | None, now: datetime
) -> Health:
    """Examine each part for one installation.

    `connections` counts those of Socket Mode, None over HTTP; `working` says whether this process's worker runs, None
    for a process without one. A worker elsewhere is judged by what it leaves undone.
    """
    outage = database.outage()
    written = WELL if outage is None else f"can't be written: {outage}"
    try:
        with database.snapshot() as session:
            fault = schema_fault(session)
            if fault is not None:
                return Health(written, fault, NOT_LOOKED_AT, NOT_LOOKED_AT)
            return Health(
                database=_room(database) if outage is None else written,
                schema=WELL,
                slack=_slack(session, workspace_id, connections, now=now),
                worker=_worker(session, workspace_id, working=working, now=now),
            )
    except SQLAlchemyError as error:
        return without_database(f"does not answer ({type(error).__name__})", connections=connections, working=working)


def without_database(fault: str, *, connections: int | None, working: bool | None) -> Health:
    """Tell of the parts that can be looked at without a database, whose own fault is known."""
    slack = NO_CONNECTION if connections == 0 else NOT_LOOKED_AT
    return Health(fault, NOT_LOOKED_AT, slack, STOPPED if working is False else NOT_LOOKED_AT)


def clocks(database: Database, *, ahead_of_slack: timedelta | None, now: datetime) -> str:
    """Compare this machine's clock with Slack's and with that of the database, where it is on another machine."""
    found = [] if ahead_of_slack is None else [clock_fault("this machine's clock", ahead_of_slack, "Slack's")]
    if not database.is_sqlite:
        try:
            with database.snapshot() as session:
                theirs = session.scalar(select(func.clock_timestamp()))
        except SQLAlchemyError:
            theirs = None
        if theirs is not None:
            found.append(clock_fault("the database's clock", theirs - now, "this machine's"))
    return "; ".join(filter(None, found)) or WELL


def clock_fault(whose: str, ahead: timedelta, than: str) -> str | None:
    """Say how far a clock is ahead of another one, or behind; None where that is no more than SLOWEST_CLOCK."""
    if abs(ahead) <= SLOWEST_CLOCK:
        return None
    seconds = round(ahead.total_seconds())
    return f"{whose} is {abs(seconds)} s {'ahead of' if seconds > 0 else 'behind'} {than}"


def together(reports: Iterable[Health]) -> Health:
    """Combine the reports of several installations: of each part the first fault, "ok" where it has none."""
    found = list(reports)

    def state(part: str) -> str:
        return next((fault for each in found if (fault := getattr(each, part)) != WELL), WELL)

    return Health(**{part.name: state(part.name) for part in fields(Health)})


def _room(database: Database) -> str:
    left = database.bytes_left
    return WELL if left is None or left >= LEAST_BYTES else f"has {left // 2**20} MB of disk left"


def schema_fault(session: Session) -> str | None:
    """Return a sentence where the database's revision differs from the one that this program needs, else None."""
    revision = MigrationContext.configure(session.connection()).get_current_revision()
    needed = _head()
    if revision == needed:
        return None
    return f"is at revision {revision or 'none'}, but this program needs {needed}"


@cache
def _head() -> str:
    return migrations.head()


def _slack(session: Session, workspace_id: int, connections: int | None, *, now: datetime) -> str:
    workspace = session.get(Workspace, workspace_id)
    if workspace is None:
        return "the workspace is not known here"
    errors = outbox.slack_errors(session, workspace_id)
    if errors is not None:
        return f"refuses {'every call' if workspace.last_error else 'some'}: {errors}"
    if connections == 0:
        return NO_CONNECTION
    latest = now - OVERDUE
    refused_at = session.scalar(
        select(func.min(Delivery.refused_at)).where(
            Delivery.workspace_id == workspace_id, Delivery.state == literal_column("'pending'")
        )
    )
    answered_at = session.scalar(
        select(func.max(ChannelQueue.answered_at)).where(ChannelQueue.workspace_id == workspace_id)
    )
    if refused_at is not None and max(refused_at, answered_at or refused_at) < latest:
        return f"has accepted nothing for more than {OVERDUE.seconds} s"
    return WELL


def _worker(session: Session, workspace_id: int, *, working: bool | None, now: datetime) -> str:
    if working is False:
        return STOPPED
    latest = now - OVERDUE
    queues = session.scalar(
        select(func.count()).where(
            ChannelQueue.workspace_id == workspace_id, ChannelQueue.due_at.is_not(None), ChannelQueue.due_at < latest
        )
    )
    clocks = session.scalar(
        select(func.count()).where(
            Offer.workspace_id == workspace_id, Offer.outcome == OfferOutcome.OPEN, Offer.next_at < latest
        )
    )
    if queues or clocks:
        return f"overdue for more than {OVERDUE.seconds} s: message queues {queues}, offers {clocks}"
    return WELL

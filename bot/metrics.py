"""What Prometheus reads: what this process counted, and what the database says when it is asked.

prometheus.io/docs/instrumenting/exposition_formats
"""

import hmac
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from sqlalchemy import ColumnElement, and_, case, func, literal_column, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import InstrumentedAttribute, Session

from bot.database import Database
from qualification.outbox.statements import IS_DEAD_LETTER
from qualification.records import IS_OPEN, IS_OPEN_TASK, ChannelQueue, Delivery, Handoff, Offer, Summary, Task

# Slack gives up a press after three seconds.
ANSWER_BUCKETS: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0)
# Stands for whoever sends no valid key and no valid signature: strangers make no labels.
UNKNOWN: Final = "unknown"
KINDS: Final[Mapping[str, str]] = {
    "block_actions": "action",
    "view_submission": "submission",
    "event_callback": "event",
    "shortcut": "shortcut",
    "message_action": "shortcut",
}
PLACES: Final = ("channel", "direct", "home")
_PLACE: Final = case(
    (ChannelQueue.place.startswith("direct:"), literal_column("'direct'")),
    (ChannelQueue.place.startswith("home:"), literal_column("'home'")),
    else_=literal_column("'channel'"),
)
# What the worker does by time: the row's time, and which rows are still to be done (literals show partial indexes).
_CLOCKS: Final[Mapping[str, tuple[InstrumentedAttribute[Any], ColumnElement[bool]]]] = {
    "offer": (Offer.next_at, IS_OPEN),
    "snooze": (Handoff.resume_at, Handoff.resume_at.is_not(None)),
    "summary": (Summary.due_at, Summary.made_at.is_(None)),
    "task": (Task.due_at, and_(IS_OPEN_TASK, text("not task.overdue"))),
}


def is_authorised(authorization: str, token: str) -> bool:
    """Tell whether an Authorization header carries the token."""
    scheme, _, given = authorization.partition(" ")
    return scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), token.encode())


def kind_of(payload: Mapping[str, Any]) -> str:
    """Name the kind of what Slack sent: action, submission, command, event, shortcut or other."""
    return KINDS.get(str(payload.get("type")), "command" if "command" in payload else "other")


class Metrics:
    """One process's metrics, in a registry of its own."""

    def __init__(
        self,
        database: Database,
        workspace_ids: Sequence[int],
        *,
        now: Callable[[], datetime],
        ahead_of_slack: Callable[[datetime], timedelta | None],
    ) -> None:
        """Count nothing yet; the database is asked at each `text`, about these workspaces together."""
        self._registry = CollectorRegistry()
        self._answers = Histogram(
            "baton_answer_seconds",
            "From the arrival of what Slack sent to Baton's answer.",
            ("kind",),
            buckets=ANSWER_BUCKETS,
            registry=self._registry,
        )
        self._intake = Counter(
            "baton_intake_requests",
            "Requests to the intake API, by sender and HTTP status, or trapped in the honeypot of a form.",
            ("sender", "status"),
            registry=self._registry,
        )
        self._calls = Counter(
            "baton_slack_calls",
            "Calls of Slack's Web API, by method and answer: ok, or the error.",
            ("method", "answer"),
            registry=self._registry,
        )
        ProcessCollector(registry=self._registry)
        self._registry.register(_Stored(database, workspace_ids, now, ahead_of_slack))

    def answered(self, payload: Mapping[str, Any], seconds: float) -> None:
        """Count an answer to Slack."""
        self._answers.labels(kind_of(payload)).observe(seconds)

    def posted(self, sender: str | None, status: int | str) -> None:
        """Count an answer of the intake API; `sender` is None for a stranger."""
        self._intake.labels(sender or UNKNOWN, str(status)).inc()

    def called(self, method: str, answer: str) -> None:
        """Count a call of Slack's Web API."""
        self._calls.labels(method, answer).inc()

    def text(self) -> bytes:
        """Return everything in Prometheus's text format, version 0.0.4."""
        return generate_latest(_WithoutCreation(self._registry))


class _WithoutCreation(CollectorRegistry):
    """A registry without the moments at which its series began, which the text format shows as series of their own."""

    def __init__(self, registry: CollectorRegistry) -> None:
        super().__init__()
        self._inner = registry

    def collect(self) -> Iterator[Metric]:
        """Leave the moments out."""
        for family in self._inner.collect():
            family.samples = [sample for sample in family.samples if not sample.name.endswith("_created")]
            yield family


class _Stored(Collector):
    """What the database says, the same from every process."""

    def __init__(
        self,
        database: Database,
        workspace_ids: Sequence[int],
        now: Callable[[], datetime],
        ahead_of_slack: Callable[[datetime], timedelta | None],
    ) -> None:
        self._database = database
        self._workspace_ids = tuple(workspace_ids)
        self._now = now
        self._ahead_of_slack = ahead_of_slack

    def describe(self) -> Iterator[Metric]:
        """Name nothing beforehand, so that registering asks the database nothing."""
        return iter(())

    def collect(self) -> Iterator[Metric]:
        """Ask the database; where it does not answer, only that is told."""
        now = self._now()
        is_up, families = True, list[Metric]()
        try:
            is_up = self._database.outage() is None
            with self._database.snapshot() as session:
                families = list(stored(session, self._workspace_ids, now))
        except SQLAlchemyError:
            is_up = False
        yield GaugeMetricFamily("baton_database_up", "1 where the database can be read and written.", value=is_up)
        ahead = self._ahead_of_slack(now)
        if ahead is not None:
            what = "How far this machine's clock is ahead of Slack's."
            yield GaugeMetricFamily("baton_clock_ahead_of_slack_seconds", what, value=ahead.total_seconds())
        yield from families


def stored(session: Session, workspace_ids: Sequence[int], now: datetime) -> Iterator[Metric]:
    """Ask the database for what these workspaces have queued, late and undeliverable, by its indexes."""
    yield from _queues(session, workspace_ids, now)
    yield from _clocks(session, workspace_ids, now)
    yield _dead_letters(session, workspace_ids)


def _queues(session: Session, workspace_ids: Sequence[int], now: datetime) -> Iterator[Metric]:
    pending = (
        select(_PLACE, func.count(), func.min(func.coalesce(Delivery.refused_at, ChannelQueue.due_at)))
        .join(Delivery, Delivery.queue_id == ChannelQueue.id)
        .where(
            ChannelQueue.workspace_id.in_(workspace_ids),
            ChannelQueue.due_at.is_not(None),
            Delivery.state == literal_column("'pending'"),
        )
        .group_by(_PLACE)
    )
    found = {place: (count, oldest) for place, count, oldest in session.execute(pending)}
    depth = GaugeMetricFamily("baton_queued_messages", "Messages that Slack is still to show.", labels=["place"])
    overdue = GaugeMetricFamily(
        "baton_overdue_message_seconds",
        "For how long the worker could have sent the most overdue message, or Slack has refused it.",
        labels=["place"],
    )
    for place in PLACES:
        count, oldest = found.get(place, (0, None))
        depth.add_metric([place], count)
        overdue.add_metric([place], _seconds(oldest, now))
    yield from (depth, overdue)


def _clocks(session: Session, workspace_ids: Sequence[int], now: datetime) -> Iterator[Metric]:
    late = GaugeMetricFamily("baton_late_clocks", "What was due by now and isn't done.", labels=["kind"])
    latest = GaugeMetricFamily("baton_latest_clock_seconds", "How late the latest of them is.", labels=["kind"])
    for kind, (due_at, is_open) in _CLOCKS.items():
        of_ours = due_at.class_.workspace_id.in_(workspace_ids)
        count, oldest = session.execute(
            select(func.count(), func.min(due_at)).where(of_ours, is_open, due_at < now)
        ).one()
        late.add_metric([kind], count)
        latest.add_metric([kind], _seconds(oldest, now))
    yield from (late, latest)


def _dead_letters(session: Session, workspace_ids: Sequence[int]) -> Metric:
    count = session.scalar(select(func.count()).where(Delivery.workspace_id.in_(workspace_ids), IS_DEAD_LETTER))
    return GaugeMetricFamily("baton_dead_letters", "Messages that Slack rejects for good.", value=count or 0)


def _seconds(since: datetime | None, now: datetime) -> float:
    return max(0.0, (now - since).total_seconds()) if since is not None else 0.0

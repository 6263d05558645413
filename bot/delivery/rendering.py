"""From a delivery to its payload: its kind names the values to read and the template that renders them."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from sqlalchemy.orm import Session

import templates
from qualification.records import ChannelQueue, Delivery, Person
from qualification.reporting import summaries
from qualification.views import cards, home, receipts, reminders, thread

Facts: TypeAlias = Mapping[str, Any]


def draw(session: Session, delivery: Delivery, now: datetime) -> dict[str, object]:
    """Return the payload that Slack is to show for a delivery, rendered from the stored state as of `now`.

    Messages to one person are in that person's language. Raises KeyError for an unknown kind.
    """
    queue = session.get_one(ChannelQueue, delivery.queue_id)
    person = session.get_one(Person, queue.person_id) if queue.person_id is not None else None
    template, read = KINDS[delivery.kind]
    facts = read(session, delivery, queue.person_id, now)
    if delivery.kind == "thread_line":
        template = f"messages/thread/{facts['line'].event.kind.value}"
    if person is None:
        return templates.render(template, **facts)
    return templates.render(template, locale=person.locale, zone=person.zone, **facts)


def _lead_card(session: Session, delivery: Delivery, person_id: int | None, now: datetime) -> Facts:
    del now
    return {"card": cards.lead_card(session, delivery.workspace_id, delivery.subject, reader_id=person_id)}


def _thread_line(session: Session, delivery: Delivery, person_id: int | None, now: datetime) -> Facts:
    del person_id, now
    return {"line": thread.thread_line(session, delivery.workspace_id, delivery.subject)}


def _reminder(session: Session, delivery: Delivery, person_id: int | None, now: datetime) -> Facts:
    del person_id, now
    return {"reminder": reminders.reminder(session, delivery.workspace_id, delivery.subject)}


def _resumed(session: Session, delivery: Delivery, person_id: int | None, now: datetime) -> Facts:
    del now
    if delivery.handoff_id is None:
        raise LookupError
    return {"resumed": reminders.resumed(session, delivery.workspace_id, delivery.handoff_id, person_id)}


def _receipt(session: Session, delivery: Delivery, person_id: int | None, now: datetime) -> Facts:
    del now
    if person_id is None:
        message = "a receipt belongs to whoever announced the handoff"
        raise LookupError(message)
    return {"receipt": receipts.receipt(session, delivery.workspace_id, delivery.subject, reader_id=person_id)}


def _home(session: Session, delivery: Delivery, person_id: int | None, now: datetime) -> Facts:
    del person_id
    return {"home": home.home(session, delivery.workspace_id, delivery.subject, now)}


def _summary(session: Session, delivery: Delivery, person_id: int | None, now: datetime) -> Facts:
    """Read a summary; whether it is late depends on the moment at which it was posted."""
    del person_id
    shown_at = now if delivery.ts is None else datetime.fromtimestamp(float(delivery.ts), UTC)
    return {"summary": summaries.daily_summary(session, delivery.workspace_id, delivery.subject, shown_at)}


KINDS: Final[Mapping[str, tuple[str, Callable[[Session, Delivery, int | None, datetime], Facts]]]] = MappingProxyType(
    {
        "lead_card": ("messages/lead_card", _lead_card),
        "direct_card": ("messages/direct_card", _lead_card),
        "thread_line": ("messages/thread", _thread_line),
        "reminder": ("messages/reminder", _reminder),
        "summary": ("messages/summary", _summary),
        "summary_details": ("messages/summary_details", _summary),
        "resumed": ("messages/resumed", _resumed),
        "receipt": ("messages/receipt", _receipt),
        "home": ("home/home", _home),
    }
)

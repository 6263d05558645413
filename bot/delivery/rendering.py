"""From a delivery to its payload: its kind names the values to read and the template that renders them."""

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from itertools import chain
from types import MappingProxyType
from typing import Any, Final, TypeAlias, cast

from sqlalchemy.orm import Session

import templates
from qualification.outbox.surfaces import THREAD_LINE
from qualification.records import ChannelQueue, Delivery, Person, rows
from qualification.reporting import summaries
from qualification.views import cards, home, receipts, reminders, thread

Facts: TypeAlias = Mapping[str, Any]
Payload: TypeAlias = Mapping[str, Any]
Renderer: TypeAlias = Callable[[Session, Delivery, datetime], Payload]


def fingerprint_of(payload: Payload) -> str:
    """Return the SHA-256 of a payload: the same for one that shows the same."""
    canonical = json.dumps(payload, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def draw(session: Session, delivery: Delivery, now: datetime) -> dict[str, object]:
    """Return the payload that Slack is to show for a delivery, rendered from the stored state as of `now`.

    Messages to one person are in that person's language. Raises KeyError for an unknown kind.
    """
    queue = rows.get_one(session, ChannelQueue, delivery.queue_id, delivery.workspace_id)
    person = rows.get(session, Person, queue.person_id, queue.workspace_id)
    if delivery.kind == THREAD_LINE:
        return _thread_lines(session, delivery)
    template, read = KINDS[delivery.kind]
    facts = read(session, delivery, queue.person_id, now)
    if person is None:
        return templates.render(template, **facts)
    return templates.render(template, locale=person.locale, zone=person.zone, **facts)


def _lead_card(session: Session, delivery: Delivery, person_id: int | None, now: datetime) -> Facts:
    del now
    return {"card": cards.lead_card(session, delivery.workspace_id, delivery.subject, reader_id=person_id)}


def _thread_lines(session: Session, delivery: Delivery) -> dict[str, object]:
    """Draw the lines of one message in a thread, each by the template of its event, one below the other."""
    lines = [
        templates.render(f"messages/thread/{line.event.kind.value}", line=line)
        for line in thread.thread_lines(session, delivery.workspace_id, delivery.subject, delivery.id)
    ]
    return {
        **lines[0],
        "text": "\n".join(str(line["text"]) for line in lines),
        "blocks": list(chain.from_iterable(cast("list[object]", line["blocks"]) for line in lines)),
    }


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
        "reminder": ("messages/reminder", _reminder),
        "summary": ("messages/summary", _summary),
        "summary_details": ("messages/summary_details", _summary),
        "resumed": ("messages/resumed", _resumed),
        "receipt": ("messages/receipt", _receipt),
        "home": ("home/home", _home),
    }
)

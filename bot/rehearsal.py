"""What a process does before it takes traffic, so that its first press is answered as quickly as its tenth.

Templates are loaded, the playbook and the words of its languages are read, a connection is opened, and what people see
most is read and drawn once. Nothing is changed, and Slack is not called.
"""

import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

import templates
from bot.app import Baton
from bot.delivery import rendering
from bot.outages import log_level
from bot.slack.installations import Installation
from qualification.handoffs import decisions
from qualification.handoffs.context import HandoffCommand
from qualification.playbook import playbooks
from qualification.records import Delivery
from qualification.rules.refusals import Refusal

log = logging.getLogger(__name__)

# No handoff, person or channel has this id.
NOBODY: Final = "U0"
NOTHING: Final = 0


def rehearse(bot: Baton, now: Callable[[], datetime]) -> None:
    """Do it all for each workspace; whatever fails is in the log, and only makes the first press slower."""
    _try(templates.load)
    for installation in bot.installations:
        _try(partial(_read, bot, installation, now()))
        _try(partial(_press, bot, installation, now()))
        _try(partial(bot.dispatch, _event(installation), {}))


def _try(step: Callable[[], object]) -> None:
    try:
        step()
    except Exception as error:
        sentence = "Something could not be prepared before the start."
        log.log(log_level(error), sentence, exc_info=error, extra={"action": "rehearse"})


def _read(bot: Baton, installation: Installation, now: datetime) -> None:
    """Read the playbook, and draw the newest message of each kind."""
    with bot.database.snapshot() as session:
        playbooks.current_or_none(session, installation.id)
        for delivery in _newest(session, installation.id):
            # What cannot be drawn is a fault of that message, which the worker records.
            with suppress(Exception):
                rendering.draw(session, delivery, now)


def _newest(session: Session, workspace_id: int) -> list[Delivery]:
    """Return the newest delivery of each kind among the last thousand."""
    ours = Delivery.workspace_id == workspace_id
    last = select(Delivery.id).where(ours).order_by(Delivery.id.desc()).limit(1000)
    newest = select(func.max(Delivery.id)).where(ours, Delivery.id.in_(last)).group_by(Delivery.kind)
    return list(session.scalars(select(Delivery).where(ours, Delivery.id.in_(newest)).order_by(Delivery.id)))


def _press(bot: Baton, installation: Installation, now: datetime) -> None:
    """Press Accept on a handoff that does not exist: it is refused, and the transaction rolled back."""
    command = HandoffCommand(workspace_id=installation.id, by=NOBODY, handoff_id=NOTHING, now=now)
    with suppress(Refusal), bot.database.transaction() as session:
        decisions.accept(session, command)


def _event(installation: Installation) -> dict[str, Any]:
    """Return an event that means nothing to anybody: somebody else joined a channel."""
    return {
        "type": "event_callback",
        "team_id": installation.slack_team_id,
        "api_app_id": installation.app_id,
        "event_id": "rehearsal",
        "event": {"type": "member_joined_channel", "user": NOBODY, "channel": "C0"},
    }

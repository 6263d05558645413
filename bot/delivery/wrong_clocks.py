"""Times that a clock which was ahead has left behind: no pause is as long as they are, so they are over."""

import logging
from datetime import datetime
from typing import Any, Final

from sqlalchemy import BindParameter, ColumnElement, bindparam, exists, null, or_, update

from bot.slack.rate_limits import GREATEST_PAUSE
from qualification.outbox.unit_of_work import UnitOfWork
from qualification.records import ChannelQueue, Delivery, RateLimit

log = logging.getLogger(__name__)

_latest: BindParameter[datetime] = bindparam("latest")
_now: BindParameter[datetime] = bindparam("now")


def mend(session: UnitOfWork, workspace_id: int, now: datetime, *, limit: int) -> int:
    """Free what waits for a moment that no pause reaches; return 0, for nothing more of it is ever left.

    A clock that was an hour ahead, and is right again, would else hold back every message for an hour.
    """
    del limit
    asked = given(workspace_id, now)
    mended = sum(session.connection().execute(statement, asked).rowcount for statement in _STATEMENTS)
    if mended:
        log.warning(
            "The clock was ahead: times that it left behind are mended.",
            extra={"workspace": workspace_id, "action": "mend", "count": mended},
        )
    return 0


def given(workspace_id: int, now: datetime) -> dict[str, object]:
    """Return what the statements below are given."""
    return {"workspace": workspace_id, "latest": now + GREATEST_PAUSE, "now": now}


# What a moment beyond any pause is found by, and what it becomes. In the order in which all code locks.
_MENDING: Final[tuple[tuple[Any, dict[str, Any], ColumnElement[bool]], ...]] = (
    (Delivery, {"duplicate_check_at": _now}, Delivery.duplicate_check_at > _latest),
    (ChannelQueue, {"due_at": _now}, ChannelQueue.due_at > _latest),
    (ChannelQueue, {"posts_free_at": _now}, ChannelQueue.posts_free_at > _latest),
    (ChannelQueue, {"leased_by": null(), "leased_until": null()}, ChannelQueue.leased_until > _latest),
    (RateLimit, {"free_at": _now}, RateLimit.free_at > _latest),
)
_workspace_id: BindParameter[int] = bindparam("workspace")
# Built once: building a statement takes longer than running it.
_STATEMENTS: Final = tuple(
    update(record.__table__).where(record.workspace_id == _workspace_id, beyond).values(changes)
    for record, changes, beyond in _MENDING
)
MAY_BE_DUE: Final = or_(
    *(exists().where(record.workspace_id == _workspace_id, beyond) for record, _, beyond in _MENDING)
)

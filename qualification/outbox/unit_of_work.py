"""One transaction's session, and what Slack must be told because of it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session


@dataclass(slots=True)
class PendingMessages:
    """What one transaction has queued or made stale so far; `outbox.flush` writes it down just before the commit.

    `handoffs` and `workspaces` hold ids of which every message is stale, `tabs` the deliveries of stale Home tabs,
    `queues` the places that have something new to send. `due_at` is the earliest moment given, None while there is
    nothing.
    """

    due_at: datetime | None = None
    handoffs: set[int] = field(default_factory=set)
    workspaces: set[int] = field(default_factory=set)
    tabs: set[int] = field(default_factory=set)
    queues: set[int] = field(default_factory=set)


class UnitOfWork(Session):
    """The session of one transaction, as `Database.transaction` yields it: the rows it writes, and their messages."""

    def __init__(self, *arguments: Any, **options: Any) -> None:  # noqa: ANN401 - the session's own
        """Begin with nothing pending."""
        super().__init__(*arguments, **options)
        self.outbox = PendingMessages()

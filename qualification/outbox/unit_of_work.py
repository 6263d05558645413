"""One transaction's session, and what Slack must be told because of it."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import Select, event
from sqlalchemy.orm import ORMExecuteState, Session

from qualification.rules.leads.suppression import PersonalKey


@dataclass(frozen=True, slots=True)
class Pressed:
    """A message in which somebody pressed: where it is, and the capability to replace it, which is never logged."""

    workspace_id: int
    channel: str
    ts: str
    response_url: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Lease:
    """A message that is to be shown anew, kept from everybody else until then; not `is_ours` where somebody has it."""

    delivery_id: int
    until: datetime
    is_ours: bool


@dataclass(slots=True)
class PendingMessages:
    """What one transaction has queued or made stale so far; `outbox.flush` writes it down just before the commit.

    All of it is of one workspace. `handoffs` holds ids of which every message is stale, `tabs` the deliveries of stale
    Home tabs, `actors` the people who did it, `queues` the places that have something new to send; `is_all_stale` says
    that everything is. `due_at` is the earliest moment given, None while there is nothing.
    """

    workspace_id: int | None = None
    due_at: datetime | None = None
    is_all_stale: bool = False
    handoffs: set[int] = field(default_factory=set)
    tabs: set[int] = field(default_factory=set)
    actors: set[int] = field(default_factory=set)
    queues: set[int] = field(default_factory=set)


class UnitOfWork(Session):
    """The session of one transaction, as `Database.transaction` yields it: the rows it writes, and their messages.

    A row that was read stays known until the end, so that `get` reads it once. What is read with a lock is known as it
    is then: it may have changed while the transaction waited for it.

    `pressed` is the message that the transaction comes from; where it became stale, `lease` keeps it after the commit
    from everybody else for a while.

    `personal_key` is BATON_KEY, by which those are known who must not come back; None where none is set.
    `has_erased` says that a person was erased: what the database's log still holds of them is to go as well.
    """

    def __init__(self, *arguments: Any, personal_key: PersonalKey | None = None, **options: Any) -> None:  # noqa: ANN401 - the session's own
        """Begin with nothing read and nothing pending."""
        super().__init__(*arguments, **options)
        self.personal_key = personal_key
        self.has_erased = False
        self.outbox = PendingMessages()
        self.pressed: Pressed | None = None
        self.lease: Lease | None = None
        self.known: list[object] = []


@event.listens_for(UnitOfWork, "loaded_as_persistent")
@event.listens_for(UnitOfWork, "pending_to_persistent")
def _know(session: UnitOfWork, record: object) -> None:
    """Hold what a session by itself refers to only weakly."""
    session.known.append(record)


# How callers of use cases get one: `with transaction() as session`, committed when the block ends.
Transactions: TypeAlias = Callable[[], AbstractContextManager[UnitOfWork]]


@event.listens_for(UnitOfWork, "do_orm_execute")
def _read_anew(state: ORMExecuteState) -> None:
    """Have a statement that locks rows overwrite what was known of them."""
    if isinstance(state.statement, Select) and state.statement._for_update_arg is not None:  # noqa: SLF001 - it has no other name
        state.update_execution_options(populate_existing=True)

"""The work that becomes due by time, and the one question that a worker asks to find out which of it there is."""

from collections.abc import Collection, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final, Protocol

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from bot.delivery import wrong_clocks
from bot.http import permits
from bot.slack import once
from qualification.handoffs import due, retention
from qualification.outbox.unit_of_work import UnitOfWork
from qualification.people import audit
from qualification.reporting import summaries
from qualification.scoring import rescoring


class DueWork(Protocol):
    """Work that becomes due by time."""

    def __call__(self, session: UnitOfWork, workspace_id: int, now: datetime, *, limit: int) -> int:
        """Do what is due at `now`, at most `limit` of each kind, and return how much was done."""


# The work that becomes due by time, and how much of it one transaction does: some 20 ms, so that others can write.
DUE_WORK: Final[Mapping[DueWork, int]] = MappingProxyType(
    {
        wrong_clocks.mend: 1,
        due.run_due: 20,
        summaries.run_due: 1,
        rescoring.run_due: 100,
        once.forget_old: 500,
        permits.forget_old: 500,
        audit.forget_old: 500,
        retention.run_due: 100,
    }
)

# True wherever there is work of the kind; it may be true where there is none.
_MAY_BE_DUE: Final[Mapping[DueWork, ColumnElement[bool]]] = MappingProxyType(
    {
        wrong_clocks.mend: wrong_clocks.MAY_BE_DUE,
        due.run_due: due.MAY_BE_DUE,
        summaries.run_due: summaries.MAY_BE_DUE,
        rescoring.run_due: rescoring.MAY_BE_DUE,
        once.forget_old: once.MAY_BE_DUE,
        permits.forget_old: permits.MAY_BE_DUE,
        audit.forget_old: audit.MAY_BE_DUE,
        retention.run_due: retention.MAY_BE_DUE,
    }
)
# Built once: building a statement takes longer than running it.
_QUESTION: Final = select(*_MAY_BE_DUE.values())


def may_be_due(
    session: Session, workspace_id: int, now: datetime, works: Collection[DueWork] = DUE_WORK
) -> list[DueWork]:
    """Return those of `works` of which something may be due at `now`, in their order: one statement asks it of all.

    Work that has no question here may always be due.
    """
    if not any(work in _MAY_BE_DUE for work in works):
        return [*works]
    given = {
        **wrong_clocks.given(workspace_id, now),
        **summaries.given(workspace_id, now),
        **once.given(workspace_id, now),
        **permits.given(workspace_id, now),
        **audit.given(workspace_id, now),
        **retention.given(workspace_id, now),
    }
    answers = dict(zip(_MAY_BE_DUE, session.execute(_QUESTION, given).one(), strict=True))
    return [work for work in works if answers.get(work, True)]

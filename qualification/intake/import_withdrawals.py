"""An import undone: its leads go and what it replaced comes back, except where somebody has worked since."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, bindparam, delete, func, select
from sqlalchemy.orm import Session

from qualification.intake import import_obstacles, import_restorations
from qualification.leads import erasing
from qualification.leads.owned_rows import OWNED, owned_rows
from qualification.outbox.unit_of_work import UnitOfWork
from qualification.people import audit
from qualification.people.audit import Actor
from qualification.records import Base, Handoff, ImportedRow, ImportRun, Lead, Suppression, rows
from qualification.rules.leads.suppression import SuppressionReason
from qualification.rules.people.audited import AuditAction

# Leads of one transaction.
PAGE: Final = 200


@dataclass(slots=True)
class Withdrawal:
    """What undoing an import did, or would do.

    `withdrawn` counts the leads that go, `restored` known leads that get back what stood there. `kept` says of each
    lead that stays, by its id, why; `changed_since` counts values of known leads that somebody has changed since.
    """

    withdrawn: int = 0
    restored: int = 0
    changed_since: int = 0
    kept: dict[int, str] = field(default_factory=dict)

    def add(self, other: "Withdrawal") -> None:
        """Add what another page did."""
        self.withdrawn += other.withdrawn
        self.restored += other.restored
        self.changed_since += other.changed_since
        self.kept |= other.kept


@dataclass(frozen=True, slots=True)
class RunSummary:
    """An import as the list shows it: `new` and `known` count the leads that it made and changed."""

    id: int
    file: str
    sender: str
    began_at: datetime
    ended_at: datetime | None
    withdrawn_at: datetime | None
    rows: int
    rejected: int
    is_traced: bool
    new: int
    known: int


def listed(session: Session, workspace_id: int) -> list[RunSummary]:
    """Return the imports, the latest first."""
    counts: dict[int, Counter[bool]] = {}
    found = session.execute(_COUNTS, {"workspace_id": workspace_id})
    for run_id, is_new, count in found:
        counts.setdefault(run_id, Counter())[is_new] = count
    return [
        RunSummary(
            id=run.id,
            file=run.file,
            sender=run.sender,
            began_at=run.began_at,
            ended_at=run.ended_at,
            withdrawn_at=run.withdrawn_at,
            rows=run.rows_done,
            rejected=run.rejected_rows,
            is_traced=run.is_traced,
            new=counts.get(run.id, Counter())[True],
            known=counts.get(run.id, Counter())[False],
        )
        for run in session.scalars(_RUNS, {"workspace_id": workspace_id})
    ]


def pages(session: Session, workspace_id: int, run_id: int, after: int = 0) -> Iterator[tuple[int, int]]:
    """Yield the bounds of each page of what the import did, by ids of its rows: after the first, up to the second."""
    while True:
        parameters = {"workspace_id": workspace_id, "run_id": run_id, "after": after, "page": PAGE}
        ids = session.scalars(_PAGE_IDS, parameters).all()
        if not ids:
            return
        yield after, ids[-1]
        after = ids[-1]


def withdraw_page(
    session: UnitOfWork, run: ImportRun, *, after: int, until: int, now: datetime, dry: bool = False
) -> Withdrawal:
    """Withdraw what the import did to the leads of a page; a `dry` one only says so.

    A lead that it made goes with all that came with it, unless anything else is known of it by now. A known lead gets
    back what stood in each column that still holds what the import wrote, and loses what the import added.
    """
    parameters = {"workspace_id": run.workspace_id, "run_id": run.id, "after": after, "until": until}
    did = {row.lead_id: row for row in session.scalars(_PAGE_ROWS, parameters)}
    if not dry:
        _lock(session, run.workspace_id, {*did, *import_obstacles.owners_before(did.values())})
    leads = {lead.id: lead for lead in session.scalars(_LEADS, _of(run, did))}
    done = Withdrawal(kept=import_obstacles.worked_on(session, run, did, leads))
    if not dry:
        for lead_id in did.keys() & leads.keys() - done.kept.keys():
            import_restorations.give_back(session, did[lead_id], now=now)
    going = [lead_id for lead_id, row in did.items() if row.is_new and lead_id not in done.kept]
    done.withdrawn = len(going)
    for lead_id, row in did.items():
        if row.is_new or lead_id in done.kept or lead_id not in leads:
            continue
        done.restored += 1
        done.changed_since += import_restorations.restore(session, run, leads[lead_id], row, now=now, dry=dry)
    if not dry:
        _remove(session, run.workspace_id, [leads[lead_id] for lead_id in going], now=now)
    return done


def end(session: UnitOfWork, run: ImportRun, done: Withdrawal, *, by: Actor, now: datetime) -> None:
    """Note that the import doesn't count any more, so that the same file may come in anew.

    The leads that stay aren't its own from now on: if the file comes in anew, they are known.
    """
    session.connection().execute(_GO_ROWS, {"workspace_id": run.workspace_id, "run_id": run.id})
    run.withdrawn_at = now
    run.ended_at = None
    run.rows_done = run.rejected_rows = run.report_bytes = 0
    facts = {"withdrawn": done.withdrawn, "restored": done.restored, "kept": len(done.kept)}
    audit.record(session, run.workspace_id, AuditAction.IMPORT_WITHDRAWN, by=by, now=now, import_run=run.id, **facts)


def _remove(session: UnitOfWork, workspace_id: int, leads: Sequence[Lead], *, now: datetime) -> None:
    """Delete the leads with every row of theirs, and companies at which nobody is left."""
    if not leads:
        return
    ids = [lead.id for lead in leads]
    companies = {lead.company_id for lead in leads if lead.company_id is not None}
    owned = owned_rows(session, workspace_id, ids)
    for handoff in session.scalars(_HANDOFFS, {"workspace_id": workspace_id, "ids": owned[Handoff.__tablename__]}):
        import_restorations.refresh_owner(session, handoff, now=now)
    session.flush()
    connection = session.connection()
    connection.execute(_GO_FORMER, {"workspace_id": workspace_id, "ids": ids})
    for name, (table, _) in reversed([*OWNED.items()]):
        if owned[name]:
            some = table.c.id.in_(bindparam("ids", owned[name], expanding=True))
            connection.execute(delete(table).where(table.c.workspace_id == workspace_id, some))
    session.expunge_all()
    session.known.clear()
    if companies:
        erasing.drop_companies(session, workspace_id, companies)


def _lock(session: Session, workspace_id: int, lead_ids: Collection[int]) -> None:
    """Lock the handoffs and the leads of a page, in the order of all locks."""
    parameters = {"workspace_id": workspace_id, "ids": [*lead_ids]}
    session.scalars(_LOCKED_HANDOFFS, parameters).all()
    session.scalars(_LOCKED_LEADS, parameters).all()


def _of(run: ImportRun, lead_ids: Collection[int]) -> dict[str, Any]:
    return {"workspace_id": run.workspace_id, "ids": [*lead_ids]}


def _in(record: type[Base], column: Any, name: str = "ids") -> tuple[ColumnElement[bool], ...]:  # noqa: ANN401 - a column
    return rows.in_workspace(record), column.in_(bindparam(name, expanding=True))


# Built once: building a statement takes longer than running it.
_RUNS: Final = select(ImportRun).where(rows.in_workspace(ImportRun)).order_by(ImportRun.id.desc())
_COUNTS: Final = (
    select(ImportedRow.import_run_id, ImportedRow.is_new, func.count())
    .where(rows.in_workspace(ImportedRow))
    .group_by(ImportedRow.import_run_id, ImportedRow.is_new)
)
_OF_RUN: Final = (
    rows.in_workspace(ImportedRow),
    ImportedRow.import_run_id == bindparam("run_id"),
    ImportedRow.id > bindparam("after"),
)
_PAGE_IDS: Final = select(ImportedRow.id).where(*_OF_RUN).order_by(ImportedRow.id).limit(bindparam("page"))
_PAGE_ROWS: Final = select(ImportedRow).where(*_OF_RUN, ImportedRow.id <= bindparam("until")).order_by(ImportedRow.id)
_LEADS: Final = select(Lead).where(*_in(Lead, Lead.id)).order_by(Lead.id)
_LOCKED_LEADS: Final = _LEADS.with_for_update()
_LOCKED_HANDOFFS: Final = select(Handoff).where(*_in(Handoff, Handoff.lead_id)).order_by(Handoff.id).with_for_update()
_HANDOFFS: Final = select(Handoff).where(*_in(Handoff, Handoff.id)).order_by(Handoff.id)
_GO_FORMER: Final = delete(Suppression).where(
    Suppression.workspace_id == bindparam("workspace_id"),
    Suppression.lead_id.in_(bindparam("ids", expanding=True)),
    Suppression.reason == SuppressionReason.FORMER,
)
_GO_ROWS: Final = delete(ImportedRow).where(
    ImportedRow.workspace_id == bindparam("workspace_id"), ImportedRow.import_run_id == bindparam("run_id")
)

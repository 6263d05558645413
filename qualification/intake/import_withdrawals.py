"""An import undone: its leads go and what it replaced comes back, except where somebody has worked since."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Table, bindparam, delete, func, select
from sqlalchemy.orm import Session

from qualification.intake import import_obstacles
from qualification.leads import contacts, erasing
from qualification.leads.owned_rows import OWNED, owned_rows
from qualification.outbox import outbox, surfaces
from qualification.outbox.unit_of_work import UnitOfWork
from qualification.people import audit
from qualification.people.audit import Actor
from qualification.records import (
    Activity,
    Base,
    ExternalId,
    Handoff,
    ImportedRow,
    ImportRun,
    Lead,
    LeadEmail,
    LeadEvent,
    LeadPhone,
    Person,
    Suppression,
    rows,
)
from qualification.rules.handoffs.states import LIVE_STATES
from qualification.rules.leads.lifecycle import Lifecycle
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
        _lock(session, run.workspace_id, did)
    leads = {lead.id: lead for lead in session.scalars(_LEADS, _of(run, did))}
    done = Withdrawal(kept=import_obstacles.worked_on(session, run, did, leads))
    going = [lead_id for lead_id, row in did.items() if row.is_new and lead_id not in done.kept]
    done.withdrawn = len(going)
    for lead_id, row in did.items():
        if row.is_new or lead_id in done.kept or lead_id not in leads:
            continue
        done.restored += 1
        done.changed_since += _restore(session, run, leads[lead_id], row, now=now, dry=dry)
    if not dry:
        _remove(session, run.workspace_id, [leads[lead_id] for lead_id in going], now=now)
    return done


def end(session: UnitOfWork, run: ImportRun, done: Withdrawal, *, by: Actor, now: datetime) -> None:
    """Note that the import doesn't count any more, so that the same file may come in anew."""
    run.withdrawn_at = now
    run.ended_at = None
    run.rows_done = run.rejected_rows = run.report_bytes = 0
    facts = {"withdrawn": done.withdrawn, "restored": done.restored, "kept": len(done.kept)}
    audit.record(session, run.workspace_id, AuditAction.IMPORT_WITHDRAWN, by=by, now=now, import_run=run.id, **facts)


def _restore(session: UnitOfWork, run: ImportRun, lead: Lead, row: ImportedRow, *, now: datetime, dry: bool) -> int:
    """Put back what stood in the lead before; return how many values somebody has changed since."""
    did = row.replaced or {}
    columns = did.get("columns", {})
    back = {name: old for name, (old, written) in columns.items() if getattr(lead, name) == written}
    if "email_key" in back and not _is_free(session, lead, back["email_key"]):
        back = {name: old for name, old in back.items() if name not in {"email", "email_key"}}
    fields, stay = _fields_before(lead.fields or {}, did.get("fields", {}))
    stay += len(columns) - len(back)
    if dry:
        return stay
    for name, value in back.items():
        setattr(lead, name, Lifecycle(value) if name == "lifecycle" else value)
    lead.fields = fields
    # Without these activities the score is another; it is added up anew.
    lead.scored_by_id = None
    session.flush()
    ours = {"workspace_id": lead.workspace_id, "lead_id": lead.id, "sender": run.sender}
    session.connection().execute(_GO_ACTIVITIES, ours | {"first": row.first_at, "last": row.last_at})
    session.connection().execute(_GO_IDS, ours | {"ids": did.get("ids", [])})
    since = ours | {"first": row.first_at, "last": row.last_at, "shown": lead.email_key or ""}
    session.connection().execute(_GO_ADDRESSES, since)
    session.connection().execute(_GO_NUMBERS, since)
    contacts.name_phones(session, lead)
    stay += _remove_deals(session, run, did.get("deals", ()), now=now)
    for handoff_id in session.scalars(_LIVE_OF, ours):
        outbox.mark_stale(session, lead.workspace_id, handoff_id, now)
    session.delete(row)
    return stay


def _fields_before(fields: Mapping[str, Any], did: Mapping[str, Any]) -> tuple[dict[str, Any], int]:
    """Return the other fields as they were, and how many of them somebody has changed since."""
    before = dict(fields)
    stay = 0
    for name, (old, written) in did.items():
        if fields.get(name) != written:
            stay += 1
        elif old is None:
            before.pop(name, None)
        else:
            before[name] = old
    return before, stay


def _is_free(session: Session, lead: Lead, email_key: str | None) -> bool:
    """Say whether nobody else has the address by now."""
    if email_key is None:
        return True
    has = session.scalars(_HAS_ADDRESS, {"workspace_id": lead.workspace_id, "email_key": email_key}).all()
    return {*has} <= {lead.id}


def _remove_deals(session: UnitOfWork, run: ImportRun, keys: Sequence[str], *, now: datetime) -> int:
    """Remove the deals that the import recorded, but for those on which somebody has worked; return how many stay."""
    stay = 0
    wanted = {"workspace_id": run.workspace_id, "sender": run.sender, "keys": [*keys]}
    for handoff in session.scalars(_DEALS, wanted) if keys else ():
        of_handoff = {"workspace_id": run.workspace_id, "handoff_id": handoff.id}
        events = session.execute(_EVENTS_OF_HANDOFF, of_handoff).all()
        others = [table for table in _TABLES_OF_HANDOFFS if session.scalar(_any_of(table), of_handoff)]
        if others or any(facts.get("sender") != run.sender for _, facts in events):
            stay += 1
            continue
        _refresh_owner(session, handoff, now=now)
        session.connection().execute(
            _GO_EVENTS, {"workspace_id": run.workspace_id, "ids": [each for each, _ in events]}
        )
        session.delete(handoff)
        session.flush()
    return stay


def _any_of(table: Table) -> Any:  # noqa: ANN401 - a statement
    mine: list[ColumnElement[bool]] = [
        table.c.workspace_id == bindparam("workspace_id"),
        table.c.handoff_id == bindparam("handoff_id"),
    ]
    return select(table.c.id).where(*mine).limit(1)


def _remove(session: UnitOfWork, workspace_id: int, leads: Sequence[Lead], *, now: datetime) -> None:
    """Delete the leads with every row of theirs, and companies at which nobody is left."""
    if not leads:
        return
    ids = [lead.id for lead in leads]
    companies = {lead.company_id for lead in leads if lead.company_id is not None}
    owned = owned_rows(session, workspace_id, ids)
    for handoff in session.scalars(_HANDOFFS, {"workspace_id": workspace_id, "ids": owned[Handoff.__tablename__]}):
        _refresh_owner(session, handoff, now=now)
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


def _refresh_owner(session: UnitOfWork, handoff: Handoff, *, now: datetime) -> None:
    owner = rows.get(session, Person, handoff.owner_id, handoff.workspace_id)
    if owner is not None and handoff.state in LIVE_STATES:
        surfaces.refresh_home(session, owner, now=now)


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
_TABLES_OF_HANDOFFS: Final = tuple(
    table for name, (table, _) in OWNED.items() if "handoff_id" in table.c and name != LeadEvent.__tablename__
)
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
_DEALS: Final = select(Handoff).where(*_in(Handoff, Handoff.external_id, "keys"), Handoff.sender == bindparam("sender"))
_EVENTS_OF_HANDOFF: Final = select(LeadEvent.id, LeadEvent.facts).where(
    rows.in_workspace(LeadEvent), LeadEvent.handoff_id == bindparam("handoff_id")
)
_LIVE_OF: Final = select(Handoff.id).where(
    rows.in_workspace(Handoff), Handoff.lead_id == bindparam("lead_id"), Handoff.state.in_(LIVE_STATES)
)
_HAS_ADDRESS: Final = select(Lead.id).where(
    Lead.workspace_id == bindparam("workspace_id"), Lead.email_key == bindparam("email_key")
)
_GO_ACTIVITIES: Final = delete(Activity).where(
    Activity.workspace_id == bindparam("workspace_id"),
    Activity.lead_id == bindparam("lead_id"),
    Activity.sender == bindparam("sender"),
    Activity.received_at >= bindparam("first"),
    Activity.received_at <= bindparam("last"),
)
_GO_ADDRESSES: Final = delete(LeadEmail).where(
    LeadEmail.workspace_id == bindparam("workspace_id"),
    LeadEmail.lead_id == bindparam("lead_id"),
    LeadEmail.created_at >= bindparam("first"),
    LeadEmail.created_at <= bindparam("last"),
    LeadEmail.email_key != bindparam("shown"),
)
_GO_NUMBERS: Final = delete(LeadPhone).where(
    LeadPhone.workspace_id == bindparam("workspace_id"),
    LeadPhone.lead_id == bindparam("lead_id"),
    LeadPhone.created_at >= bindparam("first"),
    LeadPhone.created_at <= bindparam("last"),
)
_GO_IDS: Final = delete(ExternalId).where(
    ExternalId.workspace_id == bindparam("workspace_id"),
    ExternalId.sender == bindparam("sender"),
    ExternalId.lead_id == bindparam("lead_id"),
    ExternalId.external_id.in_(bindparam("ids", expanding=True)),
)
_GO_EVENTS: Final = delete(LeadEvent).where(
    LeadEvent.workspace_id == bindparam("workspace_id"), LeadEvent.id.in_(bindparam("ids", expanding=True))
)
_GO_FORMER: Final = delete(Suppression).where(
    Suppression.workspace_id == bindparam("workspace_id"),
    Suppression.lead_id.in_(bindparam("ids", expanding=True)),
    Suppression.reason == SuppressionReason.FORMER,
)

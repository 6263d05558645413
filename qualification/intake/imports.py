"""A file's rows, imported slice by slice: leads with activities and earlier deals, and how far the file has come."""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from qualification.intake import historical_deals, import_traces, ingest
from qualification.intake.historical_deals import HistoricalDeal
from qualification.intake.import_traces import LeadChanges
from qualification.intake.roster import Roster
from qualification.leads.resolution import ResolvedLead
from qualification.outbox.unit_of_work import UnitOfWork
from qualification.playbook import playbooks
from qualification.records import ImportRun
from qualification.records.base import insert_once
from qualification.rules.intake import row_checks
from qualification.rules.intake.row_checks import goes_on, lead_data_of
from qualification.rules.intake.row_errors import RowError
from qualification.rules.leads.lead_data import LeadData
from qualification.rules.leads.lead_input import HandoffInput, ImportRow, LeadInput

HAS_IT_ALREADY: Final = RowError("handoff", "sales already has this lead, so the deal was left out; the lead was taken")


@dataclass(frozen=True, slots=True)
class Imported:
    """How many rows of a slice had new and known leads, how many activities and deals were new.

    `rejected` holds the errors of each row, by its index, that was not imported or not completely; `lost` counts the
    fields of leads that were imported without them, by field and reason. `resolved` holds the lead of each row that has
    one, by its index, `changes` what stood in known leads before, `fitted` the rows as far as they could be imported.
    """

    new_leads: int
    known_leads: int
    activities: int
    handoffs: int
    rejected: dict[int, tuple[RowError, ...]]
    lost: Counter[tuple[str, str]]
    resolved: dict[int, ResolvedLead] = field(default_factory=dict)
    changes: LeadChanges = field(default_factory=LeadChanges)
    fitted: list[ImportRow] = field(default_factory=list)


def begin(session: Session, workspace_id: int, digest: str, *, file: str, sender: str, now: datetime) -> ImportRun:
    """Return how far this file has come, locked until the commit; a new run where it is new.

    `digest` identifies the file, its map and its options.
    """
    insert_once(
        session,
        ImportRun,
        workspace_id=workspace_id,
        digest=digest,
        file=file,
        sender=sender,
        began_at=now,
        rows_done=0,
        rejected_rows=0,
        report_bytes=0,
        is_traced=True,
    )
    return session.scalars(
        select(ImportRun)
        .where(ImportRun.workspace_id == workspace_id, ImportRun.digest == digest)
        .with_for_update(key_share=True)
    ).one()


def roster_of(session: Session, workspace_id: int, known: Roster | None = None) -> Roster:
    """Return the people that a file may name by the newest playbook: `known`, unless that is of an older one."""
    published = playbooks.current(session, workspace_id)
    return known if known and known.published.id == published.id else Roster(session, workspace_id, published)


def fitted_row(roster: Roster, row: ImportRow, now: datetime) -> tuple[ImportRow, tuple[RowError, ...]]:
    """Return the row as far as it can be imported, and what is wrong with the rest, without the stored leads."""
    owner_errors = roster.owner_errors(row.handoff) if row.handoff else ()
    return row_checks.fitted_row(roster.published.playbook, row, now, owner_errors)


def import_rows(
    session: UnitOfWork,
    roster: Roster,
    sender: str,
    rows: Sequence[ImportRow],
    *,
    announcing: bool,
    now: datetime,
    run: ImportRun | None = None,
) -> Imported:
    """Import a slice of rows. Slack shows nothing of it, unless `announcing`; of a `run` it is kept what it did."""
    with import_traces.watched(session) as changes:
        known = import_traces.known_ids(session, roster.workspace_id, sender, [row.lead.id for row in rows])
        imported, added = _import_rows(session, roster, sender, rows, announcing=announcing, now=now)
        session.flush()
    imported = replace(imported, changes=changes)
    if run is not None and run.is_traced:
        traced = [
            (each, row.lead.id if row.lead.id not in known else None)
            for index, each in imported.resolved.items()
            for row in (rows[index],)
        ]
        import_traces.keep(session, run, traced, changes, added=added, now=now)
    return imported


def _import_rows(
    session: UnitOfWork, roster: Roster, sender: str, rows: Sequence[ImportRow], *, announcing: bool, now: datetime
) -> tuple[Imported, dict[str, dict[int, list[str]]]]:
    """Import the rows; return what came of them, and the keys of their new deals and activities by lead."""
    rejected: dict[int, tuple[RowError, ...]] = {}
    data: dict[int, LeadData] = {}
    rows = [*rows]
    for index, row in enumerate(rows):
        rows[index], errors = fitted_row(roster, row, now)
        if errors:
            rejected[index] = errors
        data[index] = _lead_data(sender, roster, rows[index], now)
    rejected |= ingest.erased_rows(session, roster.workspace_id, data)
    dated = {index: rows[index].as_of(now) for index in data}
    found = ingest.resolve_leads(session, roster.workspace_id, [*data.values()], announcing=announcing, now=now)
    resolved = dict(zip(data, found, strict=True))
    deals = _new_deals(session, roster, sender, resolved, rows=rows, dated=dated)
    for index, deal in deals.items():
        if deal is None:
            rejected[index] = (*rejected.get(index, ()), HAS_IT_ALREADY)
    new_deals = [deal for deal in deals.values() if deal is not None]
    historical_deals.record(session, roster, sender, new_deals, announcing=announcing, now=now)
    done = [
        (each.lead, ingest.activity_data(sender, activity, each.lead.created_at if each.is_new else now))
        for index, each in resolved.items()
        for activity in dated[index].activities
    ]
    published = roster.published
    activities = ingest.store_activities(session, done, found, published=published, announcing=announcing, now=now)
    ingest.record_updates(session, found, announcing=announcing, now=now)
    new = sum(each.is_new for each in found)
    lost = Counter((f"lead.{loss.field}", loss.reason) for row in rows for loss in row.lead.losses)
    lost.update((loss.field, loss.reason) for each in found for loss in each.losses)
    added: dict[str, dict[int, list[str]]] = {"deals": {}, "activities": {}}
    for deal in new_deals:
        added["deals"].setdefault(deal.lead.id, []).append(deal.key)
    for lead, activity in activities:
        added["activities"].setdefault(lead.id, []).append(activity.external_id)
    counts = (new, len(found) - new, len(activities), len(new_deals))
    return Imported(*counts, rejected, lost, resolved, fitted=rows), added


def _new_deals(
    session: Session,
    roster: Roster,
    sender: str,
    resolved: Mapping[int, ResolvedLead],
    *,
    rows: Sequence[ImportRow],
    dated: Mapping[int, ImportRow],
) -> dict[int, HistoricalDeal | None]:
    """Return the deals that aren't recorded yet, by the index of their row; None where sales has the lead already."""
    deals = {index: row.handoff for index, row in dated.items() if row.handoff is not None}
    # The key is made of the row as written, which is the same whenever it is imported.
    keys = {index: _deal_key(row.lead, row.handoff) for index in deals if (row := rows[index]).handoff is not None}
    recorded = historical_deals.recorded(session, roster.workspace_id, sender, [*keys.values()])
    with_sales = historical_deals.with_sales(session, [resolved[index].lead for index in deals])
    new: dict[int, HistoricalDeal | None] = {}
    for index, deal in deals.items():
        if keys[index] in recorded:
            continue
        recorded.add(keys[index])
        lead, is_open = resolved[index].lead, goes_on(deal, roster.published.playbook)
        if is_open and lead.id in with_sales:
            new[index] = None
            continue
        new[index] = HistoricalDeal(lead, deal, roster.owner(session, deal), keys[index])
        with_sales |= {lead.id} if is_open else set()
    return new


def _lead_data(sender: str, roster: Roster, row: ImportRow, now: datetime) -> LeadData:
    """Return the row's lead, known since its earliest moment."""
    dated = row.as_of(now)
    moments = [activity.at for activity in dated.activities if activity.at]
    moments += [dated.handoff.first_at] if dated.handoff and dated.handoff.first_at else []
    known_since = min(moments, default=None)
    return lead_data_of(sender, row.lead, roster.published.playbook, known_since=known_since)


def _deal_key(lead: LeadInput, deal: HandoffInput) -> str:
    """Return the deal's id: the sender's own, else a hash of its lead and its first moment."""
    if deal.id:
        return deal.id
    began = deal.first_at.isoformat() if deal.first_at else ""
    whole = json.dumps([lead.identity, began])
    return hashlib.sha256(whole.encode(errors="backslashreplace")).hexdigest()

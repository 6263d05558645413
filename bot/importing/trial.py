"""What rows of a file would become: imported in a transaction that is rolled back, and told in plain values."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeAlias

from bot.importing.tables import Row
from qualification.intake import imports
from qualification.intake.imports import Imported
from qualification.intake.roster import Roster
from qualification.leads.resolution import ResolvedLead
from qualification.outbox.unit_of_work import UnitOfWork
from qualification.records import Company, rows
from qualification.rules.intake.row_errors import ERASED, RowError
from qualification.rules.leads.lead_input import ImportRow
from qualification.scoring import evaluation

Read: TypeAlias = ImportRow | tuple[RowError, ...] | None

# So many lines of erased people are named.
_MOST_LINES: Final = 20
# What holds somebody who isn't ready for sales anyway.
_DO_NOT_CONTACT: Final = "Do not contact"


@dataclass(frozen=True, slots=True)
class TriedLead:
    """A lead as it would be after its row: `shown` are its values by name.

    `held_by` is the filter that would hold it, `moved` its lifecycle before and after, None before for a new one.
    """

    is_new: bool
    is_merged: bool
    is_with_sales: bool
    held_by: str | None
    moved: tuple[str | None, str]
    activities: int
    has_deal: bool
    shown: Mapping[str, str]
    lost: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class TriedRow:
    """A row that was tried: its lead, or why there is none; `is_left_out` by the map."""

    row: Row
    errors: tuple[RowError, ...]
    lead: TriedLead | None
    is_left_out: bool = False

    @property
    def is_erased(self) -> bool:
        """Whether the row is about somebody who was erased."""
        return any(error.reason == ERASED for error in self.errors)


@dataclass(slots=True)
class TriedTally:
    """What the rows would do to leads, beside what every import counts."""

    merged: int = 0
    with_sales: int = 0
    held: Counter[str] = field(default_factory=Counter)
    moved: Counter[tuple[str | None, str]] = field(default_factory=Counter)
    erased: int = 0
    erased_lines: list[int] = field(default_factory=list)

    def count(self, row: TriedRow) -> None:
        """Count a row."""
        if row.is_erased:
            self.erased += 1
            if len(self.erased_lines) < _MOST_LINES:
                self.erased_lines.append(row.row.line)
        if row.lead is None:
            return
        self.merged += row.lead.is_merged
        self.with_sales += row.lead.is_with_sales
        if row.lead.held_by:
            self.held[row.lead.held_by] += 1
        if row.lead.moved[0] != row.lead.moved[1]:
            self.moved[row.lead.moved] += 1


def try_rows(
    session: UnitOfWork,
    roster: Roster,
    sender: str,
    together: Sequence[tuple[Row, Read]],
    *,
    announcing: bool,
    now: datetime,
    seen: set[int],
) -> list[TriedRow]:
    """Import a slice, and return what came of each row; the caller rolls the transaction back.

    `seen` holds hashes of the people of earlier slices, and gets those of this one.
    """
    places = [index for index, (_, read) in enumerate(together) if isinstance(read, ImportRow)]
    given = [read for _, read in together if isinstance(read, ImportRow)]
    imported = imports.import_rows(session, roster, sender, given, announcing=announcing, now=now)
    leads = _leads(session, roster, imported, seen)
    by_place = {place: index for index, place in enumerate(places)}
    tried = []
    for place, (row, read) in enumerate(together):
        index = by_place.get(place)
        if index is None:
            tried.append(TriedRow(row, read if isinstance(read, tuple) else (), None, is_left_out=read is None))
        else:
            tried.append(TriedRow(row, imported.rejected.get(index, ()), leads.get(index)))
    return tried


def _leads(session: UnitOfWork, roster: Roster, imported: Imported, seen: set[int]) -> dict[int, TriedLead]:
    distinct = {each.lead.id: each.lead for each in imported.resolved.values()}
    evaluated = evaluation.evaluate(session, [*distinct.values()], roster.published.playbook) if distinct else {}
    made: set[int] = set()
    tried = {}
    for index, each in imported.resolved.items():
        lead, row = each.lead, imported.fitted[index]
        key = hash(row.lead.identity)
        is_new = each.is_new and key not in seen and lead.id not in made
        is_first = lead.id not in made
        made.add(lead.id)
        seen.add(key)
        gate = evaluated[lead.id].gate if lead.id in evaluated else None
        held_by = gate.name if gate is not None else (_DO_NOT_CONTACT if lead.do_not_contact else None)
        before = imported.changes.before.get(lead.id, {}).get("lifecycle", lead.lifecycle)
        tried[index] = TriedLead(
            is_new=is_new,
            is_merged=each.is_merged and is_first,
            is_with_sales=each.live is not None and is_first,
            held_by=held_by if is_first else None,
            moved=(None if each.is_new else str(before), str(lead.lifecycle)) if is_first else ("", ""),
            activities=len(row.activities),
            has_deal=row.handoff is not None,
            shown=_shown(session, each),
            lost=tuple((f"lead.{loss.field}", loss.reason) for loss in row.lead.losses),
        )
    return tried


def _shown(session: UnitOfWork, resolved: ResolvedLead) -> dict[str, str]:
    """Return what the lead would be, by the names that people read, without what is empty."""
    lead = resolved.lead
    company = rows.get(session, Company, lead.company_id, lead.workspace_id)
    value = f"{lead.value_minor / 100:,.2f} {lead.currency}" if lead.value_minor is not None else None
    values: dict[str, Any] = {
        "name": lead.name,
        "company": company.name if company else None,
        "e-mail": lead.email,
        "phone": lead.phone,
        "title": lead.title,
        "country": lead.country or (company.country if company else None),
        "employees": lead.size if lead.size is not None else (company.size if company else None),
        "value": value,
        "source": lead.source,
        "campaign": lead.campaign,
        "message": lead.problem,
        "stage": str(lead.lifecycle),
        "do not contact": "yes" if lead.do_not_contact else None,
        **{name: text for name, text in (lead.fields or {}).items() if text not in (None, "", [], {})},
    }
    return {name: str(each) for name, each in values.items() if each not in (None, "")}

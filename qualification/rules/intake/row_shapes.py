"""Rows of an export that are no records: totals, footers and remarks; and ids that a spreadsheet has mangled."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from qualification.rules.intake.row_errors import RowError
from qualification.rules.leads.lead_input import ImportRow

NO_RECORD: Final = RowError("", "isn't a record: an id alone, in a row that fills few of the columns that others fill")
MANGLED: Final = "was shortened by a spreadsheet (like 6.68E+16), so that different people have the same"

# 6,68611E+16: a spreadsheet writes long numbers so, with a comma where the language has one.
_SCIENTIFIC: Final = re.compile(r"\s*[+-]?\d(?:[.,]\d{1,15})?[Ee]\+?\d{1,3}\s*")
# A spreadsheet keeps so many digits of a number; the others become 0.
_KEPT_DIGITS: Final = 15
_WHO: Final = ("email", "name", "company", "website", "phone")
# Most rows have at least as many cells as the row at this place of ten, from the emptiest on.
_USUAL: Final = 0.9


@dataclass(frozen=True, slots=True)
class FileShape:
    """What records of a file look like: how many cells they fill, 0 if unknown, and the forms of their ids."""

    usual_cells: int = 0
    id_forms: frozenset[tuple[bool, bool]] = frozenset()
    has_ids_alone: bool = False

    def is_remark(self, cells: Mapping[str, object], row: ImportRow) -> bool:
        """Say whether a row is a total, a footer or a remark: an id alone that doesn't look like the other ids.

        Where most records of a file are an id alone, one that looks like them is a record.
        """
        if not is_alone(row) or _filled(cells) * 2 >= self.usual_cells:
            return False
        return not (self.has_ids_alone and _form(row.lead.id or "") in self.id_forms)


def shape_of(rows: Iterable[tuple[Mapping[str, object], ImportRow]]) -> FileShape:
    """Return the shape of a file by some of its rows."""
    whole: list[tuple[int, str | None]] = []
    alone: list[str] = []
    for cells, row in rows:
        if is_alone(row):
            alone.append(row.lead.id or "")
        else:
            whole.append((_filled(cells), row.lead.id))
    if not whole:
        return FileShape()
    counts = sorted(count for count, _ in whole)
    forms = frozenset(_form(each) for _, each in whole if each)
    like = sum(_form(each) in forms for each in alone)
    return FileShape(counts[int(len(counts) * _USUAL)], forms, like > len(whole))


def is_alone(row: ImportRow) -> bool:
    """Say whether an id is all that a row says of anybody: no name, address, company, deal or activity."""
    said = {field for field in _WHO if getattr(row.lead, field)} | {loss.field for loss in row.lead.losses}
    return row.handoff is None and not row.activities and not row.left_out and said.isdisjoint(_WHO)


def is_mangled(external_id: object) -> bool:
    """Say whether a spreadsheet has shortened this id, so that many others are now alike."""
    return isinstance(external_id, str) and _SCIENTIFIC.fullmatch(external_id) is not None


def why_unusable(ids: Sequence[tuple[str, str]]) -> str | None:
    """Say why these ids, each with the address beside it, can't tell people apart; None if they can.

    They stand with several people, as the id of a company does, or all of their digits beyond the 15th are 0.
    """
    addresses: dict[str, set[str]] = defaultdict(set)
    for external_id, address in ids:
        if external_id.strip() and address.strip():
            addresses[external_id.strip()].add(address.strip().casefold())
    if any(len(each) > 1 for each in addresses.values()):
        return "the same id stands with several people"
    long = [each for each in addresses if each.isdecimal() and len(each) > _KEPT_DIGITS]
    if len(long) > 1 and len(long) == len(addresses) and all(not each[_KEPT_DIGITS:].strip("0") for each in long):
        return "a spreadsheet has rounded the ids"
    return None


def _filled(cells: Mapping[str, object]) -> int:
    return sum(
        cell is not None and bool(str(cell).strip())
        for name, cell in cells.items()
        if not name.startswith("_") and not isinstance(cell, dict)
    )


def _form(external_id: str) -> tuple[bool, bool]:
    """Return whether an id has digits, and whether it has blanks."""
    return any(char.isdigit() for char in external_id), any(char.isspace() for char in external_id.strip())

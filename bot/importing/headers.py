"""Where the header of a table stands: not always in its first row, for exports write titles above it."""

from collections.abc import Sequence
from typing import Final

from qualification.rules.values import contact_consents, field_names

# Further down than this no header is looked for.
MOST_ROWS_ABOVE: Final = 30
# A header that is looked for has at least this many names, and this share of the cells that most rows have.
_FEWEST_NAMES: Final = 2
_MOST_OF_THE_CELLS: Final = 0.6


def header_at(records: Sequence[Sequence[str]]) -> int | None:
    """Return the index of the header among the first records of a table; None if all of them are empty.

    That is the first record with cells, unless it is a title: one cell, or far fewer than the others have, none of
    them a name that is known. Then it is the first with names that are known, else the first as wide as most.
    """
    filled = {index: sum(bool(cell.strip()) for cell in record) for index, record in enumerate(records)}
    present = [index for index, count in filled.items() if count]
    if not present:
        return None
    first = present[0]
    widths = sorted(filled[index] for index in present)
    usual = widths[len(widths) // 2]
    is_title = usual >= _FEWEST_NAMES and (filled[first] < _FEWEST_NAMES or filled[first] < usual * _MOST_OF_THE_CELLS)
    if not is_title or names_in(records[first]):
        return first
    below = [index for index in present[1 : MOST_ROWS_ABOVE + 1] if filled[index] >= _FEWEST_NAMES]
    known = next((index for index in below if names_in(records[index])), None)
    wide = next((index for index in below if filled[index] >= usual * _MOST_OF_THE_CELLS), None)
    return known if known is not None else (wide if wide is not None else first)


def names_in(record: Sequence[str]) -> int:
    """Return how many cells of a record are names that columns are known by."""
    return sum(
        field_names.meaning(cell) is not None or contact_consents.kind_of(cell) is not None
        for cell in record
        if cell.strip()
    )

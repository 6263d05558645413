"""Workbooks of Excel and LibreOffice: .xlsx, .xlsm, .xlsb, .xls and .ods, read sheet by sheet.

A sheet is held in memory as a whole: about 1 KB for a row of ten cells. Larger ones are better saved as CSV.
"""

import datetime as dt
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError, SheetTypeEnum

from bot.importing.headers import MOST_ROWS_ABOVE, header_at, names_in
from bot.importing.tables import NoTable, Row, Table, named

Cell: TypeAlias = object

ZIP: Final = b"PK\x03\x04"
OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# An archive may unpack to far more than the machine has.
_MOST_UNPACKED: Final = 2 << 30
_WHOLE_UP_TO: Final = 2.0**63
# The name of the part of an old Office file that holds its encrypted content, as its directory spells it.
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
_DIRECTORY: Final = 1 << 20


@dataclass
class Workbook(Table):
    """A sheet of a workbook as a table; a row's line is its number in the sheet."""

    sheet: str = ""
    others: tuple[str, ...] = ()
    _cells: Sequence[Sequence[str]] = field(default=(), repr=False)
    _first_line: int = 1

    @property
    def layout(self) -> str:
        """Which sheet is read, and which others there are."""
        others = f" (not read: {', '.join(f'“{each}”' for each in self.others)})" if self.others else ""
        return f"workbook, sheet “{self.sheet}”{others}"

    def rows(self) -> Iterator[Row]:
        """Yield every row below the header that isn't empty."""
        columns = self.columns or ()
        for index, record in enumerate(self._cells):
            self.at = self.size * (index + 1) // max(1, len(self._cells))
            if not any(cell.strip() for cell in record):
                continue
            line, beyond = self._first_line + index, tuple(record[len(columns) :])
            cells = dict.fromkeys(columns, "") | dict(zip(columns, record, strict=False))
            if any(cell.strip() for cell in beyond):
                yield Row(line, cells, f"has {len(record)} cells under {len(columns)} columns", beyond)
            else:
                yield Row(line, cells)
        self.at = self.size


def is_workbook(head: bytes) -> bool:
    """Say whether a file that begins so is a workbook, or another file in one of the containers of workbooks."""
    return head.startswith((ZIP, OLE, ZIP[:2] + b"\x05\x06"))


def examine(path: Path, *, sheet: str | None = None) -> Workbook:
    """Return a sheet of the workbook as a table: the one that is named, else the first that has a header.

    Dates are written as in ISO 8601, whole numbers without a decimal sign, formulas as their last values, and each cell
    of a merged range with the value of the range. Raises NoTable.
    """
    try:
        book = _opened(path)
        sheets = [each.name for each in book.sheets_metadata if each.typ is SheetTypeEnum.WorkSheet]
        if sheet is not None:
            sheets = [_named_sheet(sheets, sheet)]
        found = [(name, _cells(book.get_sheet_by_name(name))) for name in sheets]
    except PasswordError as error:
        raise NoTable("it is a workbook with a password; remove the password in Excel, and save it") from error
    except CalamineError as error:
        raise NoTable("it isn't a workbook that can be read; open it in Excel, and save it as .xlsx or CSV") from error
    filled = [(name, first, cells) for name, (first, cells) in found if any(any(row) for row in cells)]
    if not filled:
        raise NoTable("its sheets are empty" if sheet is None else f"sheet “{sheet}” is empty")
    name, first, cells = max(filled, key=lambda each: _names(each[2]))
    at = header_at(cells[: MOST_ROWS_ABOVE * 2]) or 0
    width = max((index for index, cell in enumerate(cells[at], start=1) if cell.strip()), default=0)
    return Workbook(
        path,
        "workbook",
        "",
        path.stat().st_size,
        named(cells[at][:width]),
        sheet=name,
        others=tuple(other for other, *_ in filled if other != name),
        _cells=cells[at + 1 :],
        _first_line=first + at + 2,
    )


def _opened(path: Path) -> CalamineWorkbook:
    with path.open("rb") as file:
        head = file.read(_DIRECTORY)
    if head.startswith(OLE) and _ENCRYPTED in head:
        raise PasswordError
    if head.startswith(ZIP):
        try:
            with zipfile.ZipFile(path) as archive:
                parts = archive.infolist()
        except zipfile.BadZipFile as error:
            raise NoTable("it is a damaged archive") from error
        if sum(part.file_size for part in parts) > _MOST_UNPACKED:
            raise NoTable("it unpacks to more than 2 GB; save the sheet as CSV")
        names = {part.filename.casefold() for part in parts}
        if not any(name in names for name in ("xl/workbook.xml", "xl/workbook.bin", "content.xml")):
            raise NoTable("it is an archive without a workbook; unpack it, and import the file in it")
    try:
        return CalamineWorkbook.from_path(path)
    except PasswordError:
        raise
    except (CalamineError, OSError, ValueError) as error:
        raise NoTable(
            "it looks like a workbook but can't be read as one; open it in Excel, and save it as .xlsx or CSV"
        ) from error


def _named_sheet(sheets: Sequence[str], wanted: str) -> str:
    found = next((name for name in sheets if name.strip().casefold() == wanted.strip().casefold()), None)
    if found is None:
        raise NoTable(f"it has no sheet “{wanted}”; it has {', '.join(f'“{each}”' for each in sheets)}")
    return found


def _cells(sheet: CalamineSheet) -> tuple[int, list[list[str]]]:
    """Return the sheet's cells as text from its first filled row on, and how many rows stand above."""
    start = sheet.start
    if start is None:
        return 0, []
    cells = [[_written(cell) for cell in row] for row in sheet.to_python(skip_empty_area=True)]
    top, left = start
    for (first_row, first_column), (last_row, last_column) in sheet.merged_cell_ranges or ():
        rows = range(max(0, first_row - top), min(len(cells), last_row - top + 1))
        if not rows or first_row == last_row:
            continue
        for row in rows:
            for column in range(max(0, first_column - left), min(len(cells[row]), last_column - left + 1)):
                cells[row][column] = cells[rows[0]][max(0, first_column - left)]
    return top, cells


def _written(cell: Cell) -> str:
    """Write a cell as a CSV of the sheet would, in the forms that are read without doubt."""
    match cell:
        case bool():
            return str(cell).lower()
        case float() if cell.is_integer() and abs(cell) < _WHOLE_UP_TO:
            return str(int(cell))
        case dt.datetime() if cell.time() == dt.time():
            return cell.date().isoformat()
        case dt.datetime():
            return cell.isoformat(sep=" ", timespec="seconds")
        case dt.date() | dt.time():
            return cell.isoformat()
    return str(cell)


def _names(cells: Sequence[Sequence[str]]) -> int:
    at = header_at(cells[: MOST_ROWS_ABOVE * 2])
    return 0 if at is None else names_in(cells[at])

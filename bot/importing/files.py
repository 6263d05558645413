"""Files of rows: CSV with any delimiter, TSV or JSON lines in any encoding, workbooks, and tables of a web page."""

import csv
import io
from pathlib import Path
from typing import Final

from bot.importing import html_tables, workbooks
from bot.importing.encodings import encoding_of
from bot.importing.headers import MOST_ROWS_ABOVE, header_at
from bot.importing.tables import NoTable, Row, Table, named

__all__ = ["DELIMITERS", "NoTable", "Row", "Table", "examine"]

DELIMITERS: Final = (",", ";", "\t", "|")
# How much of a file, in characters and in records, shows its delimiter and its header.
_SAMPLE: Final = 200_000
_SAMPLE_RECORDS: Final = 50
# A longer cell comes from a quotation mark that was never closed.
_LONGEST_CELL: Final = 100_000
_HEAD: Final = 16
# How files begin that people take for tables.
_NO_TABLES: Final = {
    b"%PDF": "it is a PDF; export the table as CSV or .xlsx instead",
    b"\x1f\x8b": "it is compressed (gzip); unpack it first",
    b"7z\xbc\xaf": "it is compressed (7-Zip); unpack it first",
    b"Rar!": "it is compressed (RAR); unpack it first",
    b"{\\rtf": "it is a text document; save its table as CSV",
    b"\x89PNG": "it is a picture",
    b"\xff\xd8\xff": "it is a picture",
    b"BEGIN:VCARD": "it is an address book (vCard); export it as CSV",
}


def examine(
    path: Path, *, encoding: str | None = None, delimiter: str | None = None, sheet: str | None = None
) -> Table:
    """Return the file's table, with the encoding and delimiter that weren't given found out.

    The encoding is that of the byte order mark, else UTF-8 if the whole file is valid UTF-8, else the likeliest one by
    its letters. The delimiter is the one that splits most of the first records into the same number of cells. Of a
    workbook it is the sheet that is named, else the one whose header has most known names. Raises NoTable, and OSError
    if the file cannot be read.
    """
    csv.field_size_limit(_LONGEST_CELL)
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if workbooks.is_workbook(head):
        return workbooks.examine(path, sheet=sheet)
    if sheet is not None:
        raise NoTable("it has no sheets; leave out --sheet")
    for begins, why in _NO_TABLES.items():
        if head.startswith(begins):
            raise NoTable(why)
    return _of_text(path, encoding or encoding_of(path), delimiter)


def _of_text(path: Path, encoding: str, delimiter: str | None) -> Table:
    size = path.stat().st_size
    try:
        with path.open(encoding=encoding, newline="") as text:
            sample = text.read(_SAMPLE)
    except (UnicodeError, LookupError) as error:
        message = f"it can't be read as {encoding}"
        raise NoTable(message) from error
    first_sign = sample.lstrip("\ufeff \t\r\n")[:1]
    if not first_sign:
        raise NoTable("it is empty")
    if delimiter is None and first_sign == "[":
        raise NoTable("it is one JSON list; write each of its objects on a line of its own (jq -c '.[]')")
    if delimiter is None and first_sign == "{":
        return Table(path, encoding, None, size)
    if delimiter is None and html_tables.is_page(sample):
        return html_tables.examine(path, encoding)
    if delimiter is None and html_tables.is_spreadsheet_xml(sample):
        raise NoTable(
            "it is a spreadsheet in XML, as Excel 2003 wrote it; open it in Excel, and save it as .xlsx or CSV"
        )
    first = sample.lstrip("\ufeff").splitlines()[0]
    declared = first.removeprefix("sep=") if first.startswith("sep=") else None
    delimiter = delimiter or (declared if declared and len(declared) == 1 else None) or _delimiter(sample)
    line, columns = _header(path, encoding, delimiter, after=0 if declared is None else 1)
    return Table(path, encoding, delimiter, size, columns, _header_line=line)


def _header(path: Path, encoding: str, delimiter: str, *, after: int) -> tuple[int, tuple[str, ...]]:
    """Return the line on which the header begins, and its cells; it is looked for after the first `after` lines."""
    records: list[list[str]] = []
    lines: list[int] = []
    before = 0
    with path.open(encoding=encoding, newline="") as file:
        reader = csv.reader(file, delimiter=delimiter)
        try:
            for record in reader:
                if before >= after and any(cell.strip(" \ufeff") for cell in record):
                    records.append([cell.lstrip("\ufeff") for cell in record])
                    lines.append(before + 1)
                before = reader.line_num
                if len(records) > 2 * MOST_ROWS_ABOVE:
                    break
        except UnicodeError as error:
            message = f"it isn't all {encoding}; use --encoding"
            raise NoTable(message) from error
        except csv.Error:
            pass
    at = header_at(records)
    if at is None:
        raise NoTable("its first line can't be split into cells; use --delimiter")
    return lines[at], named(records[at])


def _delimiter(sample: str) -> str:
    def score(delimiter: str) -> tuple[int, int]:
        widths = [len(record) for record in _records_of(sample, delimiter) if record][:_SAMPLE_RECORDS]
        alike = max((widths.count(width), width) for width in set(widths)) if widths else (0, 0)
        return (alike[0], alike[1]) if alike[1] > 1 else (0, 0)

    return max(DELIMITERS, key=score)


def _records_of(sample: str, delimiter: str) -> list[list[str]]:
    records = []
    reader = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
    try:
        for record in reader:
            records.append(record)
            if len(records) > _SAMPLE_RECORDS:
                break
    except csv.Error:
        return []
    return records

"""Tables of a web page, which several CRMs give for download under the name of an Excel file."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Final

from bot.importing.headers import MOST_ROWS_ABOVE, header_at
from bot.importing.tables import NoTable, Row, Table, named

_BEGINS: Final = ("<html", "<!doctype html", "<table", "<head", "<meta", "<body", "<div", "<style", "<!--")
_SPREADSHEET_XML: Final = "urn:schemas-microsoft-com:office:spreadsheet"
_MOST_COLUMNS: Final = 1000


@dataclass
class HtmlTable(Table):
    """The largest table of a page; a row's line is its number in the table."""

    _cells: list[list[str]] = field(default_factory=list, repr=False)
    _first_line: int = 1

    @property
    def layout(self) -> str:
        """How the file is written, in a few words."""
        return f"the table of a web page, {self.encoding}"

    def rows(self) -> Iterator[Row]:
        """Yield every row below the header that isn't empty."""
        columns = self.columns or ()
        for index, record in enumerate(self._cells):
            if any(cell.strip() for cell in record):
                cells = dict.fromkeys(columns, "") | dict(zip(columns, record, strict=False))
                yield Row(self._first_line + index, cells)
        self.at = self.size


def is_page(sample: str) -> bool:
    """Say whether a text that begins so is a web page."""
    return sample.lstrip("\ufeff \t\r\n").casefold().startswith(_BEGINS)


def is_spreadsheet_xml(sample: str) -> bool:
    """Say whether it is the XML that Excel wrote before 2007."""
    return sample.lstrip("\ufeff \t\r\n").startswith("<?xml") and _SPREADSHEET_XML in sample


def examine(path: Path, encoding: str) -> HtmlTable:
    """Return the largest table of the page, which is held in memory. Raises NoTable."""
    reader = _Reader()
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        while part := file.read(1 << 16):
            reader.feed(part)
    reader.close()
    cells = max(reader.tables, key=len, default=[])
    at = header_at(cells[: MOST_ROWS_ABOVE * 2])
    if at is None:
        raise NoTable("it is a web page without a table")
    return HtmlTable(
        path, encoding, "", path.stat().st_size, named(cells[at]), _cells=cells[at + 1 :], _first_line=at + 2
    )


class _Reader(HTMLParser):
    """Collects the cells of every table; one within another is a table of its own."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[list[list[str]]] = []
        self._open: list[list[list[str]]] = []
        self._cell: list[str] | None = None
        self._span = 1

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self._open.append([])
            self.tables.append(self._open[-1])
        elif tag == "tr" and self._open:
            self._end_cell()
            self._open[-1].append([])
        elif tag in {"td", "th"} and self._open:
            self._end_cell()
            span = dict(attrs).get("colspan") or "1"
            self._span = min(int(span), _MOST_COLUMNS) if span.isdecimal() else 1
            self._cell = []
        elif tag == "br" and self._cell is not None:
            self._cell.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in {"td", "th", "tr", "table"}:
            self._end_cell()
        if tag == "table" and self._open:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell.append(data)

    def _end_cell(self) -> None:
        if self._cell is None or not self._open:
            return
        if not self._open[-1]:
            self._open[-1].append([])
        text = "\n".join(" ".join(line.split()) for line in "".join(self._cell).split("\n")).strip()
        self._open[-1][-1] += [text, *[""] * (self._span - 1)]
        self._cell = None

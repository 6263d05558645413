"""Workbooks, web pages and other files that people take for tables."""

import gzip
import zipfile
from pathlib import Path

import pytest

from bot.importing.files import NoTable, Row, Table, examine
from tests.bot.importing.workbook_files import write_ods, write_xlsx

PEOPLE: list[list[object]] = [
    ["Name", "Email", "Since"],
    ["Ivy", "ivy@acme.example", ("date", 46082)],
    ["Jo", "jo@acme.example", None],
]


def cells(found: Table) -> list[dict[str, object]]:
    return [dict(row.cells) for row in found.rows()]


def test_a_workbook_is_read_with_its_days_and_numbers_as_they_are(tmp_path: Path) -> None:
    rows: list[list[object]] = [
        ["Id", "When", "Size", "Share", "Old", "Sum"],
        [200000000000101, ("date", 46082), 120, 0.5, True, ("formula", "1+1", 2)],
        [200000000000102, ("date", 46082.604166666664), 12.0, 1.25, False, None],
    ]
    found = examine(write_xlsx(tmp_path / "people.xlsx", {"Leads": rows}))
    assert cells(found) == [
        {"Id": "200000000000101", "When": "2026-03-01", "Size": "120", "Share": "0.5", "Old": "true", "Sum": "2"},
        {
            "Id": "200000000000102",
            "When": "2026-03-01 14:30:00",
            "Size": "12",
            "Share": "1.25",
            "Old": "false",
            "Sum": "",
        },
    ]
    assert [row.line for row in found.rows()] == [2, 3]
    assert found.at == found.size


def test_the_sheet_with_a_header_is_read_and_another_by_its_name(tmp_path: Path) -> None:
    path = write_xlsx(
        tmp_path / "book.xlsx", {"Cover": [["Our leads"]], "People": PEOPLE, "Notes": [["x", "y"], ["1", "2"]]}
    )
    assert examine(path).columns == ("Name", "Email", "Since")
    assert "sheet “People” (not read: “Cover”, “Notes”)" in examine(path).layout
    assert cells(examine(path, sheet="notes")) == [{"x": "1", "y": "2"}]
    with pytest.raises(NoTable, match="it has no sheet “Gone”; it has “Cover”, “People”, “Notes”"):
        examine(path, sheet="Gone")


def test_a_title_above_the_header_is_none_and_lines_count_from_the_top(tmp_path: Path) -> None:
    found = examine(write_xlsx(tmp_path / "a.xlsx", {"S": [["Leads of May"], [], *PEOPLE]}))
    assert found.columns == ("Name", "Email", "Since")
    assert [row.line for row in found.rows()] == [4, 5]


def test_a_merged_cell_counts_for_each_of_its_rows(tmp_path: Path) -> None:
    rows: list[list[object]] = [["Company", "Name"], ["Acme", "Ivy"], [None, "Jo"], ["Bolt", "Bo"]]
    found = examine(write_xlsx(tmp_path / "a.xlsx", {"S": rows}, {"S": ["A2:A3"]}))
    assert [row["Company"] for row in cells(found)] == ["Acme", "Acme", "Bolt"]


def test_a_sheet_of_libreoffice_is_read(tmp_path: Path) -> None:
    found = examine(write_ods(tmp_path / "a.ods", "Leute", [["Name", "E-Mail"], ["Zoë", "zoe@acme.example"]]))
    assert cells(found) == [{"Name": "Zoë", "E-Mail": "zoe@acme.example"}]


def test_a_web_page_named_xls_is_read_by_its_largest_table(tmp_path: Path) -> None:
    page = (
        "<html><head><style>td {x: y}</style></head><body><table><tr><td>menu</td></tr></table><table>"
        "<tr><th>Name<th>E-Mail</tr><tr><td>Bartels &amp; S&ouml;hne<br>Nord</td><td> a@b.example </td></tr>"
        "<tr><td colspan=2>Jo</td></tr></table></body></html>"
    )
    (tmp_path / "report.xls").write_text(page, encoding="utf-8")
    found = examine(tmp_path / "report.xls")
    assert cells(found) == [{"Name": "Bartels & Söhne\nNord", "E-Mail": "a@b.example"}, {"Name": "Jo", "E-Mail": ""}]


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.pdf", b"%PDF-1.7 x", "it is a PDF"),
        ("a.csv.gz", gzip.compress(b"Name\nIvy", mtime=0), "it is compressed"),
        (
            "a.xls",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000),
            "it looks like a workbook but can't be read as one",
        ),
        ("a.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le") * 9, "with a password"),
        ("a.xlsx", b"PK\x03\x04" + bytes(50), "it is a damaged archive"),
        ("a.html", b"<html><body>Hello</body></html>", "it is a web page without a table"),
        ("a.xml", b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>', "in XML"),
        ("a.vcf", b"BEGIN:VCARD\nFN:Ivy\n", "it is an address book"),
    ],
    ids=["pdf", "gzip", "old excel", "password", "damaged", "page", "xml", "vcard"],
)
def test_a_file_that_is_no_table_is_refused_with_what_it_is(
    tmp_path: Path, name: str, content: bytes, why: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(NoTable, match=why):
        examine(tmp_path / name)


def test_an_archive_that_holds_no_workbook_or_an_empty_one_says_so(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("leads.csv", "Name\nIvy")
    with pytest.raises(NoTable, match="it is an archive without a workbook; unpack it"):
        examine(tmp_path / "a.zip")
    with zipfile.ZipFile(tmp_path / "b.xlsx", "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>" * 20)
    with pytest.raises(NoTable, match="workbook"):
        examine(tmp_path / "b.xlsx")
    with pytest.raises(NoTable, match="its sheets are empty"):
        examine(write_xlsx(tmp_path / "c.xlsx", {"S": []}))


def test_a_sheet_is_asked_of_a_workbook_alone(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("Name\nIvy")
    with pytest.raises(NoTable, match="leave out --sheet"):
        examine(tmp_path / "a.csv", sheet="x")


@pytest.mark.parametrize(
    "above",
    ["All leads\n\n", "Report: leads;;\nMade by Ana;;\n", '"Exported on 1 March; by Ana"\n', "sep=;\nLeads of May\n"],
)
def test_a_header_below_titles_is_found(tmp_path: Path, above: str) -> None:
    (tmp_path / "a.csv").write_text(f"{above}Name;Email;Firma\nIvy;ivy@acme.example;Acme\nJo;jo@acme.example;\n")
    found = examine(tmp_path / "a.csv")
    assert found.columns == ("Name", "Email", "Firma")
    first = next(found.rows())
    assert first == Row(first.line, {"Name": "Ivy", "Email": "ivy@acme.example", "Firma": "Acme"})


def test_a_list_of_one_column_has_its_header_in_the_first_line(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("Anything\na@b.example\nc@d.example\n")
    assert examine(tmp_path / "a.csv", delimiter=",").columns == ("Anything",)

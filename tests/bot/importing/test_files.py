"""Files of rows, however they are written."""

import csv
import io
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bot.importing.files import NoTable, Row, Table, examine

PEOPLE = [
    {"Name": "Zoë Müller", "Firma": "Käse & Söhne", "Ort": "Zürich"},
    {"Name": "José Núñez", "Firma": "Peña, S.A.", "Ort": "Málaga"},
    {"Name": "Ivy Chen", "Firma": 'The "Acme" Co', "Ort": "Two\nlines"},
]


def written(rows: list[dict[str, str]], delimiter: str) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def table(tmp_path: Path, content: str | bytes, **how: str) -> Table:
    path = tmp_path / "people.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return examine(path, **how)


def cells(found: Table) -> list[dict[str, object]]:
    rows = [*found.rows()]
    assert all(row.error is None for row in rows)
    return [dict(row.cells) for row in rows]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "utf-16-le"])
def test_the_encoding_and_the_delimiter_are_found_out(tmp_path: Path, encoding: str, delimiter: str) -> None:
    found = table(tmp_path, written(PEOPLE, delimiter).encode(encoding))
    assert cells(found) == PEOPLE
    assert (found.delimiter, found.at) == (delimiter, found.size)


CELL = st.text(st.characters(exclude_categories=["C"], exclude_characters="\u2028\u2029\x85"), min_size=1, max_size=8)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(CELL, min_size=3, max_size=3), min_size=1, max_size=12), st.sampled_from(",;\t|"))
@example([['"', "a,b;c", "x"]], ";")
def test_whatever_stands_in_the_cells_is_read_as_it_was_written(
    tmp_path: Path, rows: list[list[str]], delimiter: str
) -> None:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows([["one", "two", "three"], *rows])
    found = table(tmp_path, text.getvalue(), delimiter=delimiter, encoding="utf-8")
    kept = [row for row in rows if any(cell.strip() for cell in row)]
    assert [[*each.values()] for each in cells(found)] == kept


def test_a_line_that_names_the_delimiter_is_believed_and_is_no_row(tmp_path: Path) -> None:
    found = table(tmp_path, "sep=;\r\nName;Note\r\nIvy;a, b, c\r\n")
    assert (found.delimiter, found.columns) == (";", ("Name", "Note"))
    assert cells(found) == [{"Name": "Ivy", "Note": "a, b, c"}]


@pytest.mark.parametrize("before", ["sep=\t\n", "\n\n", "\t\t\n \n", "\ufeffsep=\t\r\n"])
def test_the_header_is_the_first_line_that_holds_names(tmp_path: Path, before: str) -> None:
    found = table(tmp_path, f"{before}Name\tNote\nIvy\ta, b\n")
    assert cells(found) == [{"Name": "Ivy", "Note": "a, b"}]


def test_a_header_may_be_longer_than_what_is_looked_at_to_find_the_delimiter(tmp_path: Path) -> None:
    names = [f"a column with a long name {index}" for index in range(10_000)]
    found = table(tmp_path, f"{','.join(names)}\n{','.join('x' * 10_000)}\n")
    assert cells(found) == [dict.fromkeys(names, "x")]


def test_columns_without_a_name_or_with_the_same_one_are_told_apart(tmp_path: Path) -> None:
    assert table(tmp_path, "Name,,Name,Name\na,b,c,d\n").columns == ("Name", "column 2", "Name (2)", "Name (3)")
    assert table(tmp_path, "Sum (EUR),Sum\n1,2\n").columns == ("Sum (EUR)", "Sum")
    assert table(tmp_path, "a (2),a,a\n1,2,3\n").columns == ("a (2)", "a", "a (3)")


def test_empty_lines_are_no_rows_and_missing_cells_are_empty(tmp_path: Path) -> None:
    found = table(tmp_path, "a,b,c\n\n1,2\n,,\n3,4,5\n")
    assert [*found.rows()] == [
        Row(3, {"a": "1", "b": "2", "c": ""}),
        Row(5, {"a": "3", "b": "4", "c": "5"}),
    ]


def test_a_row_that_cannot_be_taken_apart_is_told_with_its_line_and_the_others_are_read(tmp_path: Path) -> None:
    content = 'a,b\n1,2\n1,2,3\n"x"y,2\n5,6\n7,"never closed\n8,9\n'
    rows = [*table(tmp_path, content).rows()]
    assert [(row.line, row.error) for row in rows] == [
        (2, None),
        (3, "has 3 cells under 2 columns"),
        (4, """can't be split into cells: ',' expected after '"'"""),
        (5, None),
        (6, "opens a quote that is never closed"),
        (7, None),
    ]
    assert '"x"y,2' in str(rows[2].cells["a"])


def test_a_row_a_line_is_read_where_each_is_an_object(tmp_path: Path) -> None:
    found = table(tmp_path, '{"a": 1, "b": {"c": "ü"}}\n\n[1]\n{"a"\n{"a": 2}\n')
    assert (found.columns, found.delimiter) == (None, None)
    rows = [*found.rows()]
    assert [(row.line, row.error) for row in rows] == [
        (1, None),
        (3, "isn't a JSON object"),
        (4, "isn't a JSON object"),
        (5, None),
    ]
    assert rows[0].cells == {"a": 1, "b": {"c": "ü"}}


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "it is empty"),
        (" \n\n", "it is empty"),
        (json.dumps([{"a": 1}]), "it is one JSON list"),
    ],
)
def test_what_holds_no_rows_says_why(tmp_path: Path, content: str, why: str) -> None:
    with pytest.raises(NoTable, match=why):
        table(tmp_path, content)


def test_an_encoding_that_was_said_is_believed_and_a_wrong_one_is_told(tmp_path: Path) -> None:
    assert table(tmp_path, "Name\nИван\n".encode("koi8-r"), encoding="koi8-r", delimiter=",").encoding == "koi8-r"
    with pytest.raises(NoTable, match="it can't be read as utf-8"):
        table(tmp_path, "Name\nMüller\n".encode("cp1252"), encoding="utf-8")


def test_what_is_no_utf_8_is_seen_where_a_file_or_a_part_of_it_ends(tmp_path: Path) -> None:
    assert cells(table(tmp_path, "name\nJosé".encode("cp1252"))) == [{"name": "José"}]
    filled = "name\n" + "x\n" * ((1 << 19) - 3) + "é\nIvy\n"
    assert cells(table(tmp_path, filled.encode("cp1252")))[-2:] == [{"name": "é"}, {"name": "Ivy"}]


def test_a_file_that_is_no_utf_8_far_down_is_not_taken_for_it(tmp_path: Path) -> None:
    plain = "Name,Ort\n" + "Ivy,London\n" * 200_000
    found = table(tmp_path, (plain + "Zoë,Zürich\n").encode("cp1252"))
    *_, last = found.rows()
    assert last.cells == {"Name": "Zoë", "Ort": "Zürich"}


POLISH = (
    *("Łukasz Żółć|Łódź", "Małgorzata Wiśniewska|Kraków", "Paweł Wójcik|Gdańsk", "Agnieszka Kamińska|Poznań"),
    *("Zofia Dąbrowska|Częstochowa", "Krzysztof Zieliński|Białystok", "Szymon Woźniak|Toruń"),
)
RUSSIAN = (
    *("Иван Петров|Москва", "Мария Иванова|Санкт-Петербург", "Алексей Смирнов|Новосибирск"),
    *("Ольга Кузнецова|Екатеринбург", "Дмитрий Соколов|Казань", "Анна Попова|Самара"),
)
TURKISH = ("Işıl Şahin|İstanbul", "Çağrı Öztürk|Diyarbakır", "Gülşen Yıldız|İzmir")
JAPANESE_FORM = ("山田タロウ|トウキョウ", "佐藤ハナコ|オオサカ", "鈴木さくら|ナゴヤ")
JAPANESE = ("山田太郎|東京", "佐藤花子|大阪", "鈴木一郎|名古屋", "高橋美咲|札幌", "田中健太|福岡")


@pytest.mark.parametrize(
    ("lines", "encoding"),
    [
        (POLISH, "cp1250"),
        (POLISH, "iso8859_2"),
        (RUSSIAN, "cp1251"),
        (RUSSIAN, "koi8-r"),
        (JAPANESE, "cp932"),
        (TURKISH, "cp1254"),
        (JAPANESE_FORM, "cp932"),
        (JAPANESE_FORM, "euc_jp"),
        (JAPANESE, "euc_jp"),
    ],
)
def test_what_is_no_western_text_is_told_by_its_letters(tmp_path: Path, lines: tuple[str, ...], encoding: str) -> None:
    found = table(tmp_path, "\n".join(["Name|City", *lines * 4]).encode(encoding))
    assert ["|".join(map(str, each.values())) for each in cells(found)] == [*lines] * 4


def test_a_quote_that_is_never_closed_costs_one_row_in_a_long_file(tmp_path: Path) -> None:
    lines = [f"{number},b" for number in range(30_000)]
    lines[5] = '5,"b'
    rows = [*table(tmp_path, "\n".join(["a,b", *lines])).rows()]
    assert len(rows) == 30_000
    assert [row.line for row in rows if row.error] == [7]


def test_utf_8_with_a_letter_that_is_none_is_not_taken_for_something_else(tmp_path: Path) -> None:
    good = "Name\n" + "Zoë Müller\n" * 50
    with pytest.raises(NoTable, match="it is UTF-8 with a few invalid characters"):
        table(tmp_path, good.encode() + b"M\xfcller\n")


def test_a_character_that_is_nothing_makes_no_utf_16(tmp_path: Path) -> None:
    found = table(tmp_path, "Name,Ort\nIvy\0,London\nZoë,Zürich\n")
    assert (found.encoding, len([*found.rows()])) == ("utf-8", 2)

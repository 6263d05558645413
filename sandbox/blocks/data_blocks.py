"""Schemas of the data_table and data_visualization blocks, with the smaller of the limits Slack has published."""

from collections.abc import Iterator, Mapping

from sandbox.blocks.composition_objects import BLOCK_ID
from sandbox.blocks.rich_text import RICH_TEXT
from sandbox.blocks.schema import (
    ByType,
    Check,
    Shape,
    Untyped,
    array,
    deeper,
    error,
    integer,
    is_number,
    number,
    string,
)

MOST_ROWS = 101
MOST_COLUMNS = 20
MOST_TABLE_CHARACTERS = 10_000
MOST_SERIES = 6
MOST_POINTS = 20

_CELL: Check = ByType(
    {
        "raw_text": Shape({"text": string(MOST_TABLE_CHARACTERS)}),
        "raw_number": Shape({"value": number, "text": string(MOST_TABLE_CHARACTERS)}),
        "rich_text": RICH_TEXT,
    }
)


def _rows(table: Mapping[str, object]) -> list[list[object]]:
    rows = table.get("rows")
    return [row for row in rows if isinstance(row, list)] if isinstance(rows, list) else []


def _rows_are_even(table: Mapping[str, object], at: str, found: list[str]) -> None:
    rows = _rows(table)
    for index, row in enumerate(rows):
        if len(row) != len(rows[0]):
            found.append(
                error(f"must have the same number of cells as the first row ({len(rows[0])})", f"{at}/rows/{index}")
            )


def _header_is_plain(table: Mapping[str, object], at: str, found: list[str]) -> None:
    for column, cell in enumerate(next(iter(_rows(table)), [])):
        if isinstance(cell, dict) and cell.get("type") == "rich_text":
            found.append(error("header cells cannot be rich_text", f"{at}/rows/0/{column}"))


def _row_header_exists(table: Mapping[str, object], at: str, found: list[str]) -> None:
    index, rows = table.get("row_header_column_index"), _rows(table)
    if isinstance(index, int) and rows and index >= len(rows[0]):
        found.append(error("must be the index of a column", deeper(at, "row_header_column_index")))


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("text"), str):
            yield value["text"]
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def _table_is_short(table: Mapping[str, object], at: str, found: list[str]) -> None:
    if sum(map(len, _texts(table.get("rows")))) > MOST_TABLE_CHARACTERS:
        found.append(error(f"no more than {MOST_TABLE_CHARACTERS} characters allowed in all cells", deeper(at, "rows")))


DATA_TABLE = Shape(
    {"caption": string(3000), "rows": array(array(_CELL, 1, MOST_COLUMNS), 2, MOST_ROWS)},
    {**BLOCK_ID, "page_size": integer(1, 100), "row_header_column_index": integer(0, MOST_COLUMNS - 1)},
    (_rows_are_even, _header_is_plain, _row_header_exists, _table_is_short),
)


def _positive(value: object, at: str, found: list[str]) -> None:
    number(value, at, found)
    if is_number(value) and isinstance(value, int | float) and value <= 0:
        found.append(error("must be more than 0", at))


_POINT: Check = Untyped(Shape({"label": string(20), "value": number}))
_SERIES: Check = Untyped(Shape({"name": string(20), "data": array(_POINT, 1, MOST_POINTS)}))
_AXIS: Check = Untyped(
    Shape({"categories": array(string(20), 1, MOST_POINTS)}, {"x_label": string(50), "y_label": string(50)})
)
_SEGMENT: Check = Untyped(Shape({"label": string(20), "value": _positive}))


def _series(chart: Mapping[str, object]) -> list[dict[str, object]]:
    series = chart.get("series")
    return [each for each in series if isinstance(each, dict)] if isinstance(series, list) else []


def _names_are_unique(chart: Mapping[str, object], at: str, found: list[str]) -> None:
    names = [each.get("name") for each in _series(chart)]
    repeated = {str(name) for name in names if names.count(name) > 1}
    found.extend(error(f'series name "{name}" is used more than once', f"{at}/series") for name in sorted(repeated))


def _categories(chart: Mapping[str, object]) -> list[object]:
    axis = chart.get("axis_config")
    categories = axis.get("categories") if isinstance(axis, dict) else None
    return categories if isinstance(categories, list) else []


def _categories_are_unique(chart: Mapping[str, object], at: str, found: list[str]) -> None:
    categories = _categories(chart)
    if any(categories.count(each) > 1 for each in categories):
        found.append(error("categories must be unique", f"{at}/axis_config/categories"))


def _a_point_for_each_category(chart: Mapping[str, object], at: str, found: list[str]) -> None:
    wanted = sorted(map(str, _categories(chart)))
    for index, series in enumerate(_series(chart)):
        points = series.get("data")
        labels = [point.get("label") for point in points if isinstance(point, dict)] if isinstance(points, list) else []
        if sorted(map(str, labels)) != wanted:
            found.append(error("must have exactly one point for each category", f"{at}/series/{index}/data"))


_ON_AXES: Check = Shape(
    {"series": array(_SERIES, 1, MOST_SERIES), "axis_config": _AXIS},
    {},
    (_names_are_unique, _categories_are_unique, _a_point_for_each_category),
)

DATA_VISUALIZATION = Shape(
    {
        "title": string(50),
        "chart": ByType(
            {
                "pie": Shape({"segments": array(_SEGMENT, 1, MOST_SERIES)}),
                "bar": _ON_AXES,
                "line": _ON_AXES,
                "area": _ON_AXES,
            }
        ),
    },
    BLOCK_ID,
)

"""Files joined to the rows of another by a key."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.importing import files
from bot.importing.tables import Table
from qualification.rules.intake.import_map import ImportMap, Join


class CannotImport(Exception):
    """A file that cannot be imported as asked; the text says why in a sentence."""


@dataclass(frozen=True, slots=True)
class Joined:
    """The rows of another file by their key, and the expression `value` that finds the key in a row.

    `skipped` lists the rows that cannot be joined, each with its line and the reason, in the file's order.
    """

    file: str
    value: str
    rows: Mapping[str, Mapping[str, object]]
    skipped: Sequence[tuple[int, str]]


def join(mapped: ImportMap, folder: Path, columns: Sequence[str] | None) -> dict[str, Joined]:
    """Read the files that the map joins; raises CannotImport."""
    return {name: _joined(name, each, folder, columns) for name, each in mapped.join.items()}


def _joined(name: str, wanted: Join, folder: Path, columns: Sequence[str] | None) -> Joined:
    if columns is not None and name in columns:
        raise CannotImport(f"`{name}` is a column of the file; give the joined file another name.")
    path = folder / wanted.file
    try:
        table = files.examine(path)
        rows, skipped = _by_key(table, wanted.key)
    except OSError as error:
        raise CannotImport(f"{path} cannot be read: {error.strerror}.") from error
    except files.NoTable as nothing:
        raise CannotImport(f"{path} can't be joined: {nothing}.") from nothing
    if table.columns is not None and wanted.key not in table.columns:
        raise CannotImport(f"{path} has no column `{wanted.key}`; it has {', '.join(table.columns)}.")
    if wanted.value is None and columns is not None and wanted.key not in columns:
        raise CannotImport(f"The file has no column `{wanted.key}` to join `{name}` by; add its `value`.")
    return Joined(wanted.file, wanted.value or json.dumps(wanted.key), rows, skipped)


def _by_key(table: Table, key: str) -> tuple[dict[str, Mapping[str, object]], list[tuple[int, str]]]:
    """Return the first row of each key, and the line of every other row with the reason why it is skipped."""
    rows: dict[str, Mapping[str, object]] = {}
    lines: dict[str, int] = {}
    skipped: list[tuple[int, str]] = []
    for row in table.rows():
        found = fold_key(row.cells.get(key))
        if row.error is not None:
            skipped.append((row.line, row.error))
        elif not found:
            skipped.append((row.line, f"has no `{key}`"))
        elif found not in rows:
            rows[found], lines[found] = row.cells, row.line
        elif rows[found] != row.cells:
            skipped.append((row.line, f"has the `{key}` of line {lines[found]}, which is used"))
    return rows, skipped


def fold_key(found: object) -> str:
    """Return a key as it is compared: a text or number without blanks around it and in one case, else empty."""
    return str(found).strip().casefold() if isinstance(found, str | int | float) else ""

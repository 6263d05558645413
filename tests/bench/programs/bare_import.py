"""The floor of an import: reads a file with the standard library and writes it into one table, in batches."""

import csv
import json
import os
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from sqlalchemy import Column, Integer, MetaData, String, Table, insert

from bot.database import Database

# Rows per transaction, as in Baton's imports.
TOGETHER = 200
COLUMNS = ("email", "name", "company", "key", "type", "at", "page")
TABLE = Table("bare", MetaData(), Column("id", Integer, primary_key=True), *(Column(each, String) for each in COLUMNS))


def main() -> None:
    """Import the file."""
    database = Database(os.environ["DATABASE_URL"])
    TABLE.create(database.engine, checkfirst=True)
    rows = _rows(Path(sys.argv[1]))
    while together := [*islice(rows, TOGETHER)]:
        with database.engine.begin() as connection:
            connection.execute(insert(TABLE), together)
    database.dispose()


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        if path.suffix == ".csv":
            yield from csv.DictReader(file)
        else:
            for line in file:
                row = json.loads(line)
                row["key"] = row.pop("id")
                yield row


main()

"""Makes the files for measuring imports: activities as JSON lines, and leads as CSV."""

import csv
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

# Leads per company.
COLLEAGUES = 5
KINDS = ("email-opened", "blog-post", "email-clicked", "content-download", "pricing-page")
MAP = """\
lead: {email: email, name: name, company: company}
activities:
  - {id: id, kind: type, at: at, what: page}
"""


def activities(path: Path, rows: int, leads: int, *, batch: int) -> None:
    """Write the leads' activities in the order of time, so that each lead occurs many times."""
    # A fixed seed, so that the file is always the same.
    random = Random(batch)  # noqa: S311
    at = datetime(2025, 1, 1, tzinfo=UTC)
    with path.open("w", encoding="utf-8") as file:
        for number in range(rows):
            at += timedelta(seconds=random.randrange(60))
            row = {
                "id": f"{batch}-{number}",
                "type": random.choice(KINDS),
                "at": at.isoformat(),
                "page": f"/page/{random.randrange(100)}",
                **person(random.randrange(leads), batch=batch),
            }
            file.write(json.dumps(row) + "\n")


def people(path: Path, rows: int, *, batch: int) -> None:
    """Write new leads of new companies."""
    with path.open("w", encoding="utf-8", newline="") as file:
        written = csv.DictWriter(file, ("email", "name", "company"))
        written.writeheader()
        written.writerows(person(number, batch=batch) for number in range(rows))


def person(number: int, *, batch: int) -> dict[str, str]:
    """Return a made-up lead at a company of its batch."""
    firm = f"{batch}-{number // COLLEAGUES}"
    return {
        "email": f"person{number}@company{firm}.example",
        "name": f"Person {number}",
        "company": f"Company {firm} GmbH",
    }

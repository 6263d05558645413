"""The opportunities of the CRM, read from its files without Baton, and the playbook of its sales teams."""

import csv
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Final

import yaml

from tests.evidence.crm import Agent
from tests.evidence.sales import MARKETER, email_of

# A product and a sector that the files misspell.
_TWICE: Final = {"GTXPro": "GTX Pro", "technolgy": "technology"}


@dataclass(frozen=True, slots=True)
class Opportunity:
    """One row with what the other files say of its agent and its company; a blank is ""."""

    id: str
    agent: str
    manager: str
    office: str
    product: str
    company: str
    sector: str
    country: str
    employees: int | None
    stage: str
    engaged: date | None
    closed: date | None
    value: Decimal | None

    @property
    def month(self) -> str:
        """The month in which it closed."""
        return f"{self.closed:%Y-%m}" if self.closed else ""


def read(folder: Path) -> tuple[Opportunity, ...]:
    """Return every opportunity, in the order of the file."""
    companies = {row["account"]: row for row in _rows(folder / "accounts.csv")}
    agents = {row["sales_agent"]: row for row in _rows(folder / "sales_teams.csv")}
    found = []
    for row in _rows(folder / "sales_pipeline.csv"):
        agent, company = agents[row["sales_agent"]], companies.get(row["account"], {})
        found.append(
            Opportunity(
                id=row["opportunity_id"],
                agent=row["sales_agent"],
                manager=agent["manager"],
                office=agent["regional_office"],
                product=_TWICE.get(row["product"], row["product"]),
                company=row["account"],
                sector=_TWICE.get(company.get("sector", ""), company.get("sector", "")),
                country=company.get("office_location", ""),
                employees=int(company["employees"]) if company else None,
                stage=row["deal_stage"],
                engaged=_day(row["engage_date"]),
                closed=_day(row["close_date"]),
                value=Decimal(row["close_value"]) if row["close_value"] else None,
            )
        )
    return tuple(found)


def sums(opportunities: Iterable[Opportunity], by: Callable[[Opportunity], str]) -> dict[str, tuple[int, Decimal]]:
    """Return the number of opportunities and the sum of their values, by a key."""
    counts, values = Counter[str](), defaultdict[str, Decimal](Decimal)
    for each in opportunities:
        counts[by(each)] += 1
        values[by(each)] += each.value or 0
    return {name: (count, values[name]) for name, count in counts.items()}


def playbook(agents: Iterable[Agent], zone: str) -> str:
    """Return a playbook with a team for each manager, the regional office as its region, and a marketer."""
    agents = tuple(agents)
    managers = {agent.manager: agent.office for agent in agents}
    return yaml.safe_dump(
        {
            "version": 1,
            "currency": "USD",
            "default_team": _key(next(iter(managers))),
            "teams": {
                _key(manager): {
                    "name": manager,
                    "manager": email_of(manager),
                    "channel": f"#{_key(manager)}",
                    "zone": zone,
                    "region": office,
                }
                for manager, office in managers.items()
            },
            "people": [
                {"email": email_of(MARKETER), "name": MARKETER, "roles": ["marketer"]},
                *(
                    {"email": email_of(each), "name": each, "roles": ["manager"], "team": _key(each)}
                    for each in managers
                ),
                *(
                    {"email": email_of(each.name), "name": each.name, "roles": ["rep"], "team": _key(each.manager)}
                    for each in agents
                ),
            ],
            "pools": {
                _key(manager): {
                    "name": manager,
                    "team": _key(manager),
                    "members": [email_of(each.name) for each in agents if each.manager == manager],
                }
                for manager in managers
            },
            "rules": [{"name": "All", "pool": _key(next(iter(managers)))}],
        },
        sort_keys=False,
    )


def _key(name: str) -> str:
    return name.lower().replace(" ", "-")


def _day(text: str) -> date | None:
    if not text:
        return None
    month, day, year = map(int, text.split("/"))
    return date(year, month, day)


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))

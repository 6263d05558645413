"""The CRM of a computer-hardware seller, read from its files: companies, agents, managers, regional offices."""

import csv
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Account:
    """A company: its country as typed in the CRM, its head count, and its yearly revenue in millions of dollars."""

    name: str
    country: str
    employees: int
    revenue: Decimal


@dataclass(frozen=True, slots=True)
class Agent:
    """A sales agent, with their manager and regional office."""

    name: str
    manager: str
    office: str


@dataclass(frozen=True, slots=True)
class Crm:
    """The companies and agents, in the order of the files."""

    accounts: tuple[Account, ...]
    agents: tuple[Agent, ...]

    @property
    def offices(self) -> tuple[str, ...]:
        """The regional offices, by name."""
        return tuple(sorted({agent.office for agent in self.agents}))

    def agents_of(self, office: str) -> tuple[str, ...]:
        """Return the names of an office's agents."""
        return tuple(agent.name for agent in self.agents if agent.office == office)

    def managers_of(self, office: str) -> tuple[str, ...]:
        """Return the names of an office's managers, in the order of the file."""
        return tuple(dict.fromkeys(agent.manager for agent in self.agents if agent.office == office))


def read(folder: Path) -> Crm:
    """Return the CRM read from `accounts.csv` and `sales_teams.csv`."""
    return Crm(
        accounts=tuple(
            Account(row["account"], row["office_location"], int(row["employees"]), Decimal(row["revenue"]))
            for row in _rows(folder / "accounts.csv")
        ),
        agents=tuple(
            Agent(row["sales_agent"], row["manager"], row["regional_office"])
            for row in _rows(folder / "sales_teams.csv")
        ),
    )


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))

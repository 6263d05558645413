"""The plan for each lead: who it is, its source, and what the people asked will do; random, with a seed."""

import random
import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from itertools import cycle
from typing import Final

from tests.evidence.crm import Account
from tests.evidence.sales import Destination, Sales

FIRST_NAMES: Final = ("Amara", "Bruno", "Chidi", "Dolores", "Emil", "Fatima", "Gustav", "Hana", "Imre", "Jasmin")
LAST_NAMES: Final = ("Abara", "Brandt", "Castell", "Dvorak", "Eriksen", "Fontaine", "Galvez", "Hoshino", "Ivarsson")
DEEDS: Final = ("Asked for a demo at the roadshow", "Wants a price for forty machines", "Came back to the stand twice")
ITEMS: Final = ("Budget", "Authority", "Need", "Timing")
YES: Final = "Yes"
VERDICTS: Final = (YES, YES, YES, "No", "Not yet known")
# A lead may spend a thousandth of its revenue with us.
SHARE: Final = Decimal(1000)


class Step(StrEnum):
    """The next step of the person who is asked."""

    ACCEPT = "accept"
    DECLINE = "decline"
    DISQUALIFY = "disqualify"
    UNDO = "undo"
    EXPIRE = "let expire"
    QUALIFY = "work through the checklist"


# Each course with its approximate share in percent.
COURSES: Final = (
    (20, (Step.ACCEPT,)),
    (25, (Step.ACCEPT, Step.QUALIFY)),
    (10, (Step.DECLINE, Step.ACCEPT, Step.QUALIFY)),
    (7, (Step.DECLINE, Step.DECLINE, Step.DECLINE)),
    (9, (Step.DISQUALIFY,)),
    (6, (Step.DISQUALIFY, Step.UNDO, Step.ACCEPT)),
    (3, (Step.DISQUALIFY, Step.UNDO, Step.EXPIRE, Step.DISQUALIFY)),
    (4, (Step.ACCEPT, Step.UNDO, Step.ACCEPT)),
    (8, (Step.EXPIRE, Step.ACCEPT)),
    (4, (Step.EXPIRE, Step.DECLINE, Step.ACCEPT)),
    (4, (Step.EXPIRE, Step.EXPIRE)),
)


@dataclass(frozen=True, slots=True)
class Lead:
    """A lead as the marketer knows it, and its planned course.

    `verdicts` are picked in the checklist one after the other, by item; a second one for an item changes the first.
    """

    account: Account
    person: str
    email: str
    did: str
    roadshow: str
    destination: Destination
    course: tuple[Step, ...]
    verdicts: tuple[tuple[str, str], ...]

    @property
    def employees(self) -> str:
        """The head count, as typed by the marketer."""
        return f"{self.account.employees:,}"

    @property
    def value(self) -> str:
        """The value of the deal, as typed by the marketer."""
        return f"${self.account.revenue * 1_000_000 / SHARE:,.2f}"


def plan(sales: Sales, seed: int) -> tuple[Lead, ...]:
    """Return a lead for every company, in the order of the file; the same seed gives the same leads."""
    chance = random.Random(seed)  # noqa: S311 - not a secret
    names = [f"{first} {last}" for first in FIRST_NAMES for last in LAST_NAMES]
    chance.shuffle(names)
    courses = [course for weight, course in COURSES for _ in range(weight)]
    chance.shuffle(courses)
    roadshows = cycle(sales.crm.offices)
    leads = []
    for account, person, course in zip(sales.crm.accounts, names, cycle(courses), strict=False):
        roadshow = next(roadshows)
        company = re.sub(r"[^a-z0-9]+", "-", account.name.lower()).strip("-")
        leads.append(
            Lead(
                account=account,
                person=person,
                email=f"{'.'.join(person.lower().split())}@{company}.example",
                did=chance.choice(DEEDS),
                roadshow=roadshow,
                destination=sales.destination(account, roadshow),
                course=course,
                verdicts=tuple((item, chance.choice(VERDICTS)) for item in (*ITEMS, chance.choice(ITEMS))),
            )
        )
    assert len(leads) == len(sales.crm.accounts), "there are more companies than names"
    return tuple(leads)

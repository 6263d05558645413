"""A school that sells courses: its playbook, and its leads read from the file without Baton's code."""

import csv
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PLAYBOOK: Final = """\
version: 1
currency: INR
teams:
  admissions: {name: Admissions, manager: maya@school.example, channel: "#admissions", zone: Asia/Kolkata}
people:
  - {email: maya@school.example, name: Maya Iyer, roles: [manager], team: admissions}
  - {email: arun@school.example, name: Arun Nair, roles: [rep], team: admissions}
  - {email: dipa@school.example, name: Dipa Rao, roles: [rep], team: admissions}
pools:
  inbound: {name: Inbound, team: admissions, members: [arun@school.example, dipa@school.example]}
rules:
  - {name: All, pool: inbound}
sources:
  - {key: search, name: Search engine}
  - {key: direct, name: Came by themselves}
  - {key: chat, name: Website chat}
  - {key: call, name: Asked to be called}
  - {key: organic, name: Unpaid search}
  - {key: referral, name: Recommended}
  - {key: sites, name: Other sites}
  - {key: social, name: Social networks}
  - {key: press, name: Press}
  - {key: other, name: Other}
"""
# The seed table: the points of each kind of activity, and the points from which a lead is an MQL.
POINTS: Final[Mapping[str, int]] = {
    "contact-form": 15,
    "email-opened": 2,
    "email-clicked": 5,
    "pricing-page": 15,
    "blog-post": 2,
    "content-download": 10,
    "trial": 25,
    "unsubscribed": -5,
}
THRESHOLD: Final = 50
_SOURCES: Final = {
    "search": ("Google", "google", "bing"),
    "direct": ("Direct Traffic",),
    "chat": ("Olark Chat", "Live Chat"),
    "call": ("Click2call",),
    "organic": ("Organic Search",),
    "referral": ("Reference",),
    "sites": ("Referral Sites", "Welingak Website", "WeLearn", "welearnblog_Home"),
    "social": ("Facebook", "Social Media"),
    "press": ("Press_Release",),
    "": ("",),
}
_FORMS: Final = ("Landing Page Submission", "Lead Add Form", "Quick Add Form")
_LAST: Final = {
    "Email Opened": "email-opened",
    "Email Link Clicked": "email-clicked",
    "View in browser link Clicked": "email-clicked",
    "Page Visited on Website": "blog-post",
    "Form Submitted on Website": "contact-form",
    "Olark Chat Conversation": "contact-form",
    "Unsubscribed": "unsubscribed",
    "Email Marked Spam": "unsubscribed",
}


@dataclass(frozen=True, slots=True)
class Prospect:
    """One row: the lead, and their activities in order; `converted` says whether they became a customer."""

    id: str
    number: int
    origin: str
    source: str
    country: str
    city: str
    occupation: str
    do_not_contact: bool
    acts: tuple[str, ...]
    seconds: int
    converted: bool

    @property
    def score(self) -> int:
        """The sum of the points of their activities."""
        return sum(POINTS[kind] for kind in self.acts)

    def tipped_by(self, points: Mapping[str, int] = POINTS) -> int | None:
        """Return the index of the activity that reached the threshold, or None."""
        total = 0
        for index, kind in enumerate(self.acts):
            total += points[kind]
            if total >= THRESHOLD:
                return index
        return None


def read(folder: Path) -> tuple[Prospect, ...]:
    """Return every lead, in the order of arrival."""
    with (folder / "leads.csv").open(encoding="utf-8", newline="") as file:
        found = [_prospect(row) for row in csv.DictReader(file)]
    return tuple(sorted(found, key=lambda each: each.number))


def kinds(prospects: tuple[Prospect, ...]) -> Counter[str]:
    """Return the number of activities of each kind."""
    return Counter(kind for each in prospects for kind in each.acts)


def share(prospects: list[Prospect] | tuple[Prospect, ...]) -> float:
    """Return the share of those who became customers, from 0 to 1."""
    return sum(each.converted for each in prospects) / len(prospects)


def better_than_chance(prospects: list[Prospect] | tuple[Prospect, ...]) -> float:
    """Return the AUC: how often a converted lead has more points than another one; equal points count half."""
    lost = Counter(each.score for each in prospects if not each.converted)
    won = Counter(each.score for each in prospects if each.converted)
    above = sum(
        yes * no * (1.0 if high > low else 0.5 if high == low else 0.0)
        for high, yes in won.items()
        for low, no in lost.items()
    )
    return above / (won.total() * lost.total())


def _prospect(row: Mapping[str, str]) -> Prospect:
    return Prospect(
        id=row["Prospect ID"],
        number=int(row["Lead Number"]),
        origin=row["Lead Origin"],
        source=next((key for key, names in _SOURCES.items() if row["Lead Source"] in names), "other"),
        country=row["Country"],
        city=_chosen(row["City"]),
        occupation=_chosen(row["What is your current occupation"]),
        do_not_contact="Yes" in {row["Do Not Email"], row["Do Not Call"]},
        acts=tuple(_acts(row)),
        seconds=int(row["Total Time Spent on Website"]),
        converted=row["Converted"] == "1",
    )


def _acts(row: Mapping[str, str]) -> Iterator[str]:
    if row["Lead Origin"] in _FORMS:
        yield "contact-form"
    if row["A free copy of Mastering The Interview"] == "Yes":
        yield "content-download"
    yield from ["blog-post"] * int(row["TotalVisits"] or 0)
    if row["Last Activity"] in _LAST:
        yield _LAST[row["Last Activity"]]


def _chosen(text: str) -> str:
    return "" if text == "Select" else text

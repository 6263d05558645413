"""The sales organisation for those companies: Slack workspace, playbook, and where each lead belongs."""

import difflib
import statistics
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time
from functools import cached_property
from typing import Final
from zoneinfo import ZoneInfo

import yaml
from babel import Locale

from sandbox.workspace.seed import ChannelSeed, PersonSeed, WorkspaceSeed
from tests.evidence.crm import Account, Crm

MARKETER: Final = "Robin Vale"
DOMAIN: Final = "example.test"
# One for each regional office, in the order of their names.
ZONES: Final = ("America/Chicago", "America/New_York", "America/Los_Angeles")
OPENS, CLOSES = time(9), time(17, 30)
WORKDAYS: Final = 5
# Size bands between the quartiles, smallest companies first.
BANDS: Final = ("small", "medium", "large", "largest")
# How many reps are asked, one after the other, before the manager.
OFFERS: Final = 2


def email_of(name: str) -> str:
    """Return the e-mail address for a name."""
    return f"{'.'.join(name.lower().split())}@{DOMAIN}"


def nearest_country(typed: str) -> str:
    """Return the English country name nearest to a text, or the text itself if none is near."""
    names = [name for code, name in Locale("en").territories.items() if len(code) == len("XX")]
    return next(iter(difflib.get_close_matches(typed, names, 1, 0.85)), typed)


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a lead belongs: the pool's key, and whether the whole pool can claim it."""

    pool: str
    claimed: bool


@dataclass(frozen=True)
class Sales:
    """Three teams, one for each regional office, with a pool for every size band; agents are assigned to pools in turn.

    Leads of home companies go to the office whose roadshow they came from; each foreign country belongs to
    one office. Leads of the largest home companies from the first office's roadshow can be claimed by their whole pool.
    """

    crm: Crm

    @cached_property
    def zones(self) -> Mapping[str, ZoneInfo]:
        """The time zone of each office."""
        return {office: ZoneInfo(zone) for office, zone in zip(self.crm.offices, ZONES, strict=True)}

    @cached_property
    def tops(self) -> tuple[int, ...]:
        """The largest head count of each band but the last: the quartiles of all companies."""
        return tuple(int(cut) for cut in statistics.quantiles([each.employees for each in self.crm.accounts], n=4))

    @cached_property
    def countries(self) -> tuple[str, ...]:
        """The countries as spelt in the files, the most common one (home) first."""
        return tuple(name for name, _ in Counter(each.country for each in self.crm.accounts).most_common())

    @property
    def home(self) -> str:
        """The country of most companies."""
        return self.countries[0]

    def office_abroad(self, country: str) -> str:
        """Return the office of a foreign country."""
        return self.crm.offices[self.countries.index(country) % len(self.crm.offices)]

    def band(self, account: Account) -> str:
        """Return a company's size band."""
        return BANDS[sum(account.employees > top for top in self.tops)]

    def destination(self, account: Account, roadshow: str) -> Destination:
        """Return where a company's lead belongs, without using the playbook."""
        at_home = account.country == self.home
        office = roadshow if at_home else self.office_abroad(account.country)
        band = self.band(account)
        claimed = at_home and office == self.crm.offices[0] and band == BANDS[-1]
        return Destination(pool_key(office, band), claimed=claimed)

    @cached_property
    def pools(self) -> Mapping[str, tuple[str, ...]]:
        """The agents of each pool, in the order of their first turns."""
        return {
            pool_key(office, band): self.crm.agents_of(office)[number :: len(BANDS)]
            for office in self.crm.offices
            for number, band in enumerate(BANDS)
        }

    def office_of(self, name: str) -> str:
        """Return the office of an agent or manager."""
        return next(agent.office for agent in self.crm.agents if name in {agent.name, agent.manager})

    def is_working(self, name: str, at: datetime) -> bool:
        """Return whether it is working time for a person."""
        there = at.astimezone(self.zones[self.office_of(name)])
        return there.weekday() < WORKDAYS and OPENS <= there.time() < CLOSES

    def workspace(self) -> WorkspaceSeed:
        """Return the Slack workspace; the app is in none of its channels."""
        channels = tuple(channel_of(office) for office in self.crm.offices)
        people = [PersonSeed(MARKETER, email_of(MARKETER), "Etc/UTC", channels=channels)]
        people += [
            PersonSeed(name, email_of(name), self.zones[office].key, "en-US", channels=(channel_of(office),))
            for office in self.crm.offices
            for name in (*self.crm.managers_of(office), *self.crm.agents_of(office))
        ]
        return WorkspaceSeed(
            "Hardware",
            "hardware",
            tuple(people),
            (ChannelSeed("general", with_bot=False), *(ChannelSeed(each, with_bot=False) for each in channels)),
        )

    def playbook(self) -> str:
        """Return the playbook as YAML."""
        offices = self.crm.offices
        teams = {
            office.lower(): {
                "name": office,
                "manager": email_of(self.crm.managers_of(office)[0]),
                "channel": f"#{channel_of(office)}",
                "zone": self.zones[office].key,
                "summary": "off",
            }
            for office in offices
        }
        pools = {
            key: {"name": key.replace("-", " "), "team": key.partition("-")[0], "members": [*map(email_of, members)]}
            for key, members in self.pools.items()
        }
        return yaml.safe_dump(
            {
                "version": 1,
                "currency": "USD",
                "default_team": offices[0].lower(),
                "hours": {"mon-fri": f"{OPENS:%H:%M}-{CLOSES:%H:%M}"},
                "clocks": {"accept_within": "30m", "remind_after": "15m", "offers": OFFERS, "undo_within": "5m"},
                "sources": [{"key": office.lower(), "name": roadshow_of(office)} for office in offices],
                "teams": teams,
                "people": self._people(),
                "pools": pools,
                "rules": self._rules(),
            },
            sort_keys=False,
        )

    def _people(self) -> list[dict[str, object]]:
        people: list[dict[str, object]] = [{"email": email_of(MARKETER), "name": MARKETER, "roles": ["marketer"]}]
        for office in self.crm.offices:
            for role, names in (("manager", self.crm.managers_of(office)), ("rep", self.crm.agents_of(office))):
                people += [
                    {"email": email_of(name), "name": name, "roles": [role], "team": office.lower()} for name in names
                ]
        return people

    def _rules(self) -> list[dict[str, object]]:
        """Return the rules by country and size band; those for home companies also use the roadshow."""
        rules: list[dict[str, object]] = []
        for office in self.crm.offices:
            abroad = [each for each in self.countries[1:] if self.office_abroad(each) == office]
            wheres: tuple[tuple[str, dict[str, object]], ...] = (
                (f"{office}, at home", {"country": [self.home], "source": office.lower()}),
                (f"{office}, abroad", {"country": [*map(nearest_country, abroad)]}),
            )
            for where, when in wheres:
                for number, band in enumerate(BANDS):
                    size = {
                        **({"from": self.tops[number - 1] + 1} if number else {}),
                        **({"to": self.tops[number]} if number < len(self.tops) else {}),
                    }
                    claimed = "source" in when and office == self.crm.offices[0] and band == BANDS[-1]
                    rules.append(
                        {
                            "name": f"{where}, {band}",
                            "when": {**when, "size": size},
                            "pool": pool_key(office, band),
                            "offer": "claim" if claimed else "turn",
                        }
                    )
        return rules


def pool_key(office: str, band: str) -> str:
    """Return a pool's key."""
    return f"{office.lower()}-{band}"


def channel_of(office: str) -> str:
    """Return an office's channel."""
    return f"sales-{office.lower()}"


def roadshow_of(office: str) -> str:
    """Return the source of leads from an office's roadshow."""
    return f"{office} roadshow"

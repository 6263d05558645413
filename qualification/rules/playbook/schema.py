"""What a playbook is made of: the shape of each of its parts."""

import re
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    StrictInt,
    model_validator,
)
from pydantic_core import PydanticCustomError

from qualification.rules.leads.lifecycle import Lifecycle
from qualification.rules.people.weekly_hours import DAY_MINUTES, BadHours, WeeklyHours, read_days
from qualification.rules.people.working_time import known_zone
from qualification.rules.playbook import defaults
from qualification.rules.playbook.errors import choose_from
from qualification.rules.playbook.known_senders import KNOWN, KnownSender, Signature
from qualification.rules.refusals import Unreadable
from qualification.rules.values import expressions
from qualification.rules.values.countries import check_country
from qualification.rules.values.money import currencies
from qualification.rules.values.normalization import check_email, fold_email

HOURS_FAULTS = "hours"

# What Slack's selects and labels can show.
_LONGEST_NAME = 75
_LONGEST_SENTENCE = 300
_MOST_CHOICES = 100
_MOST_ITEMS = 20
_HOUR = 60

_TIME = re.compile(r"(\d{1,2}):(\d{2})")
_DURATION = re.compile(r"(?:(\d{1,3})\s*h)?\s*(?:(\d{1,4})\s*m(?:in)?)?")


class Role(StrEnum):
    """What somebody is in the workspace."""

    REP = "rep"
    MANAGER = "manager"
    MARKETER = "marketer"
    ADMIN = "admin"


def _hours(value: object) -> WeeklyHours:
    """Read weekly hours; every entry at fault is told at its own line."""
    if isinstance(value, WeeklyHours):
        return value
    if not isinstance(value, dict) or not all(isinstance(spans, str) for spans in value.values()):
        raise ValueError('hours are days with spans; write for example mon-fri: "09:00-17:30"')
    try:
        return WeeklyHours.parse(value)
    except BadHours as bad:
        raise PydanticCustomError(HOURS_FAULTS, "hours", {"entries": bad.entries}) from bad


def _duration(value: object) -> timedelta:
    if isinstance(value, timedelta):
        return value
    match = _DURATION.fullmatch(value.strip().lower()) if isinstance(value, str) else None
    amount = timedelta(hours=int(match[1] or 0), minutes=int(match[2] or 0)) if match else timedelta()
    if not amount:
        if isinstance(value, str) and re.fullmatch(r"\d+\s*d(ays?)?", value.strip().lower()):
            raise ValueError(f"`{value}`: working days differ in length; write hours, such as 8h")
        raise ValueError(f"`{value}` is not a length of time; write minutes or hours, such as 30m, 2h or 1h30m")
    return amount


def _zone(name: str) -> str:
    if not known_zone(name):
        raise ValueError(f"`{name}` is not a time zone; {choose_from(name, _zones())}")
    return name


@lru_cache(maxsize=1)
def _zones() -> tuple[str, ...]:
    return tuple(sorted(available_timezones()))


def _email(text: str) -> str:
    try:
        return fold_email(check_email(text))
    except Unreadable as unreadable:
        raise ValueError(
            f"`{text}` is not an e-mail address; write one such as ana.ruiz@northwind.example"
        ) from unreadable


def _person(text: str) -> str:
    """Bring a reference to a person to the form of their key."""
    return fold_email(text) if "@" in text else text


def _country(text: str) -> str:
    try:
        return check_country(text)
    except Unreadable as unreadable:
        raise ValueError(
            f"`{text}` is not a country; write its code of two letters, such as DE, or its English name"
        ) from unreadable


def _domain(text: str) -> str:
    domain = text.strip().casefold().removeprefix("@").removeprefix("www.")
    if not re.fullmatch(r"[\w-]+(\.[\w-]+)+", domain):
        raise ValueError(f"`{text}` is not a domain; write one such as rival.example")
    return domain


def _currency(text: str) -> str:
    if text not in currencies():
        raise ValueError(f"`{text}` is not a currency in use; write its ISO 4217 code, such as EUR or USD")
    return text


def _minute(value: object) -> int:
    """Read an hour of the day as minutes since midnight."""
    match = _TIME.fullmatch(value.strip()) if isinstance(value, str) else None
    minutes = int(match[1]) * 60 + int(match[2]) if match and int(match[2]) < _HOUR else DAY_MINUTES
    if minutes >= DAY_MINUTES:
        raise ValueError(f"`{value}` is not an hour of the day; write one from 00:00 to 23:59, such as 08:30")
    return minutes


def _weekdays(value: object) -> frozenset[int]:
    """Read days of the week, numbered from Monday."""
    if isinstance(value, str):
        return frozenset(read_days(value))
    raise ValueError("these are not days; write them in words, such as mon-fri, or mon, wed, fri")


def _or_off(value: object) -> object:
    """Let `off` stand for none, and nothing for the default."""
    if value is False or (isinstance(value, str) and value.strip().lower() == "off"):
        return None
    if value is None or isinstance(value, dict | BaseModel):
        return {} if value is None else value
    raise ValueError('a summary has an hour and days; write for example {at: "08:30", days: mon-fri}, or off')


def _number(value: object) -> Decimal:
    if isinstance(value, Decimal):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise ValueError(f"`{value}` is not a number to compare with; write it plainly, such as 50000")
    return Decimal(str(value))


def _rate(value: object) -> Decimal:
    if isinstance(value, Decimal):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < float("inf"):
        raise ValueError(
            f"`{value}` is not a rate; write what one unit is worth in the playbook's currency, such as 0.92"
        )
    return Decimal(str(value))


def _listed(value: object) -> object:
    """Let one word stand for a list of one."""
    return (value,) if isinstance(value, str) else value


def _or_nothing(value: object) -> object:
    return {} if value is None else value


Key = Annotated[str, Field(pattern=r"^[a-z0-9]+(?:[-_][a-z0-9]+)*$", max_length=40)]
Name = Annotated[str, Field(min_length=1, max_length=_LONGEST_NAME)]
Sentence = Annotated[str, Field(min_length=1, max_length=_LONGEST_SENTENCE)]
Hours = Annotated[WeeklyHours, PlainValidator(_hours)]
Duration = Annotated[timedelta, PlainValidator(_duration)]
Number = Annotated[Decimal, PlainValidator(_number)]
Rate = Annotated[Decimal, PlainValidator(_rate)]
PersonKey = Annotated[str, Field(min_length=1), AfterValidator(_person)]
Currency = Annotated[str, AfterValidator(_currency)]
Expression = Annotated[expressions.Expression, PlainValidator(expressions.read)]
Zone = Annotated[str, AfterValidator(_zone)]
Choices = Field(min_length=1, max_length=_MOST_CHOICES)


class Definition(BaseModel):
    """A part of the playbook; nothing in it is changed, and nothing unknown is accepted."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True, arbitrary_types_allowed=True)


class Keyed(Definition):
    """A part known by the word before its colon."""

    key: Key = Field(examples=["demo"])
    name: Name = Field(examples=["Demo request"])


class SummaryHour(Definition):
    """When a team's daily summary comes, as its clocks show it; without `days`, whenever the team works."""

    at: Annotated[int, PlainValidator(_minute)] = 8 * 60 + 30
    days: Annotated[frozenset[int], PlainValidator(_weekdays)] | None = None


class Team(Keyed):
    """People with a manager, a channel, a zone and a region; `hours` of its own, or the playbook's.

    `summary` says when its day is summed up in its channel; None: never.
    """

    manager: PersonKey = Field(examples=["maya.cohen@northwind.example"])
    channel: str = Field(pattern=r"^(#[^\s#]{1,80}|[CG][A-Z0-9]{8,})$", examples=['"#sales-emea"'])
    zone: Zone = Field(examples=["Europe/London"])
    region: Name | None = None
    hours: Hours | None = None
    summary: Annotated[SummaryHour | None, BeforeValidator(_or_off)] = SummaryHour()


class Person(Definition):
    """Somebody by e-mail, Slack user or both; a team where they sell or manage."""

    email: Annotated[str, AfterValidator(_email)] | None = None
    slack: Annotated[str, Field(pattern=r"^[UW][A-Z0-9]{2,}$")] | None = None
    name: Name = Field(examples=["Ana Ruiz"])
    roles: Annotated[tuple[Role, ...], BeforeValidator(_listed), Field(min_length=1)] = Field(examples=["[rep]"])
    team: Key | None = None
    hours: Hours | None = None

    @property
    def key(self) -> str:
        """Return what references name the person by: the e-mail, else the Slack user."""
        return self.email or self.slack or ""


class Pool(Keyed):
    """Reps who share rules, in the order in which their first turns come."""

    team: Key = Field(examples=["emea"])
    members: tuple[PersonKey, ...] = Field(min_length=1, examples=["[ana.ruiz@northwind.example]"])


class Band(Definition):
    """From a number to a number, both included; one of the two may be left open."""

    low: Number | None = Field(default=None, alias="from")
    high: Number | None = Field(default=None, alias="to")

    @model_validator(mode="after")
    def _in_order(self) -> "Band":
        if self.low is None and self.high is None:
            raise ValueError("this band takes everything; write from, to or both")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError(f"from {self.low} to {self.high} holds nothing; swap the two")
        return self

    def holds(self, number: Decimal | int) -> bool:
        """Say whether the number is in the band."""
        return (self.low is None or self.low <= number) and (self.high is None or number <= self.high)


class When(Definition):
    """The conditions of a rule; each of those written must be met.

    `size` counts employees, `value` whole units of the playbook's currency.
    """

    country: Annotated[tuple[Annotated[str, AfterValidator(_country)], ...], BeforeValidator(_listed)] = ()
    size: Band | None = None
    source: Annotated[tuple[Key, ...], BeforeValidator(_listed)] = ()
    value: Band | None = None


class Rule(Definition):
    """Which leads go to which pool: by turns, or offered to the whole pool to be claimed."""

    name: Name = Field(examples=["Everything else"])
    when: Annotated[When, BeforeValidator(_or_nothing)] = When()
    pool: Key = Field(examples=["emea-inbound"])
    offer: Literal["turn", "claim"] = "turn"


class Clocks(Definition):
    """How long a rep has, in their working time, and how many are asked before the manager."""

    accept_within: Duration = timedelta(minutes=30)
    remind_after: Duration | None = Field(
        default_factory=lambda before: before.get("accept_within", timedelta(minutes=30)) / 2
    )
    offers: StrictInt = Field(default=2, ge=1, le=50)
    undo_within: Duration = timedelta(minutes=5)


class Source(Keyed):
    """Where a lead came from."""

    description: Sentence | None = None


class Activity(Keyed):
    """Something a lead may do, and what it counts for; `handoff` hands the lead over at once, whatever the score."""

    points: StrictInt = Field(ge=-1000, le=1000, examples=["15"])
    handoff: bool = False
    description: Sentence | None = None


class Scoring(Definition):
    """How many points make a lead one for sales, and what they are given for."""

    threshold: StrictInt = Field(default=50, ge=1, le=100_000)
    activities: Annotated[tuple[Activity, ...], Choices] = defaults.made(Activity, defaults.ACTIVITIES)

    def activity(self, key: str) -> Activity | None:
        """Return the kind of activity of that key, or None."""
        return next((kind for kind in self.activities if kind.key == key), None)


class Obstacle(Definition):
    """What a gate looks for; each condition written must be met.

    `domain` is that of the e-mail address, or what it ends in; `words` are phrases in whatever the lead wrote, `links`
    and `markup` what spam is full of; `asked` says whether the lead asked for somebody, by a demo or a trial.
    """

    do_not_contact: bool | None = None
    asked: bool | None = None
    free_mail: bool | None = None
    markup: bool | None = None
    links: StrictInt | None = Field(default=None, ge=1)
    domain: Annotated[tuple[Annotated[str, AfterValidator(_domain)], ...], BeforeValidator(_listed)] = ()
    words: Annotated[tuple[Sentence, ...], BeforeValidator(_listed)] = ()

    @model_validator(mode="after")
    def _says_something(self) -> "Obstacle":
        if self == Obstacle.model_construct():
            raise ValueError("this gate would stop everybody; write at least one condition")
        return self


class Gate(Definition):
    """Whom to keep from sales: held as a lead that nobody is asked about, or disqualified for a reason."""

    name: Name = Field(examples=["Free mail"])
    when: Obstacle = Field(examples=["{free_mail: true}"])
    outcome: Literal["hold", "disqualify"] = Field(examples=["hold"])
    reason: Key | None = None

    @model_validator(mode="after")
    def _has_its_reason(self) -> "Gate":
        if self.outcome == "disqualify" and self.reason is None:
            raise ValueError("a lead is disqualified for a reason; add `reason:` with the key of one of yours")
        if self.outcome == "hold" and self.reason is not None:
            raise ValueError("a lead that is held has no reason; remove `reason:`, or write outcome: disqualify")
        return self


class Sender(Keyed):
    """Who posts what it has in a shape of its own, and what that means here.

    `like` names a mapping that comes with Baton; what is written beside it takes the place of its fields, one by one.
    `each` finds the entries of a payload that holds several, `when` says which of them are taken. With a kind of
    activity an entry is something that a lead did, without one it is a lead.
    """

    like: Literal["hubspot", "activecampaign", "typeform", "form"] | None = None
    signature: Signature | None = None
    each: Annotated[str, AfterValidator(expressions.check)] | None = None
    when: Annotated[str, AfterValidator(expressions.check)] | None = None
    lead: dict[str, Expression] = Field(default_factory=dict)
    activity: dict[str, Expression] = Field(default_factory=dict)

    @property
    def known(self) -> KnownSender | None:
        """Return the mapping that it is like, None where it says everything itself."""
        return KNOWN[self.like] if self.like else None

    @property
    def signed(self) -> Signature | None:
        """Return how it signs what it sends, None where it does not."""
        return self.signature or (self.known.signature if self.known else None)


class Reason(Keyed):
    """Why a lead is passed on; `note` says whether a few words must go with it."""

    description: Sentence | None = None
    note: Literal["required", "optional"] = "optional"

    @property
    def note_required(self) -> bool:
        """Say whether a note must go with it."""
        return self.note == "required"


class VerdictReason(Reason):
    """Why a lead is disqualified or lost, described so that everybody means the same by it."""

    description: Sentence = Field(examples=["What it covers, in a sentence."])


class Step(Definition):
    """What a rep is to do next with a lead, and within how much of their working time."""

    name: Name = Field(examples=["Make the first contact"])
    within: Duration = Field(examples=["4h"])


class Stage(Keyed):
    """Where an accepted lead stands; `on_contact` is set by the first contact, `ends` is the verdict it brings.

    `next` is the step that the rep owes a lead who stands there.
    """

    next: Step | None = None
    lifecycle: Literal[Lifecycle.SQL, Lifecycle.OPPORTUNITY] | None = None
    on_contact: bool = False
    ends: Literal["won", "lost"] | None = None


class ContactKind(Keyed):
    """A way of getting in touch."""


class Item(Keyed):
    """One thing to find out, with open questions that find it out, the best one first."""

    questions: tuple[Sentence, ...] = Field(
        min_length=1, max_length=10, examples=["[What happens if nothing changes?]"]
    )
    hint: Sentence | None = None


class Framework(Keyed):
    """A checklist: its items, and how many yeses pass it."""

    needed: StrictInt = Field(alias="pass", ge=1, examples=["3"])
    items: tuple[Item, ...] = Field(min_length=1, max_length=_MOST_ITEMS)

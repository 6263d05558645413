"""What a playbook is made of: the shape of each of its parts."""

from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal

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

from qualification.rules.leads.lifecycle import Lifecycle
from qualification.rules.leads.retention import Ages, RetainedState
from qualification.rules.people.audited import USUALLY_KEPT
from qualification.rules.playbook.field_types import (
    AuditDays,
    DaysOrOff,
    Domain,
    Duration,
    Hours,
    Key,
    Name,
    Number,
    PersonKey,
    RetentionAge,
    Sentence,
    Zone,
    as_list,
    or_empty,
    or_off,
    read_country,
    read_email,
    read_minute,
    read_weekdays,
)

_MOST_ITEMS = 20


class Role(StrEnum):
    """What somebody is in the workspace."""

    REP = "rep"
    MANAGER = "manager"
    MARKETER = "marketer"
    ADMIN = "admin"


class Definition(BaseModel):
    """A part of the playbook; nothing in it is changed, and nothing unknown is accepted."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True, arbitrary_types_allowed=True)


class Keyed(Definition):
    """A part known by the word before its colon."""

    key: Key = Field(examples=["demo"])
    name: Name = Field(examples=["Demo request"])


class SummaryHour(Definition):
    """When a team's daily summary comes, as its clocks show it; without `days`, whenever the team works."""

    at: Annotated[int, PlainValidator(read_minute)] = 8 * 60 + 30
    days: Annotated[frozenset[int], PlainValidator(read_weekdays)] | None = None


class Team(Keyed):
    """People with a manager, a channel, a zone and a region; `hours` of its own, or the playbook's.

    `summary` says when its day is summed up in its channel; None: never.
    """

    manager: PersonKey = Field(examples=["maya.cohen@northwind.example"])
    channel: str = Field(pattern=r"^(#[^\s#]{1,80}|[CG][A-Z0-9]{8,})$", examples=['"#sales-emea"'])
    zone: Zone = Field(examples=["Europe/London"])
    region: Name | None = None
    hours: Hours | None = None
    summary: Annotated[SummaryHour | None, BeforeValidator(or_off)] = SummaryHour()


class Person(Definition):
    """Somebody by e-mail, Slack user or both; a team where they sell or manage."""

    email: Annotated[str, AfterValidator(read_email)] | None = None
    slack: Annotated[str, Field(pattern=r"^[UW][A-Z0-9]{2,}$")] | None = None
    name: Name = Field(examples=["Ana Ruiz"])
    roles: Annotated[tuple[Role, ...], BeforeValidator(as_list), Field(min_length=1)] = Field(examples=["[rep]"])
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

    country: Annotated[tuple[Annotated[str, AfterValidator(read_country)], ...], BeforeValidator(as_list)] = ()
    size: Band | None = None
    source: Annotated[tuple[Key, ...], BeforeValidator(as_list)] = ()
    value: Band | None = None


class Rule(Definition):
    """Which leads go to which pool: by turns, or offered to the whole pool to be claimed."""

    name: Name = Field(examples=["Everything else"])
    when: Annotated[When, BeforeValidator(or_empty)] = When()
    pool: Key = Field(examples=["emea-inbound"])
    offer: Literal["turn", "claim"] = "turn"


class Clocks(Definition):
    """How long a rep has, in their working time, and how many are asked before the manager.

    `company_stays` is for how many days after its last deal a company is offered to the rep who had it; None: never.
    """

    accept_within: Duration = timedelta(minutes=30)
    remind_after: Duration | None = Field(
        default_factory=lambda before: before.get("accept_within", timedelta(minutes=30)) / 2
    )
    offers: StrictInt = Field(default=2, ge=1, le=50)
    undo_within: Duration = timedelta(minutes=5)
    company_stays: DaysOrOff = timedelta(days=90)


class Rights(Definition):
    """Which leads people see beside those that are theirs; contact details never by these.

    An outsider is somebody whom the playbook doesn't name. A marketer sees what became of the leads they announced, a
    rep their own and their pools', a manager their teams'; administrators see everything.
    """

    outsiders: Literal["nothing", "leads"] = "nothing"
    marketers: Literal["announced", "leads"] = "announced"
    reps: Literal["own", "team", "leads"] = "own"
    managers: Literal["teams", "leads"] = "teams"


class LeadRetention(Definition):
    """How long leads of a state are kept after the last thing that happened to them; then they are erased."""

    state: RetainedState = Field(examples=["unworked"])
    after: RetentionAge = Field(examples=["24 months"])


class Retention(Definition):
    """How long things are kept: the audit in days of 24 hours, leads by what they were to sales.

    A state without an entry is kept for ever.
    """

    audit: AuditDays = USUALLY_KEPT
    leads: tuple[LeadRetention, ...] = ()

    @model_validator(mode="after")
    def _each_state_once(self) -> "Retention":
        states = [each.state for each in self.leads]
        for state in states:
            if states.count(state) > 1:
                raise ValueError(f"leads that are {state} have two ages; keep one of them")
        return self

    @property
    def ages(self) -> Ages:
        """Return how long leads are kept, by state."""
        return {each.state: each.after for each in self.leads}


class Source(Keyed):
    """Where a lead came from."""

    description: Sentence | None = None


class GateCondition(Definition):
    """What a gate looks for; each condition written must be met.

    `domain` is that of the e-mail address, or what it ends in; `words` are phrases in whatever the lead wrote, `links`
    and `markup` what spam is full of; `asked` says whether the lead asked for somebody, by a demo or a trial.
    """

    do_not_contact: bool | None = None
    asked: bool | None = None
    free_mail: bool | None = None
    markup: bool | None = None
    links: StrictInt | None = Field(default=None, ge=1)
    domain: Annotated[tuple[Domain, ...], BeforeValidator(as_list)] = ()
    words: Annotated[tuple[Sentence, ...], BeforeValidator(as_list)] = ()

    @model_validator(mode="after")
    def _says_something(self) -> "GateCondition":
        if self == GateCondition.model_construct():
            raise ValueError("this gate would stop everybody; write at least one condition")
        return self


class Gate(Definition):
    """Whom to keep from sales: held as a lead that nobody is asked about, or disqualified for a reason."""

    name: Name = Field(examples=["Free mail"])
    when: GateCondition = Field(examples=["{free_mail: true}"])
    outcome: Literal["hold", "disqualify"] = Field(examples=["hold"])
    reason: Key | None = None

    @model_validator(mode="after")
    def _has_its_reason(self) -> "Gate":
        if self.outcome == "disqualify" and self.reason is None:
            raise ValueError("a gate that disqualifies needs a reason; add `reason:` with the key of one of yours")
        if self.outcome == "hold" and self.reason is not None:
            raise ValueError(
                "a gate that holds leads can't have a reason; remove `reason:`, or write outcome: disqualify"
            )
        return self


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

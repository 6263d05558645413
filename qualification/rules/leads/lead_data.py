"""What senders say of leads and of what they do, in one shape; whoever has another is mapped to it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Annotated, Any, Final

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from qualification.rules.values import normalization
from qualification.rules.values.normalization import storable

MOST_ROWS: Final = 500
MOST_FIELDS: Final = 100
LONGEST_TEXT: Final = 5000
# In the order in which they come.
HANDOFF_TIMES: Final = ("at", "accepted_at", "contacted_at", "ended_at")
_DEEPEST: Final = 100
_EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
_HALF_A_DAY: Final = timedelta(hours=12)


def _tidy(value: object) -> object:
    """Take off what cannot be kept and the blanks around; an empty text is none."""
    return (storable(value).strip() or None) if isinstance(value, str) else value


def _written(value: object) -> object:
    """Take a number for the text that it reads as."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else _tidy(value)


def _counted(value: object) -> object:
    """Read a number of employees as people write it."""
    return normalization.parse_size(value) if isinstance(value, str) and value.strip() else value or None


def _in_time(at: datetime) -> datetime:
    if at < _EARLIEST:
        raise ValueError("is before the year 2000")
    return at


def _few(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    if len(fields) > MOST_FIELDS:
        raise ValueError(f"has more than {MOST_FIELDS} entries")
    return {storable(name): _kept(value, 1) for name, value in fields.items()}


def _kept(value: object, depth: int) -> object:
    """Return what comes as every database keeps it: PostgreSQL's JSON has no NUL, and no number that is none."""
    match value:
        case _ if depth > _DEEPEST:
            raise ValueError("is nested too deeply")
        case str():
            return storable(value)
        case float() if not isfinite(value):
            raise ValueError("holds a number that isn't finite")
        case dict():
            return {storable(str(name)): _kept(each, depth + 1) for name, each in value.items()}
        case list():
            return [_kept(each, depth + 1) for each in value]
    return value


Text = Annotated[str | None, BeforeValidator(_tidy)]
Written = Annotated[str | None, BeforeValidator(_written)]
Id = Annotated[str, BeforeValidator(_written), Field(min_length=1, max_length=200)]
Word = Annotated[str, BeforeValidator(_tidy), Field(min_length=1, max_length=40)]
Email = Annotated[Text, AfterValidator(lambda text: normalization.check_email(text) if text else None)]
Country = Annotated[Text, AfterValidator(lambda text: normalization.check_country(text) if text else None)]
Moment = Annotated[AwareDatetime, AfterValidator(_in_time)]
Size = Annotated[int | None, BeforeValidator(_counted)]
Fields = Annotated[dict[str, Any], AfterValidator(_few)]


class Given(BaseModel):
    """What a sender says; an entry that is not known is refused, so that no slip of the pen is lost unseen."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def can_be_known(fields: Collection[str]) -> bool:
    """Say whether a lead of which these are told can be known again."""
    return bool({"id", "email"} & {*fields}) or {"name", "company"} <= {*fields}


class GivenLead(Given):
    """A person who may buy, as a sender knows them: by its own id, an e-mail address, or full name and company."""

    id: Written = Field(default=None, max_length=200, description="The sender's own id of the lead.")
    email: Email = Field(default=None, max_length=320)
    name: Text = Field(default=None, max_length=300, description="First and last name.")
    company: Text = Field(default=None, max_length=300)
    website: Text = Field(default=None, max_length=300, description="Of the company: an address or a domain.")
    phone: Text = Field(default=None, max_length=60)
    title: Text = Field(default=None, max_length=300, description="What they are at the company.")
    country: Country = Field(default=None, max_length=100, description="A code of two letters, or the English name.")
    size: Size = Field(default=None, ge=0, le=10_000_000, description="Employees.")
    value: Written = Field(
        default=None, max_length=40, description="What a deal may bring, such as 12000 or 12000 USD."
    )
    source: Text = Field(
        default=None, max_length=40, description="Where they came from: a key of the playbook's sources."
    )
    campaign: Text = Field(default=None, max_length=200)
    problem: Text = Field(default=None, max_length=LONGEST_TEXT, description="What they wrote, in their own words.")
    do_not_contact: bool | None = None
    fields: Fields = Field(default_factory=dict, description="Anything else; kept as it comes.")

    @model_validator(mode="after")
    def _can_be_known(self) -> "GivenLead":
        if not (self.id or self.email or (self.name and self.company)):
            raise ValueError("doesn't identify anybody: give an id, an email, or a name and a company")
        return self

    @property
    def known_by(self) -> str | tuple[str, str]:
        """Return what tells the lead from any other of its sender, the same however it is written."""
        if self.id or self.email:
            return self.id or normalization.fold_mailbox(self.email or "")
        return normalization.fold_name(self.name or ""), normalization.fold_company(self.company or "")


class GivenAct(Given):
    """Something that somebody did, once; sent twice, it counts once."""

    id: Id = Field(description="The sender's own id of the activity.")
    kind: Word = Field(description="A key of the playbook's scoring.activities.")
    at: Moment | None = Field(
        default=None, description="When it was done, with its zone; when it came, where not given."
    )
    what: Text = Field(
        default=None, max_length=LONGEST_TEXT, description="What it was, in words: a page, a title, a message."
    )
    fields: Fields = Field(default_factory=dict, description="Anything else; kept as it comes.")


class GivenActivity(GivenAct):
    """Something a lead did, once; sent twice, it counts once."""

    lead: GivenLead


class GivenHandoff(Given):
    """How a lead fared in sales before it came here: at a stage that goes on, or ended there or disqualified."""

    id: Written = Field(default=None, max_length=200, description="The sender's own id of the deal.")
    owner: Text = Field(default=None, max_length=320, description="The rep: e-mail, Slack user or name.")
    team: Text = Field(default=None, max_length=40, description="A key of the teams; the owner's own by default.")
    stage: Text = Field(default=None, max_length=40, description="A key of the playbook's stages.")
    disqualified: Text = Field(default=None, max_length=40, description="A key of the disqualify_reasons.")
    lost: Text = Field(default=None, max_length=40, description="A key of the lost_reasons, for a stage that ends so.")
    at: Moment | None = Field(default=None, description="When it was handed over.")
    accepted_at: Moment | None = None
    contacted_at: Moment | None = None
    ended_at: Moment | None = None
    did: Text = Field(default=None, max_length=LONGEST_TEXT, description="What they did that made them ready.")
    note: Text = Field(default=None, max_length=LONGEST_TEXT, description="What sales wrote of them.")

    @model_validator(mode="after")
    def _goes_one_way(self) -> "GivenHandoff":
        if self.disqualified and (self.stage or self.lost):
            raise ValueError("is both disqualified and at a stage: give only one of them")
        if not (self.disqualified or self.stage):
            raise ValueError("has neither a stage nor a disqualify reason")
        return self

    @property
    def first_at(self) -> datetime | None:
        """Return the earliest moment that it tells of."""
        return min(filter(None, (self.at, self.accepted_at, self.contacted_at, self.ended_at)), default=None)


@dataclass(frozen=True, slots=True)
class GivenRow:
    """A row of a file: a lead, what it did, and how it fared in sales if it was there.

    `days` are those of its moments that stand for a whole day, of which they are the noon.
    """

    lead: GivenLead
    acts: tuple[GivenAct, ...] = ()
    handoff: GivenHandoff | None = None
    days: frozenset[datetime] = frozenset()

    def earliest(self, at: datetime) -> datetime:
        """Return when that was at the earliest."""
        return at - _HALF_A_DAY if at in self.days else at

    def latest(self, at: datetime) -> datetime:
        """Return when that was at the latest."""
        return at + _HALF_A_DAY - timedelta.resolution if at in self.days else at

    def as_of(self, now: datetime) -> "GivenRow":
        """Return the row with each day at a time that can be: not to come yet, nor the end before what came before."""
        if not self.days:
            return self
        acts = tuple(act.model_copy(update={"at": self._past(act.at, now)}) for act in self.acts)
        handoff = self.handoff
        if handoff is not None:
            times = {field: self._past(getattr(handoff, field), now) for field in HANDOFF_TIMES}
            ended = times["ended_at"]
            if ended is not None and ended in self.days:
                times["ended_at"] = max(filter(None, times.values()))
            elif ended is not None:
                times = {field: min(at, ended) if at in self.days else at for field, at in times.items()}
            handoff = handoff.model_copy(update=times)
        return replace(self, acts=acts, handoff=handoff)

    def _past(self, at: datetime | None, now: datetime) -> datetime | None:
        return now if at is not None and at in self.days and at > now else at

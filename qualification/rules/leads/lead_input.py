"""What senders write about leads, their activities and their earlier deals, checked field by field.

Payloads and files in another shape are mapped to these models first.
"""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Annotated, Any, Final

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic.json_schema import SkipJsonSchema

from qualification.rules.leads.losses import Loss
from qualification.rules.values import normalization
from qualification.rules.values.normalization import storable
from qualification.rules.values.phones import tidy_phone

MOST_ROWS: Final = 500
MOST_FIELDS: Final = 100
# Addresses and phone numbers of one person, beside the first.
MOST_FURTHER: Final = 10
LONGEST_TEXT: Final = 5000
# The moments of a deal, in the order in which they happen.
HANDOFF_TIMES: Final = ("at", "accepted_at", "contacted_at", "ended_at")
_DEEPEST: Final = 100
_EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
_HALF_A_DAY: Final = timedelta(hours=12)


def _stripped(value: object) -> object:
    """Strip blanks and characters that no database stores from a text; an empty text becomes None."""
    return (storable(value).strip() or None) if isinstance(value, str) else value


def _as_text(value: object) -> object:
    """Turn a number into its text."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return str(value)
        except ValueError:  # a whole number of more digits than Python writes
            return value
    return _stripped(value)


def _as_written(value: object) -> object:
    """Return the text as people write it, with HTML's entities as the characters they stand for."""
    text = _as_text(value)
    return _stripped(normalization.unescaped(text)) if isinstance(text, str) else text


def _unless_blank(value: object) -> object:
    """Return None for what says that nothing is there, such as N/A: it was not given, so it isn't lost."""
    return None if isinstance(value, str) and normalization.is_blank(value) else value


def _employees(value: object) -> object:
    """Read a number of employees as people write it, such as 51-200."""
    return normalization.parse_size(value) if isinstance(value, str) and value.strip() else value or None


def _since_2000(at: datetime) -> datetime:
    if at < _EARLIEST:
        raise ValueError("is before the year 2000")
    return at


def _storable_fields(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    if len(fields) > MOST_FIELDS:
        raise ValueError(f"has more than {MOST_FIELDS} entries")
    return {storable(name): storable_json(value) for name, value in fields.items()}


def storable_json(value: object, depth: int = 1) -> object:
    """Return JSON as every database stores it; PostgreSQL's has no NUL characters.

    Raises ValueError for what is nested more than 100 deep, and for NaN and infinity.
    """
    match value:
        case _ if depth > _DEEPEST:
            raise ValueError("is nested too deeply")
        case str():
            return storable(value)
        case float() if not isfinite(value):
            raise ValueError("holds a number that isn't finite")
        case dict():
            return {storable(str(name)): storable_json(each, depth + 1) for name, each in value.items()}
        case list():
            return [storable_json(each, depth + 1) for each in value]
    return value


AsItIs = Annotated[str | None, BeforeValidator(_as_text)]
Text = Annotated[str | None, BeforeValidator(_as_written)]
Given = Annotated[Text, BeforeValidator(_unless_blank)]
Id = Annotated[str, BeforeValidator(_as_text), Field(min_length=1, max_length=200)]
PlaybookKey = Annotated[str, BeforeValidator(_stripped), Field(min_length=1, max_length=40)]
Email = Annotated[Given, AfterValidator(lambda text: normalization.check_email(text) if text else None)]
Country = Annotated[Given, AfterValidator(lambda text: normalization.check_country(text) if text else None)]
Moment = Annotated[AwareDatetime, AfterValidator(_since_2000)]
FurtherEmail = Annotated[
    str, BeforeValidator(_as_text), Field(max_length=320), AfterValidator(normalization.check_email)
]
Phone = Annotated[Given, AfterValidator(lambda text: tidy_phone(text) or None if text else None)]
FurtherPhone = Annotated[str, BeforeValidator(_as_text), Field(max_length=60)]
Size = Annotated[int | None, BeforeValidator(_employees), BeforeValidator(_unless_blank)]
Fields = Annotated[dict[str, Any], AfterValidator(_storable_fields)]


class SenderInput(BaseModel):
    """Something a sender writes, in its strict shape; `rules/intake/lenient.py` makes what people send fit it.

    `losses` says what that cost; senders don't write it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    losses: SkipJsonSchema[tuple[Loss, ...]] = ()


def fields_of(shape: type[SenderInput]) -> tuple[str, ...]:
    """Return the fields that senders write, in their order."""
    return tuple(name for name in shape.model_fields if name != "losses")


def identifies_lead(fields: Collection[str]) -> bool:
    """Say whether these fields are enough to know a person by: an id, an email, a phone, or a name and a company."""
    return bool({"id", "email", "phone"} & {*fields}) or {"name", "company"} <= {*fields}


class LeadInput(SenderInput):
    """A person who may buy: known by the sender's own id, an e-mail address, a phone number, or full name and company.

    An address with a slip in it is enough too, for people can read it; without an @, it needs a name beside it.
    """

    id: AsItIs = Field(default=None, max_length=200, description="The sender's own id of the lead.")
    email: Email = Field(default=None, max_length=320)
    emails: tuple[FurtherEmail, ...] = Field(default=(), max_length=MOST_FURTHER, description="Further addresses.")
    name: Text = Field(default=None, max_length=300, description="First and last name.")
    company: Given = Field(default=None, max_length=300)
    website: Given = Field(default=None, max_length=300, description="Of the company: an address or a domain.")
    phone: Phone = Field(default=None, max_length=60)
    phones: tuple[FurtherPhone, ...] = Field(default=(), max_length=MOST_FURTHER, description="Further numbers.")
    title: Text = Field(default=None, max_length=300, description="What they are at the company.")
    country: Country = Field(default=None, max_length=100, description="A code of two letters, or the name.")
    size: Size = Field(default=None, ge=0, le=10_000_000, description="Employees.")
    value: Given = Field(default=None, max_length=40, description="What a deal may bring, such as 12000 or 12000 USD.")
    source: Text = Field(
        default=None, max_length=40, description="Where they came from: a key of the playbook's sources."
    )
    campaign: Text = Field(default=None, max_length=200)
    problem: Text = Field(default=None, max_length=LONGEST_TEXT, description="What they wrote, in their own words.")
    do_not_contact: bool | None = None
    fields: Fields = Field(default_factory=dict, description="Anything else; kept as it comes.")

    @model_validator(mode="after")
    def _is_identified(self) -> "LeadInput":
        slips = [loss.written for loss in self.losses if loss.field == "email"]
        is_written = any("@" in slip or self.name for slip in slips)
        if not (self.id or self.email or self.phone or (self.name and self.company) or is_written):
            raise ValueError("is nobody: give an id, an email, a phone, or a name and a company")
        return self

    @property
    def identity(self) -> str | tuple[str, ...]:
        """What tells the lead from others of its sender: id, else mailbox, else name with company or phone, folded."""
        if self.id or self.email:
            return self.id or normalization.fold_mailbox(self.email or "")
        name = normalization.fold_name(self.name or "")
        if name and self.company:
            return name, normalization.fold_company(self.company)
        digits = "".join(char for char in self.phone or "" if char.isdigit())
        return name, digits, *(loss.written.casefold() for loss in self.losses if loss.field == "email")

    @property
    def weak_id(self) -> str | None:
        """An id made of what identifies somebody without id, address and company, so that the same comes in once."""
        if self.id or self.email or (self.name and self.company):
            return None
        whole = "\0".join(self.identity)
        return f"~{hashlib.sha256(whole.encode(errors='backslashreplace')).hexdigest()[:24]}"


class ActivityDetails(SenderInput):
    """Something that a lead did once, apart from who the lead is; sent twice, it counts once."""

    id: Id = Field(description="The sender's own id of the activity.")
    kind: PlaybookKey = Field(description="A key of the playbook's scoring.activities.")
    at: Moment | None = Field(
        default=None, description="When it was done, with its zone; when it came, where not given."
    )
    what: Text = Field(
        default=None, max_length=LONGEST_TEXT, description="What it was, in words: a page, a title, a message."
    )
    fields: Fields = Field(default_factory=dict, description="Anything else; kept as it comes.")


class ActivityInput(ActivityDetails):
    """Something that a lead did once; sent twice, it counts once."""

    lead: LeadInput


class HandoffInput(SenderInput):
    """A lead's earlier deal: at a stage, which may have ended it, or disqualified."""

    id: AsItIs = Field(default=None, max_length=200, description="The sender's own id of the deal.")
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
    def _has_one_outcome(self) -> "HandoffInput":
        if self.disqualified and (self.stage or self.lost):
            raise ValueError("is both disqualified and at a stage: give only one of them")
        if not (self.disqualified or self.stage):
            raise ValueError("has neither a stage nor a disqualify reason")
        return self

    @property
    def first_at(self) -> datetime | None:
        """The earliest of its moments; None if it has none."""
        return min(filter(None, (self.at, self.accepted_at, self.contacted_at, self.ended_at)), default=None)


@dataclass(frozen=True, slots=True)
class ImportRow:
    """A row of a file: a lead, its activities, and its earlier deal if it had one.

    `days` holds those of its moments that stand for a whole day; each is the noon of its day. `left_out` says what is
    wrong with the activities and the deal that the row describes and that aren't among these.
    """

    lead: LeadInput
    activities: tuple[ActivityDetails, ...] = ()
    handoff: HandoffInput | None = None
    days: frozenset[datetime] = frozenset()
    left_out: tuple[Loss, ...] = ()

    def earliest(self, at: datetime) -> datetime:
        """Return the earliest time that the moment may mean."""
        return at - _HALF_A_DAY if at in self.days else at

    def latest(self, at: datetime) -> datetime:
        """Return the latest time that the moment may mean."""
        return at + _HALF_A_DAY - timedelta.resolution if at in self.days else at

    def as_of(self, now: datetime) -> "ImportRow":
        """Return the row with each whole day at a possible time: not after `now`, and no deal ended before it began."""
        if not self.days:
            return self
        activities = tuple(each.model_copy(update={"at": self._until(each.at, now)}) for each in self.activities)
        handoff = self.handoff
        if handoff is not None:
            times = {field: self._until(getattr(handoff, field), now) for field in HANDOFF_TIMES}
            ended = times["ended_at"]
            if ended is not None and ended in self.days:
                times["ended_at"] = max(filter(None, times.values()))
            elif ended is not None:
                times = {field: min(at, ended) if at in self.days else at for field, at in times.items()}
            handoff = handoff.model_copy(update=times)
        return replace(self, activities=activities, handoff=handoff)

    def _until(self, at: datetime | None, now: datetime) -> datetime | None:
        return now if at is not None and at in self.days and at > now else at

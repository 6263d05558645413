"""The playbook: a team's definitions, read from YAML and checked as a whole."""

from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from qualification.rules.people.weekly_hours import WeeklyHours
from qualification.rules.playbook import cross_checks, defaults, schema_errors, yaml_document
from qualification.rules.playbook.errors import PlaybookError, PlaybookFaults, without_echoes
from qualification.rules.playbook.field_types import Choices, Currency, Domain, Hours, Key, Rate, as_list, or_empty
from qualification.rules.playbook.schema import (
    Clocks,
    ContactKind,
    Definition,
    Framework,
    Gate,
    Item,
    Person,
    Pool,
    Reason,
    Retention,
    Rights,
    Role,
    Rule,
    Source,
    Stage,
    Step,
    Team,
    VerdictReason,
    When,
)
from qualification.rules.playbook.scoring_schema import Scoring
from qualification.rules.playbook.sender import Sender
from qualification.rules.reporting.summary_schedule import Timetable

__all__ = [
    "Clocks",
    "ContactKind",
    "Framework",
    "Gate",
    "Item",
    "Person",
    "Playbook",
    "PlaybookError",
    "PlaybookFaults",
    "Pool",
    "Reason",
    "Retention",
    "Rights",
    "Role",
    "Rule",
    "Scoring",
    "Sender",
    "Source",
    "Stage",
    "Step",
    "Team",
    "VerdictReason",
    "When",
    "parse",
]


def _named(section: object) -> object:
    """Give each entry of a section the word before its colon as its key."""
    if not isinstance(section, dict):
        return section
    return {key: {**entry, "key": key} if isinstance(entry, dict) else entry for key, entry in section.items()}


class Playbook(Definition):
    """Everything a workspace works by; equal texts make equal playbooks."""

    version: Literal[1] = 1
    currency: Currency = defaults.CURRENCY
    rates: dict[Currency, Rate] = Field(default_factory=dict)
    default_team: Key = Field(examples=["emea"])
    hours: Hours = WeeklyHours.parse(defaults.HOURS)
    teams: Annotated[dict[Key, Team], BeforeValidator(_named), Field(min_length=1)] = Field(examples=["emea: {…}"])
    people: tuple[Person, ...] = Field(min_length=1, examples=["[…]"])
    pools: Annotated[dict[Key, Pool], BeforeValidator(_named), Field(min_length=1)] = Field(
        examples=["emea-inbound: {…}"]
    )
    rules: tuple[Rule, ...] = Field(min_length=1, examples=["[…]"])
    clocks: Clocks = Clocks()
    rights: Rights = Rights()
    retention: Annotated[Retention, BeforeValidator(or_empty)] = Retention()
    scoring: Scoring = Scoring()
    gates: tuple[Gate, ...] = defaults.made(Gate, defaults.GATES)
    sources: Annotated[tuple[Source, ...], Choices] = defaults.made(Source, defaults.SOURCES)
    shared_domains: Annotated[tuple[Domain, ...], BeforeValidator(as_list)] = ()
    senders: Annotated[dict[Key, Sender], BeforeValidator(_named)] = Field(default_factory=dict)
    pass_on_reasons: Annotated[tuple[Reason, ...], Choices] = defaults.made(Reason, defaults.PASS_ON_REASONS)
    disqualify_reasons: Annotated[tuple[VerdictReason, ...], Choices] = defaults.made(
        VerdictReason, defaults.DISQUALIFY_REASONS
    )
    lost_reasons: Annotated[tuple[VerdictReason, ...], Choices] = defaults.made(VerdictReason, defaults.LOST_REASONS)
    stages: Annotated[tuple[Stage, ...], Choices] = defaults.made(Stage, defaults.STAGES)
    contact_kinds: Annotated[tuple[ContactKind, ...], Choices] = defaults.made(ContactKind, defaults.CONTACT_KINDS)
    frameworks: Annotated[dict[Key, Framework], BeforeValidator(_named), Field(min_length=1)] = Field(
        default_factory=lambda: {each.key: each for each in defaults.made(Framework, defaults.FRAMEWORKS)}
    )

    @model_validator(mode="before")
    @classmethod
    def _only_team_is_default(cls, data: object) -> object:
        if isinstance(data, dict) and "default_team" not in data:
            teams = data.get("teams")
            if isinstance(teams, dict) and len(teams) == 1:
                return {**data, "default_team": next(iter(teams))}
        return data

    @property
    def zone(self) -> ZoneInfo:
        """Return the zone that the workspace's own nights go by: the default team's."""
        return ZoneInfo(self.teams[self.default_team].zone)

    @property
    def shared(self) -> frozenset[str]:
        """Return the domains that the playbook says are no company's, beside those that are known to be shared."""
        return frozenset(self.shared_domains)

    @property
    def first_stage(self) -> Stage:
        """Return the stage of a lead just accepted."""
        return self.stages[0]

    @property
    def contact_stage(self) -> Stage | None:
        """Return the stage that the first contact brings, if one does."""
        return next((stage for stage in self.stages if stage.on_contact), None)

    @property
    def main_framework(self) -> Framework:
        """Return the checklist that makes an accepted lead an SQL: BANT, or the first where a team has others."""
        return self.frameworks.get("bant") or next(iter(self.frameworks.values()))

    def ending_stage(self, ends: Literal["won", "lost"]) -> Stage:
        """Return the stage that brings that verdict."""
        return next(stage for stage in self.stages if stage.ends == ends)

    def rule(self, name: str) -> Rule | None:
        """Return the rule of that name, or None."""
        return next((rule for rule in self.rules if rule.name == name), None)

    def source(self, key: str) -> Source | None:
        """Return the source of that key, or None."""
        return next((source for source in self.sources if source.key == key), None)

    def sender(self, key: str) -> Sender | None:
        """Return the sender of that key, or None."""
        return self.senders.get(key)

    def stage(self, key: str) -> Stage | None:
        """Return the stage of that key, or None."""
        return next((stage for stage in self.stages if stage.key == key), None)

    def framework(self, key: str) -> Framework | None:
        """Return the framework of that key, or None."""
        return self.frameworks.get(key)

    def contact_kind(self, key: str) -> ContactKind | None:
        """Return the kind of contact of that key, or None."""
        return next((kind for kind in self.contact_kinds if kind.key == key), None)

    def pass_on_reason(self, key: str) -> Reason | None:
        """Return the reason to pass on of that key, or None."""
        return next((reason for reason in self.pass_on_reasons if reason.key == key), None)

    def disqualify_reason(self, key: str) -> VerdictReason | None:
        """Return the reason to disqualify of that key, or None."""
        return next((reason for reason in self.disqualify_reasons if reason.key == key), None)

    def lost_reason(self, key: str) -> VerdictReason | None:
        """Return the reason a deal was lost of that key, or None."""
        return next((reason for reason in self.lost_reasons if reason.key == key), None)

    def person(self, email_or_slack: str) -> Person | None:
        """Return the person of that e-mail (in lower case) or Slack user, or None."""
        return next((each for each in self.people if email_or_slack in {each.email, each.slack}), None)

    def hours_for(self, email_or_slack: str) -> WeeklyHours:
        """Return the weekly hours somebody works: their own, else their team's, else the playbook's."""
        person = self.person(email_or_slack)
        if person is None:
            return self.hours
        return person.hours or (self.hours_for_team(person.team) if person.team else self.hours)

    def hours_for_team(self, key: str) -> WeeklyHours:
        """Return the weekly hours of a team: its own, else the playbook's; raises KeyError for a team it has not."""
        return self.teams[key].hours or self.hours

    def summary_of(self, key: str) -> Timetable | None:
        """Return when a team's day is summed up, None where it never is; raises KeyError for a team it has not."""
        team = self.teams[key]
        if team.summary is None:
            return None
        working = frozenset(day for day, spans in enumerate(self.hours_for_team(key).days) if spans)
        return Timetable(team.summary.at, team.summary.days or working, ZoneInfo(team.zone))


def parse(text: str, file: str = "playbook.yaml") -> Playbook:
    """Read a playbook; raise PlaybookFaults with every fault of the writing, the shape and the references at once.

    `file` is how the faults name the file; nothing is read from it.
    """
    document = yaml_document.parse_yaml(text)
    faults = list(document.faults)
    playbook = None
    if document.data is not None:
        try:
            playbook = Playbook.model_validate(document.data)
        except ValidationError as error:
            faults += schema_errors.faults(error, Playbook, document)
        faults += (document.fault(path, message) for path, message in cross_checks.faults(document))
    if playbook is None or faults:
        raise PlaybookFaults(without_echoes(faults), file)
    return playbook

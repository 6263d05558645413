"""Everybody there can be, one lead in each state, and every request Slack can send: to see who may do and see what.

Whoever had a lead and has left has leads of their own, so that what was theirs is tried too. Each lead carries words of
its own, by which one sees what an answer tells of it.
"""

import itertools
import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from pathlib import Path
from typing import Any, Final

from sqlalchemy import text

from bot.app import Baton
from qualification.checklists import checklists
from qualification.checklists.checklists import Given
from qualification.handoffs import decisions, handover, own_company, progress, snooze
from qualification.handoffs.context import HandoffCommand
from qualification.handoffs.handover_form import HandOverForm
from qualification.intake import ingest
from qualification.organisation import publishing
from qualification.people import people
from qualification.records import Handoff, Merge, Task
from qualification.rules.checklists.frameworks import Verdict
from qualification.rules.leads.lead_input import ActivityInput, LeadInput
from sandbox.server import Sandbox
from sandbox.workspace.seed import ChannelSeed, PersonSeed, WorkspaceSeed

Json = dict[str, Any]

# What each is here; those who are in no playbook are last.
PEOPLE: Final = {
    "whose it is": "Ana Ruiz",
    "pool colleague": "Ben Okafor",
    "team colleague": "Chloe Martin",
    "rep elsewhere": "Dan Lee",
    "manager": "Maya Cohen",
    "manager elsewhere": "Eva Torres",
    "who announced": "Mika Sato",
    "marketer": "Nora Berg",
    "administrator": "Olu Adeyemi",
    "former rep": "Fay Moore",
    "deactivated rep": "Gus Hill",
    "member": "Kim Park",
    "of another workspace": "Lou Stone",
}
GONE: Final = frozenset({"former rep", "deactivated rep", "member", "of another workspace"})
ADDRESSES: Final = {name: f"{name.lower().replace(' ', '.')}@northwind.example" for name in PEOPLE.values()}
SEED: Final = WorkspaceSeed(
    "Northwind",
    "northwind",
    people=tuple(PersonSeed(name, address, "Europe/London") for name, address in ADDRESSES.items()),
    channels=(ChannelSeed("general"), ChannelSeed("sales-emea"), ChannelSeed("sales-amer")),
)


def playbook(*, with_fay: bool) -> str:
    """Return the playbook, with or without whoever leaves it."""
    roles = {
        "Ana Ruiz": "rep, emea",
        "Ben Okafor": "rep, emea",
        "Chloe Martin": "rep, emea",
        "Dan Lee": "rep, amer",
        "Maya Cohen": "manager, emea",
        "Eva Torres": "manager, amer",
        "Mika Sato": "marketer",
        "Nora Berg": "marketer",
        "Olu Adeyemi": "admin",
        "Gus Hill": "rep, emea",
        **({"Fay Moore": "rep, emea"} if with_fay else {}),
    }
    lines = []
    for name, role in roles.items():
        kind, _, team = role.partition(", ")
        lines.append(
            f"  - {{email: {ADDRESSES[name]}, name: {name}, roles: [{kind}]{f', team: {team}' if team else ''}}}"
        )
    return "\n".join(
        (
            "version: 1",
            'hours: {mon-sun: "00:00-24:00"}',
            "default_team: emea",
            "teams:",
            f'  emea: {{name: EMEA, manager: {ADDRESSES["Maya Cohen"]}, channel: "#sales-emea", zone: UTC}}',
            f'  amer: {{name: Americas, manager: {ADDRESSES["Eva Torres"]}, channel: "#sales-amer", zone: UTC}}',
            "people:",
            *lines,
            "pools:",
            f"  emea: {{name: EMEA, team: emea, members: [{ADDRESSES['Ana Ruiz']}, {ADDRESSES['Ben Okafor']}]}}",
            f"  other: {{name: Other, team: emea, members: [{ADDRESSES['Chloe Martin']}]}}",
            f"  amer: {{name: Americas, team: amer, members: [{ADDRESSES['Dan Lee']}]}}",
            "rules:",
            "  - {name: Webinars, when: {source: webinar}, pool: emea, offer: claim}",
            "  - {name: Everything else, pool: emea}",
            "",
        )
    )


class Told(IntEnum):
    """How much an answer tells of a lead, each more than the one before."""

    NOTHING = 0
    OUTCOME = 1
    LEAD = 2
    CONTACT = 3


@dataclass(frozen=True, slots=True)
class Subject:
    """One lead, by words that no other has, and its handoff, if it has one."""

    number: int
    lead_id: int
    handoff_id: int | None
    offer_id: int | None
    task_id: int | None = None
    merge_id: int | None = None

    @property
    def words(self) -> dict[Told, tuple[str, ...]]:
        """What tells how much of it."""
        form = form_of(self.number)
        return {
            Told.OUTCOME: (form.company, form.person),
            Told.LEAD: (form.problem, form.campaign, f"Murmur{self.number:02d}", f"{70_000 + self.number:,}"),
            Told.CONTACT: (form.email, form.email.partition("@")[0], form.phone),
        }


def form_of(number: int) -> HandOverForm:
    """Return how a lead is handed over."""
    return HandOverForm(
        company=f"Quartz{number:02d}",
        person=f"Perla{number:02d} Stein",
        email=f"box{number:02d}x@mail{number:02d}.example",
        phone=f"+4930555{number:04d}",
        did=f"Deed{number:02d}",
        problem=f"Trouble{number:02d}",
        campaign=f"Spring{number:02d}",
        value=f"{70_000 + number}",
    )


@dataclass
class RightsWorld:
    """The bot, its people, and the leads by state and by whose they are or were."""

    sandbox: Sandbox
    baton: Baton
    now: datetime
    file: Path
    subjects: dict[tuple[str, str], Subject] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    stored: sqlite3.Connection = field(default_factory=lambda: sqlite3.connect(":memory:", check_same_thread=False))

    @property
    def workspace_id(self) -> int:
        """The id of the workspace's record."""
        return self.baton.installations[0].id

    def user(self, kind: str) -> str:
        """Return the Slack user id of this kind of person."""
        return self.sandbox.person(PEOPLE[kind]).id

    def subject(self, state: str, kind: str) -> Subject:
        """Return the lead in that state that this kind of person may have to do with."""
        return self.subjects.get((state, kind)) or self.subjects[state, "whose it is"]

    def keep(self) -> None:
        """Remember everything that is stored."""
        with closing(sqlite3.connect(self.file)) as live:
            live.backup(self.stored)

    def restore(self) -> None:
        """Put back what was remembered."""
        with closing(sqlite3.connect(self.file)) as live:
            self.stored.backup(live)

    def stands(self) -> object:
        """Return what tells whether anything was changed but the names of newcomers."""
        with self.baton.database.snapshot() as session:
            return [tuple(session.execute(text(question)).one()) for question in _CHANGES]

    def prepare(self) -> None:
        """Bring a lead into each state, for those who are here, for one who leaves and for one who is deactivated."""
        self._publish(with_fay=True)
        while self.baton.directories[0].look_up():
            pass
        for whose in ("whose it is", "former rep", "deactivated rep"):
            for state, reach in _STATES.items():
                self.subjects[state, whose] = self._bring(reach, whose)
        self.subjects["pooled", "whose it is"] = self._hand_over(source="webinar")
        self.subjects["queue", "whose it is"] = self._queue()
        self.subjects["unknown to sales", "whose it is"] = self._take(next(self.numbers))
        self.subjects["merged", "whose it is"] = self._merge()
        self.subjects["moved", "whose it is"] = self._move()
        self.subjects["held", "whose it is"] = self._hold(next(self.numbers))
        self._publish(with_fay=False)
        with self.baton.database.transaction() as session:
            people.refresh(
                session,
                self.workspace_id,
                self.user("deactivated rep"),
                name=None,
                zone=None,
                locale=None,
                deactivated=True,
                now=self.now,
            )
        self.keep()

    def _publish(self, *, with_fay: bool) -> None:
        with self.baton.database.transaction() as session:
            written = playbook(with_fay=with_fay)
            publishing.publish(session, workspace_id=self.workspace_id, text=written, by="a test", now=self.now)

    def does(self, use_case: Callable[..., Any], kind: str, subject: Subject, **facts: object) -> Any:
        """Have somebody decide about a lead."""
        with self.baton.database.transaction() as session:
            command = HandoffCommand(
                self.workspace_id, self.user(kind), subject.handoff_id or 0, self.now, subject.offer_id
            )
            return use_case(session, command, **facts)

    def again(self, subject: Subject) -> Subject:
        """Return the lead as it stands by now."""
        with self.baton.database.snapshot() as session:
            handoff = session.get_one(Handoff, subject.handoff_id)
            offer = session.execute(text(_OPEN_OFFER), {"handoff": handoff.id}).scalar()
            task = session.query(Task.id).filter(Task.handoff_id == handoff.id).order_by(Task.id.desc()).first()
        return Subject(subject.number, handoff.lead_id, handoff.id, offer, task[0] if task else None)

    def _hand_over(self, number: int | None = None, source: str = "demo") -> Subject:
        number = number or next(self.numbers)
        with self.baton.database.transaction() as session:
            form = form_of(number)
            made = handover.hand_over(
                session,
                workspace_id=self.workspace_id,
                by=self.user("who announced"),
                form=HandOverForm(**{**_fields(form), "source": source}),
                now=self.now,
            )
        return self.again(Subject(number, 0, made.handoff_id, None))

    def _bring(self, reach: "Callable[[RightsWorld, Subject, str], None]", whose: str) -> Subject:
        subject = self._hand_over()
        self.does(decisions.reassign, "manager", subject, to=self.user(whose))
        subject = self.again(subject)
        reach(self, subject, whose)
        return self.again(subject)

    def _queue(self) -> Subject:
        subject = self._hand_over()
        while (asked := self._asked(subject)) is not None:
            self.does(decisions.decline, asked, subject, reason="no-time", note=None)
            subject = self.again(subject)
        return subject

    def _asked(self, subject: Subject) -> str | None:
        with self.baton.database.snapshot() as session:
            name = session.execute(text(_ASKED), {"handoff": subject.handoff_id}).scalar()
        return next((kind for kind, each in PEOPLE.items() if each == name), None)

    def _take(self, number: int, external_id: str | None = None, email: str | None = None) -> Subject:
        form = form_of(number)
        given = LeadInput(
            id=external_id or f"id{number}",
            email=email or form.email,
            name=form.person,
            company=form.company,
            phone=form.phone,
            problem=form.problem,
            value=form.value,
        )
        with self.baton.database.transaction() as session:
            (taken,) = ingest.ingest(session, self.workspace_id, "web", [given], now=self.now)
        return Subject(number, taken.lead_id, None, None)  # type: ignore[union-attr]

    def _hold(self, number: int) -> Subject:
        """Have a gate keep a lead from sales that asks for a demo."""
        form = form_of(number)
        lead = LeadInput(email=form.email, name=form.person, company=form.company, do_not_contact=True)
        with self.baton.database.transaction() as session:
            given = ActivityInput(id="held", kind="demo-request", lead=lead)
            (taken,) = ingest.ingest(session, self.workspace_id, "web", [given], now=self.now)
        return Subject(number, taken.lead_id, None, None)  # type: ignore[union-attr]

    def _move(self) -> Subject:
        """Have whoever announced a lead say that it is at another company."""
        subject = self._hand_over()
        with self.baton.database.transaction() as session:
            who, name = self.user("who announced"), f"{form_of(subject.number).company} Zwei"
            own_company.set_company(session, self.workspace_id, who, subject.lead_id, name, now=self.now)
        return self.again(subject)

    def _merge(self) -> Subject:
        """Hand a lead over, have it accepted, and find out that another lead is the same one."""
        subject = self._hand_over()
        self.does(decisions.reassign, "manager", subject, to=self.user("whose it is"))
        subject = self.again(subject)
        self.does(decisions.accept, "whose it is", subject)
        self._take(subject.number, "twice", f"second{subject.number}@mail.example")
        self._take(subject.number, "twice")
        with self.baton.database.snapshot() as session:
            merge_id = session.query(Merge.id).one()[0]
        subject = self.again(subject)
        return Subject(subject.number, subject.lead_id, subject.handoff_id, subject.offer_id, subject.task_id, merge_id)


def _fields(form: HandOverForm) -> dict[str, str]:
    return {name: getattr(form, name) for name in form.__dataclass_fields__}


def _accept(world: RightsWorld, subject: Subject, whose: str) -> None:
    world.does(decisions.accept, whose, subject)
    given = {"budget": Given(Verdict.YES, f"Trouble{subject.number:02d} is dear")}
    world.does(checklists.save, whose, subject, given=given)


def _disqualify(world: RightsWorld, subject: Subject, whose: str) -> None:
    world.does(decisions.disqualify, whose, subject, reason="no-need", note=None)


def _snooze(world: RightsWorld, subject: Subject, whose: str) -> None:
    world.does(snooze.snooze, whose, subject, day="2027-02-01", note=f"Murmur{subject.number:02d}")


def _win(world: RightsWorld, subject: Subject, whose: str) -> None:
    world.does(decisions.accept, whose, subject)
    world.does(progress.set_stage, whose, subject, stage="won")


_STATES: Final[dict[str, Callable[[RightsWorld, Subject, str], None]]] = {
    "offered": lambda *_: None,
    "accepted": _accept,
    "disqualified": _disqualify,
    "snoozed": _snooze,
    "won": _win,
}
_OPEN_OFFER: Final = "SELECT id FROM offer WHERE handoff_id = :handoff AND outcome = 'open'"
_ASKED: Final = (
    "SELECT person.name FROM offer JOIN person ON person.id = offer.person_id"
    " WHERE offer.handoff_id = :handoff AND offer.outcome = 'open'"
)
# Whatever an act of a person changes shows in one of these.
_CHANGES: Final = (
    "SELECT count(*), sum(version), sum(lead_id) FROM handoff",
    "SELECT count(*), sum(version), sum(coalesce(merged_into_id, 0)) FROM lead",
    "SELECT count(*) FROM lead_event",
    "SELECT count(*), sum(length(evidence)) FROM answer",
    "SELECT count(split_at) FROM lead_merge",
    "SELECT count(away_since), sum(coalesce(length(home_pages), 0)) FROM person",
    "SELECT count(*) FROM delivery WHERE kind = 'home'",
)


def told(subject: Subject, answer: str) -> Told:
    """Return how much an answer tells of a lead."""
    found = [level for level, words in subject.words.items() if any(word in answer for word in words)]
    return max(found, default=Told.NOTHING)


def button(world: RightsWorld, kind: str, action_id: str, value: Json | None, **more: object) -> Json:
    """Return the press of a control with this value."""
    carried = {} if value is None else {"value": json.dumps(value)}
    return {
        **_by(world, kind),
        "type": "block_actions",
        "actions": [_action(action_id, carried)],
        "response_url": _response_url(world, kind),
        **more,
    }


def choice(world: RightsWorld, kind: str, action_id: str, value: Json, **more: object) -> Json:
    """Return the choice of an option with this value."""
    return {
        **_by(world, kind),
        "type": "block_actions",
        "actions": [_action(action_id, {"selected_option": {"value": json.dumps(value)}})],
        "response_url": _response_url(world, kind),
        **more,
    }


def command(world: RightsWorld, kind: str, name: str, words: str = "") -> Json:
    """Return a slash command."""
    workspace = world.sandbox.workspace()
    return {
        "command": name,
        "text": words,
        "team_id": workspace.id,
        "api_app_id": workspace.app.id,
        "user_id": world.user(kind),
        "trigger_id": _trigger(world, kind),
        "response_url": _response_url(world, kind),
    }


def submission(
    world: RightsWorld,
    kind: str,
    callback_id: str,
    about: Json,
    *,
    texts: dict[str, str] | None = None,
    chosen: dict[str, Json] | None = None,
) -> Json:
    """Return a form that is submitted, about this, with these texts and options."""
    values = {block: {block: {"type": "plain_text_input", "value": typed}} for block, typed in (texts or {}).items()}
    for block, value in (chosen or {}).items():
        values[block] = {block: {"type": "static_select", "selected_option": {"value": json.dumps(value)}}}  # type: ignore[dict-item]
    return {**_by(world, kind), "type": "view_submission", "view": view(callback_id, about, values)}


def view(callback_id: str, about: Json, values: Json) -> Json:
    """Return an open modal."""
    return {
        "id": f"V{next(_moments)}",
        "type": "modal",
        "callback_id": callback_id,
        "private_metadata": json.dumps(about),
        "blocks": [],
        "state": {"values": values},
    }


def event(world: RightsWorld, given: Json) -> Json:
    """Return an event."""
    workspace = world.sandbox.workspace()
    here = {"team_id": workspace.id, "api_app_id": workspace.app.id}
    return {
        "type": "event_callback",
        **here,
        "event_id": f"Ev{next(_moments)}",
        "authorizations": [{"team_id": workspace.id, "user_id": workspace.app.bot_user_id, "is_bot": True}],
        "event": given,
    }


# No two requests are of the same moment.
_moments: Final = itertools.count(1)


def _action(action_id: str, carried: Json) -> Json:
    return {"action_id": action_id, "block_id": "b", "action_ts": f"{next(_moments)}.0", **carried}


def _by(world: RightsWorld, kind: str) -> Json:
    workspace = world.sandbox.workspace()
    team_id = "T0ELSEWHERE" if kind == "of another workspace" else workspace.id
    return {
        "user": {"id": world.user(kind), "name": PEOPLE[kind].lower(), "team_id": team_id},
        "team": {"id": workspace.id, "domain": workspace.domain},
        "api_app_id": workspace.app.id,
        "trigger_id": _trigger(world, kind),
        "container": {"type": "message", "is_ephemeral": True},
    }


def _trigger(world: RightsWorld, kind: str) -> str:
    return world.sandbox.slack.triggers.issue(world.sandbox.workspace().id, world.user(kind))


def _response_url(world: RightsWorld, kind: str) -> str:
    workspace = world.sandbox.workspace()
    channel = next(iter(workspace.channels.values()))
    return world.sandbox.slack.response_urls.issue(workspace, channel, world.user(kind))

"""A sales floor: people of a sandbox workspace, the bot that listens to them, and what they press by its name."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from slack_bolt import BoltResponse
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.app import Baton
from qualification.cards import lead_card
from qualification.facts import LeadCard
from qualification.records import Handoff
from sandbox.clock import ManualClock
from sandbox.driver import Person
from sandbox.server import Sandbox
from sandbox.snapshots import Control, DriverError, Home, Message, Modal, Surface
from sandbox.state import View

T = TypeVar("T")
Json = dict[str, Any]

CHANNEL = "#sales-emea"
PLAYBOOK = """
version: 1
hours: {mon-sun: "00:00-24:00"}
teams:
  emea: {name: EMEA, manager: maya.cohen@northwind.example, channel: "#sales-emea", zone: Europe/London}
people:
  - {email: ana.ruiz@northwind.example, name: Ana Ruiz, roles: [rep], team: emea}
  - {email: ben.okafor@northwind.example, name: Ben Okafor, roles: [rep], team: emea}
  - {email: maya.cohen@northwind.example, name: Maya Cohen, roles: [manager], team: emea}
  - {email: mika.sato@northwind.example, name: Mika Sato, roles: [marketer]}
pools:
  inbound: {name: Inbound, team: emea, members: [ana.ruiz@northwind.example, ben.okafor@northwind.example]}
rules:
  - {name: Webinars, when: {source: webinar}, pool: inbound, offer: claim}
  - {name: Everything else, pool: inbound}
clocks: {accept_within: 30m, remind_after: 15m, offers: 2, undo_within: 5m}
"""


@dataclass
class Floor:
    """Everybody on the floor, in one place."""

    sandbox: Sandbox
    baton: Baton
    clock: ManualClock
    ana: Person
    ben: Person
    maya: Person
    mika: Person

    def shows(self) -> None:
        """Let Slack show what is stored."""
        while self.baton.worker.run_once(self.clock()):
            pass

    def card(self) -> Message:
        """Return the newest lead card of the channel, as Slack shows it now."""
        self.shows()
        return self.maya.sees(CHANNEL)[-1]

    def hands_over(self, company: str = "Acme", **fields: str) -> Message:
        """Hand a lead over by /handoff and return its card."""
        self.mika.types("/handoff", "#general")
        source = fields.pop("source", None)
        typed: dict[str, object] = {"company": company, "did": "Asked for a demo", **fields}
        fill(self.mika, typed | ({"source": {"source": source}} if source else {}))
        submit(self.mika, "hand_over")
        return self.card()

    def accepted(self, company: str = "Acme", by: Person | None = None) -> Message:
        """Hand a lead over, have it accepted, and return its card."""
        press(by or self.ana, "accept", self.hands_over(company))
        return self.card()

    def stored(self) -> LeadCard:
        """Return what is stored of the newest handoff."""

        def look(session: Session) -> LeadCard:
            newest = session.scalars(select(Handoff.id).order_by(Handoff.id.desc()).limit(1)).one()
            return lead_card(session, self.baton.workspace.id, newest)

        return self.reads(look)

    def settles(self) -> None:
        """Wait until the bot has answered everything that it was sent."""
        self.sandbox.wait_for(lambda: all(each.outcome for each in self.sandbox.deliveries()))

    def reads(self, look: Callable[[Session], T]) -> T:
        """Look at what is stored."""
        with self.baton.database.snapshot() as session:
            return look(session)

    def dispatches(self, payload: Json) -> BoltResponse:
        """Hand the bot a payload as it is."""
        return self.baton.dispatch(payload, {})

    def click(self, action_id: str, value: str | None, *, by: Person, **more: object) -> Json:
        """Make the payload of a button in a message, with any value, or none."""
        workspace = self.sandbox.workspace()
        action = {"type": "button", "action_id": action_id, "block_id": "b", "action_ts": "1.0"}
        return {
            "type": "block_actions",
            "user": {"id": by.id, "username": by.member.name, "name": by.member.name, "team_id": workspace.id},
            "api_app_id": workspace.app.id,
            "team": {"id": workspace.id, "domain": workspace.domain},
            "trigger_id": "1.2.3",
            "actions": [action if value is None else {**action, "value": value}],
            **more,
        }


def press(who: Person, action_id: str, on: Message | Modal | Home | None = None, **facts: object) -> None:
    """Use the control of that action id; facts pick among options, or among buttons of the same name."""

    def choose(surface: Surface) -> tuple[Control, str | None]:
        for control in surface.controls:
            element = control.place.element
            carried = [value for _, value in control.options] or [element.get("value")]
            if element["action_id"] == action_id:
                fitting = [value for value in carried if _fits(value, facts)]
                if fitting:
                    return control, fitting[0] if control.options else None
        offered = [control.place.element["action_id"] for control in surface.controls]
        raise DriverError(f"no {action_id} with {facts}; there are: {offered}")

    who._act(lambda: who._use(on, choose))


def fill(who: Person, values: Mapping[str, object]) -> None:
    """Fill the topmost modal in, by block; an option by what it carries."""
    for block_id, value in values.items():
        view = top(who)
        surface = who._look(lambda view=view: who._snapshot(view))  # type: ignore[misc]
        control = next((each for each in surface.controls if each.place.block["block_id"] == block_id), None)
        if control is None:
            raise DriverError(f"no block {block_id}; there are: {[each.place.key for each in surface.controls]}")
        if isinstance(value, dict):
            value = next(carried for _, carried in control.options if _fits(carried, value))
        text = str(value)

        async def type_in(view: View = view, control: Control = control, text: str = text) -> None:
            if control.place.tells_the_app:
                await who._server.acts.use_in_view(who._who, view, control.place, text)
            else:
                who._server.acts.type_in(who._who, view, control.place, text)

        who._act(type_in)


def submit(who: Person, callback_id: str) -> None:
    """Submit the topmost modal, which must be the one of that name."""
    assert shown(who) == callback_id
    who.submits()


def top(who: Person) -> View:
    """Return the topmost modal as Slack keeps it."""
    return who._look(who._top)


def shown(who: Person) -> str | None:
    """Return the name of the topmost modal, None where none is open."""
    stack = who._look(lambda: list(who._stack()))
    return stack[-1].content["callback_id"] if stack else None


def told(who: Person) -> str:
    """Return the last private answer."""
    return who.private_replies[-1].text


def errors(who: Person) -> dict[str, str]:
    """Return what stands beside the fields of the topmost modal."""
    return dict(top(who).errors)


def _fits(carried: object, facts: Mapping[str, object]) -> bool:
    try:
        value = json.loads(str(carried))
    except ValueError:
        return not facts
    return all(value.get(name) == fact for name, fact in facts.items())

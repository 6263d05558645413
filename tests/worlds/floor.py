"""A sales floor: people of a sandbox workspace, the bot that listens to them, and what they press by its name."""

import itertools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from slack_bolt import BoltResponse
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.app import Baton
from qualification.records import Handoff
from qualification.views.cards import LeadCard, lead_card
from sandbox.clock import ManualClock
from sandbox.people.driver import Person
from sandbox.people.snapshots import DriverError, Home, Message, Modal
from sandbox.server import Sandbox
from tests.worlds.playbook import TWO_REPS, at_any_hour

T = TypeVar("T")
Json = dict[str, Any]

CHANNEL = "#sales-emea"
# No two presses are of the same moment.
_moments = itertools.count(1)
PLAYBOOK = at_any_hour(TWO_REPS)


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
        while self.baton.workers[0].run_once(self.clock()):
            pass

    def card(self) -> Message:
        """Return the newest lead card of the channel, as Slack shows it now."""
        self.shows()
        return self.maya.sees(CHANNEL)[-1]

    def hands_over(self, company: str = "Acme", **fields: str) -> Message:
        """Hand a lead over by /handoff and return its card."""
        self.mika.types("/handoff", "#general")
        source = fields.pop("source", None)
        fill(self.mika, {"company": company, "did": "Asked for a demo", **fields})
        if source:
            fill(self.mika, {"source": {"source": source}})
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
            return lead_card(session, self.baton.installations[0].id, newest)

        return self.reads(look)

    def settles(self) -> None:
        """Wait until the bot has answered everything that it was sent."""
        self.sandbox.wait_for(lambda: all(each.outcome for each in self.sandbox.deliveries()))

    def heard(self, event: str) -> list[str | None]:
        """Tell how the bot answered each event of that kind, once it has answered all of them."""
        self.settles()
        told = self.sandbox.deliveries("events_api")
        return [each.outcome for each in told if each.payload["event"]["type"] == event]

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
        action = {"type": "button", "action_id": action_id, "block_id": "b", "action_ts": f"{next(_moments)}.0"}
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
    """Use the control of that action id, on the topmost modal where no place is named; facts pick among its options."""
    for control in (on or who.modal).controls:
        if control.place.key[1] != action_id:
            continue
        if not control.options:
            who.presses(action_id, on=on)
            return
        fitting = [value for _, value in control.options if _carries(value, facts)]
        if fitting:
            who.picks(fitting[0], action_id, on=on)
            return
    offered = [control.place.key[1] for control in (on or who.modal).controls]
    raise DriverError(f"no {action_id} with {facts}; there are: {offered}")


def fill(who: Person, values: Mapping[str, str | Mapping[str, object]]) -> None:
    """Fill the topmost modal in, by block; an option by what it carries."""
    for block_id, value in values.items():
        if isinstance(value, str):
            who.fills({block_id: value})
        else:
            options = next(each.options for each in who.modal.controls if each.place.key[0] == block_id)
            who.fills({block_id: next(carried for _, carried in options if _carries(carried, value))})


def submit(who: Person, callback_id: str) -> None:
    """Submit the topmost modal, which must be the one of that name."""
    assert shown(who) == callback_id
    who.submits()


def shown(who: Person) -> str | None:
    """Return the name of the topmost modal, None where none is open."""
    stack = who.modals
    return stack[-1].callback_id if stack else None


def held(who: Person, block_id: str) -> object:
    """Return what an input of the topmost modal holds."""
    return next(control.value for control in who.modal.controls if control.place.key[0] == block_id)


def errors(who: Person) -> set[str]:
    """Return the blocks of the topmost modal that something stands beside."""
    modal = who.modal
    return {control.place.key[0] for control in modal.controls if control.name in modal.errors}


def told(who: Person) -> str:
    """Return the last private answer."""
    return who.private_replies[-1].text


def _carries(value: str, facts: Mapping[str, object]) -> bool:
    """Tell whether an option's value says all of this."""
    carried = json.loads(value)
    return all(carried.get(name) == fact for name, fact in facts.items())

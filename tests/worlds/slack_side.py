"""Compares the bot's messages in Slack with the records they are drawn from."""

import difflib
import json
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from bot.database import Database
from bot.delivery import rendering
from bot.delivery.find_posted import key_of
from qualification.records import Delivery, Person
from sandbox.server import Sandbox
from sandbox.workspace.state import Message


class Sides(Protocol):
    """Slack, and the records that it shows."""

    @property
    def sandbox(self) -> Sandbox:
        """The Slack."""

    @property
    def database(self) -> Database:
        """The records."""

    @property
    def delivery_namespace(self) -> str:
        """What the keys of this database's deliveries begin with."""

    @property
    def now(self) -> datetime:
        """The time by the bot's clock."""


@dataclass(frozen=True, slots=True)
class Held:
    """All messages of the bot in one Slack, by the key in their metadata, and those without one."""

    by_key: Mapping[str, list[Message]]
    strays: list[Message]


def held(sides: Sides) -> Held:
    """Return the bot's messages from all channels and direct messages; ephemeral ones are in no history."""
    workspace = sides.sandbox.workspace()
    by_key: dict[str, list[Message]] = {}
    strays = []
    for channel in list(workspace.channels.values()):
        for message in list(channel.messages.values()):
            if message.ephemeral_to or message.author != workspace.app.bot_user_id:
                continue
            key = (message.metadata or {}).get("event_payload", {}).get("key")
            if key is None:
                strays.append(message)
            else:
                by_key.setdefault(key, []).append(message)
    return Held(by_key, strays)


def key_in_slack(sides: Sides, delivery: Delivery) -> str:
    """Return the key in the metadata of a delivery's message."""
    return key_of(sides.delivery_namespace, delivery.id, delivery.posting)


def untrue(sides: Sides, gone: Collection[str] = ()) -> list[str]:
    """Return a line for each message and Home tab that differs from its record; those whose ts is `gone` may lack."""
    messages = held(sides).by_key
    wrong = []
    with sides.database.snapshot() as session:
        people = {each.id: each.slack_user_id for each in session.scalars(select(Person))}
        deliveries = session.scalars(select(Delivery).order_by(Delivery.id))
        for delivery in (each for each in deliveries if each.ts not in gone):
            what = f"{delivery.kind} {delivery.subject} (delivery {delivery.id})"
            try:
                drawn = _without_parse(rendering.draw(session, delivery, sides.now))
            except (LookupError, SQLAlchemyError) as error:
                wrong.append(f"{what} cannot be drawn: {error!r}")
                continue
            user_id = people[delivery.subject] if delivery.kind == "home" else None
            for shown in _shown(sides, delivery, messages, user_id):
                seen = {**shown, "blocks": _as_drawn(shown.get("blocks"), drawn["blocks"])}
                if seen != drawn:
                    wrong.append(f"{what}: {_difference(seen, drawn)}")
    return wrong


def _difference(seen: Mapping[str, object], drawn: Mapping[str, object]) -> str:
    """Return the first lines in which the two differ."""
    ours, theirs = (json.dumps(each, indent=0, ensure_ascii=False).splitlines() for each in (drawn, seen))
    lines = list(difflib.unified_diff(ours, theirs, "rows", "Slack", n=0, lineterm=""))
    return "\n".join(line[:300] for line in lines[2:12])


def repeated(sides: Sides) -> Counter[str]:
    """Return the number of messages of each key that several messages have."""
    return Counter({key: len(messages) for key, messages in held(sides).by_key.items() if len(messages) > 1})


def _shown(
    sides: Sides, delivery: Delivery, messages: Mapping[str, list[Message]], user_id: str | None
) -> list[dict[str, Any]]:
    """Return what Slack shows for a delivery; one that shows nothing is shown as nothing."""
    if delivery.kind == "home":
        home = sides.sandbox.workspace().homes.get(user_id or "")
        return [{"type": "home", "blocks": home.blocks} if home else {}]
    found = messages.get(key_in_slack(sides, delivery), [])
    return [{"text": message.text, "blocks": message.blocks} for message in found] or [{}]


def _without_parse(drawn: Mapping[str, object]) -> dict[str, object]:
    """Return the message without `parse`, which Slack does not store."""
    return {name: value for name, value in drawn.items() if name != "parse"}


def _as_drawn(shown: object, drawn: object) -> object:
    """Return Slack's blocks without the ids that it added to blocks that had none."""
    if not isinstance(shown, list) or not isinstance(drawn, list) or len(shown) != len(drawn):
        return shown
    return [
        {name: value for name, value in here.items() if name != "block_id" or "block_id" in there}
        for here, there in zip(shown, drawn, strict=True)
    ]

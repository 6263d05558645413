"""Compares the bot's messages in Slack with the records they are drawn from."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.delivery import rendering
from qualification.records import Delivery, Person
from sandbox.workspace.state import Message
from tests.evidence.world import DELIVERY_NAMESPACE, World


@dataclass(frozen=True, slots=True)
class Held:
    """All messages of the bot in one Slack, by the key in their metadata, and those without one."""

    by_key: Mapping[str, list[Message]]
    strays: list[Message]


def held(world: World) -> Held:
    """Return the bot's messages from all channels and direct messages; ephemeral ones are in no history."""
    workspace = world.sandbox.workspace()
    by_key: dict[str, list[Message]] = {}
    strays = []
    for channel in workspace.channels.values():
        for message in channel.messages.values():
            if message.ephemeral_to or message.author != workspace.app.bot_user_id:
                continue
            key = (message.metadata or {}).get("event_payload", {}).get("key")
            if key is None:
                strays.append(message)
            else:
                by_key.setdefault(key, []).append(message)
    return Held(by_key, strays)


def key_of(delivery: Delivery) -> str:
    """Return the key in the metadata of a delivery's message."""
    return f"{DELIVERY_NAMESPACE}-{delivery.id}-{delivery.posting}"


def untrue(world: World) -> list[str]:
    """Return a line for each message and Home tab that differs from its current record."""
    workspace = world.sandbox.workspace()
    messages = held(world).by_key
    people = {person.id: person.slack_user_id for person in world.all(Person)}
    wrong = []
    with world.database.snapshot() as session:
        for delivery in world.all(Delivery):
            drawn = rendering.draw(session, delivery, world.now)
            shown: dict[str, Any] = {}
            if delivery.kind == "home":
                home = workspace.homes[people[delivery.subject] or ""]
                shown = {"type": "home", "blocks": home.blocks}
            else:
                for message in messages.get(key_of(delivery), []):
                    shown = {"text": message.text, "blocks": message.blocks}
            if {**shown, "blocks": _as_drawn(shown.get("blocks"), drawn["blocks"])} != _without_parse(drawn):
                wrong.append(f"{delivery.kind} {delivery.subject}: {drawn} and not {shown}")
    return wrong


def repeated(world: World) -> Counter[str]:
    """Return the number of messages of each key that several messages have."""
    return Counter({key: len(messages) for key, messages in held(world).by_key.items() if len(messages) > 1})


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

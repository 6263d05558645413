"""Measures a click until its card is edited: from Slack sending it over Socket Mode to the edit's arrival at Slack."""

from contextlib import ExitStack
from datetime import datetime

from sqlalchemy import select

from qualification.records import Delivery
from sandbox.people.driver import Person
from sandbox.people.snapshots import Message
from tests.bench import children
from tests.bench.bare import Work
from tests.bench.engines import Engine
from tests.bench.ground import Ground, laid
from tests.bench.measuring import MILLISECONDS, Figure, in_turn, percentile

BARE_WORKSPACE, BARE_PERSON, BARE_CHANNEL = "Fabrikam", "Jonas Weber", "#sales"
WARM_UP = 3


def measure(engine: Engine, work: Work, *, rounds: int, clicks: int) -> list[Figure]:
    """Press buttons one after the other, each until its card changes; return the median and the 99th percentile."""
    with laid(engine.fresh()) as ground, ExitStack() as stack:
        ground.hand_over(WARM_UP + rounds * clicks)
        sandbox = ground.sandbox
        environment = ground.environment(SLACK_APP_TOKEN=sandbox.app_token())
        children.first_line(
            stack.enter_context(children.started("tests.bench.programs.unpaced", environment=environment))
        )
        channel = sandbox.workspace(BARE_WORKSPACE).channel_called(BARE_CHANNEL.removeprefix("#"))
        if channel is None:
            raise LookupError(BARE_CHANNEL)
        bare = {
            "DATABASE_URL": engine.fresh(),
            "SLACK_BOT_TOKEN": sandbox.bot_token(BARE_WORKSPACE),
            "SLACK_APP_TOKEN": sandbox.app_token(BARE_WORKSPACE),
            "SLACK_API_URL": sandbox.api_url,
            "BARE_INSERTED": str(work.inserted),
            "BARE_CHANGED": str(work.changed),
            "BARE_CHANNEL": channel.id,
        }
        children.first_line(
            stack.enter_context(children.started("tests.bench.programs.bare_listener", environment=bare))
        )
        sandbox.wait_until_connected(timeout=children.PATIENCE_SECONDS)
        sandbox.wait_until_connected(BARE_WORKSPACE, timeout=children.PATIENCE_SECONDS)
        ground.wait_until_shown()
        cards = iter(_cards(ground))
        jonas = sandbox.person(BARE_PERSON)

        def ours(_: int) -> float:
            person, card = next(cards)
            took = _press(ground, person, "Accept", card)
            # All other messages of the click are sent before the next one.
            ground.wait_until_shown()
            return took

        def floor(_: int) -> float:
            return _press(ground, jonas, "Press", jonas.sees(BARE_CHANNEL)[-1])

        in_turn(WARM_UP, ours, floor)
        halves: tuple[list[float], list[float]] = ([], [])
        tails: tuple[list[float], list[float]] = ([], [])
        for _ in range(rounds):
            for which, times in enumerate(in_turn(clicks, ours, floor)):
                halves[which].append(percentile(times, 50))
                tails[which].append(percentile(times, 99))
    return [
        Figure("click to edited card", engine.name, MILLISECONDS, tuple(halves[0]), tuple(halves[1])),
        Figure("… 99 of 100 within", engine.name, MILLISECONDS, tuple(tails[0]), tuple(tails[1])),
    ]


def _press(ground: Ground, person: Person, label: str, card: Message) -> float:
    """Press a button; return the seconds from its sending to the arrival of its card's edit at Slack.

    The sandbox records both moments. What Slack does with the edit is not counted.
    """
    person.presses(label, on=card)
    sent = ground.sandbox.deliveries("interactive")[-1].at

    def edited() -> datetime | None:
        # Baton edits the card by the press's own response_url, which carries no ts; its floor by chat.update.
        for call in reversed(ground.sandbox.calls()):
            edit = call.method == "response_url" or call.arguments.get("ts") == card.ts
            if edit and call.method in {"response_url", "chat.update"} and call.done and call.at >= sent:
                return call.at
        return None

    return (ground.sandbox.wait_for(edited, children.PATIENCE_SECONDS) - sent).total_seconds()


def _cards(ground: Ground) -> list[tuple[Person, Message]]:
    """Return each waiting card in a channel, with the person it waits for."""
    with ground.database.snapshot() as session:
        rows = session.execute(
            select(Delivery.handoff_id, Delivery.channel, Delivery.ts).where(Delivery.kind == "lead_card")
        )
        placed = {handoff_id: (str(channel), ts) for handoff_id, channel, ts in rows}
    found = []
    seen: dict[tuple[str, str], dict[str, Message]] = {}
    for asked in ground.asked():
        person = ground.sandbox.person(asked.slack_user_id)
        channel, ts = placed[asked.handoff_id]
        if (person.id, channel) not in seen:
            seen[person.id, channel] = {message.ts: message for message in person.sees(channel)}
        found.append((person, seen[person.id, channel][str(ts)]))
    return found

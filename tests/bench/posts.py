"""Measures deliveries a second: messages of hand-overs to a Slack that answers at once; the floor is a bare client."""

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from urllib.request import urlopen

from slack_sdk import WebClient

import templates
from bot.worker import HANDS
from qualification.views import cards
from tests.bench import children
from tests.bench.engines import Engine
from tests.bench.ground import Ground, laid
from tests.bench.measuring import A_SECOND, Figure, in_turn


def measure(engine: Engine, *, rounds: int, leads: int) -> Figure:
    """Hand leads over and let the bot send all messages; the bare client posts as many cards as fast as it can."""
    with laid(engine.fresh()) as ground, ExitStack() as stack:
        slack = stack.enter_context(children.started("tests.bench.programs.instant_slack", environment={}))
        address = children.first_line(slack)
        environment = ground.environment(SLACK_API_URL=f"{address}/api/")
        bot = stack.enter_context(children.started("tests.bench.programs.unpaced", environment=environment))
        children.first_line(bot)
        client = WebClient("xoxb-bare", base_url=f"{address}/api/")
        posted: dict[int, int] = {}

        def ours(number: int) -> float:
            _reset(address)
            ground.hand_over(leads, batch=leads)
            ground.wait_until_shown()
            posted[number], rate = _rate(address)
            return rate

        def floor(number: int) -> float:
            _reset(address)
            _post(client, ground, posted.get(number, leads * 4))
            return _rate(address)[1]

        ours(-1)
        floor(-1)
        taken = in_turn(rounds, ours, floor)
    return Figure("deliveries to an instant Slack", engine.name, A_SECOND, *taken)


def _post(client: WebClient, ground: Ground, messages: int) -> None:
    """Post the same card repeatedly, with as many threads as the bot has."""
    with ground.database.snapshot() as session:
        card = templates.render(
            "messages/lead_card", card=cards.lead_card(session, ground.workspace_id, ground.asked()[0].handoff_id)
        )
    with ThreadPoolExecutor(HANDS) as hands:
        message = {"channel": "C1", **card}
        for each in [hands.submit(client.api_call, "chat.postMessage", json=message) for _ in range(messages)]:
            each.result()


def _rate(address: str) -> tuple[int, float]:
    """Return the number of messages, and their rate a second from the first to the last."""
    tally = _get(address, "tally")
    return int(tally["messages"]), (tally["messages"] - 1) / (tally["last"] - tally["first"])


def _reset(address: str) -> None:
    _get(address, "reset")


def _get(address: str, path: str) -> dict[str, float]:
    with urlopen(f"{address}/{path}") as answer:  # noqa: S310 - our own server
        tally: dict[str, float] = json.load(answer)
    return tally

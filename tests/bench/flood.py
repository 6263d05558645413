"""Measures a slash command beside a flood of forms, from anybody who has read a page's key; the floor is its rest."""

import secrets
from collections.abc import Iterator
from contextlib import ExitStack
from http.client import HTTPConnection
from itertools import count
from time import perf_counter
from urllib.parse import urlencode, urlsplit

from bot.http.request_body import LARGEST_FORM
from bot.machine import utc_now
from qualification.intake import api_keys
from qualification.organisation import publishing
from qualification.rules.intake.payloads import OF_A_FORM
from sandbox.demo.bot_process import PLAYBOOK
from tests.bench import children
from tests.bench.children import ChildFailed
from tests.bench.engines import Engine
from tests.bench.ground import MARKETER, Ground, Request, laid, signed
from tests.bench.measuring import MILLISECONDS, Figure, percentile

CONNECTIONS = 16
SENDER = "website"
SENDERS = """
senders:
  website: {name: Website, like: form, activity: {kind: {always: contact-form}}}
"""
# The greatest form that a publishable key may post.
SIZE, FIELDS = LARGEST_FORM, OF_A_FORM.values
LATEST = "… 99 of 100 commands; at rest"
# By how many times the 99th percentile of a command may grow at most.
PROMISED = 10
OK = 200


def measure(engine: Engine, *, rounds: int, commands: int) -> Iterator[Figure]:
    """Send rounds of /baton, one after the other, at rest and beside the flood; return two percentiles."""
    with laid(engine.fresh()) as ground, ExitStack() as stack:
        with ground.database.transaction() as session:
            text = PLAYBOOK.read_text(encoding="utf-8") + SENDERS
            publishing.publish(session, workspace_id=ground.workspace_id, text=text, by="bench", now=utc_now())
            key = api_keys.make(
                session,
                ground.workspace_id,
                SENDER,
                publishable=True,
                by="unix:ana",
                random=lambda: secrets.token_urlsafe(32),
                now=utc_now(),
            )
        environment = ground.environment(SLACK_APP_TOKEN="")
        address = children.first_line(
            stack.enter_context(children.started("tests.bench.programs.open_intake", environment=environment))
        )
        numbers = count()
        form = (f"{address}/v1/in/{SENDER}?key={key}", str(CONNECTIONS), str(SIZE), str(FIELDS))
        _send(ground, address, numbers, commands)
        taken: list[tuple[list[float], list[float]]] = []
        for _ in range(rounds):
            at_rest = _send(ground, address, numbers, commands)
            with children.started("tests.bench.programs.flood", *form, environment={}) as flood:
                children.first_line(flood)
                taken.append((_send(ground, address, numbers, commands), at_rest))
    for label, percent in (("half of the commands in a flood; at rest", 50), (LATEST, 99)):
        beside, at_rest_ = (tuple(percentile(times, percent) for times in half) for half in zip(*taken, strict=True))
        yield Figure(label, engine.name, MILLISECONDS, beside, at_rest_)


def promise(figure: Figure) -> str:
    """Say whether the promise is kept."""
    ratio = figure.ratio.middle
    said = "is kept" if ratio <= PROMISED else "is broken"
    return (
        f"Commands beside a flood of forms on {figure.engine}: 99 of 100 took {ratio:.1f} times their rest. "
        f"The promise of at most {PROMISED} {said}."
    )


def _send(ground: Ground, address: str, numbers: Iterator[int], commands: int) -> list[float]:
    """Send commands from one client; return the seconds that each answer took."""
    target = urlsplit(address)
    connection = HTTPConnection(target.hostname or "", target.port, timeout=30)
    times: list[float] = []
    for number in (next(numbers) for _ in range(commands)):
        request = _command(ground, number)
        began = perf_counter()
        connection.request("POST", "/slack/events", request.body, request.headers)
        answer = connection.getresponse()
        answer.read()
        times.append(perf_counter() - began)
        if answer.status != OK:
            raise ChildFailed(f"a command was answered {answer.status}")
    connection.close()
    return times


def _command(ground: Ground, number: int) -> Request:
    """Return Slack's request for /baton, which reads and says what a person can do."""
    workspace = ground.sandbox.workspace()
    person = ground.sandbox.person(MARKETER)
    body = {
        "command": "/baton",
        "text": "",
        "user_id": person.id,
        "user_name": "mika",
        "team_id": workspace.id,
        "api_app_id": workspace.app.id,
        "trigger_id": f"{number}.2.3",
        "response_url": "https://slack.example/commands/1",
    }
    return signed(ground.settings.signing_secret or "", urlencode(body).encode())

"""An office: a Slack workspace and the bot that serves it, wired as for a real team, with one manual clock."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, TypeVar

from bot.app import Baton, build
from bot.database import Database
from bot.settings import Settings
from bot.slack.rate_limits import UNLIMITED
from sandbox.clock import ManualClock
from sandbox.people.driver import Person
from sandbox.people.snapshots import Message
from sandbox.server import Sandbox
from tests.worlds.bots import open_bot
from tests.worlds.keys import PERSONAL_KEY
from tests.worlds.playbook import TWO_REPS

MANIFEST: Final = json.loads((Path(__file__).parents[2] / "manifest.json").read_text(encoding="utf-8"))
# A Monday, 09:30 in London.
MONDAY: Final = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
PATIENCE: Final = 20
T = TypeVar("T")
CHANNEL: Final = "#sales-emea"


@dataclass
class Office:
    """The people of an office, and their bot."""

    sandbox: Sandbox
    baton: Baton
    clock: ManualClock
    ana: Person
    ben: Person
    maya: Person
    mika: Person
    olu: Person

    def waits_for(self, look: Callable[[], T | None]) -> T:
        """Return the first true value of `look`, as `Sandbox.wait_for` does.

        The clock moves a little only if nothing happens, because the bot may be waiting for it.
        """
        for _ in range(PATIENCE):
            try:
                return self.sandbox.wait_for(look, 1.0)
            except TimeoutError:
                self.passes(seconds=2)
        return self.sandbox.wait_for(look, 1.0)

    def card(self, words: str) -> Message:
        """Wait until the newest card in the channel contains this text, and return it."""

        def look() -> Message | None:
            cards = self.cards()
            return cards[-1] if cards and words in cards[-1].text else None

        return self.waits_for(look)

    def cards(self) -> list[Message]:
        """Return the channel's messages outside threads, oldest first, without the team's summaries."""
        messages = [message for message in self.maya.sees(CHANNEL) if message.thread_ts in {None, message.ts}]
        return [message for message in messages if not message.fallback.startswith("EMEA · ")]

    def direct(self, person: Person, words: str) -> Message:
        """Wait for a direct message from the bot that contains this text, and return the newest one."""

        def look() -> Message | None:
            found = [message for message in person.direct_messages if words in message.text]
            return found[-1] if found else None

        return self.waits_for(look)

    def hands_over(self, company: str = "Acme", **fields: str) -> None:
        """Let Mika hand a lead over; fields are by id."""
        self.mika.types("/handoff", "#general")
        self.mika.fills({"Company": company, "What they did": "Asked for a demo"})
        self.mika.fills(fields)
        self.mika.submits()
        assert self.mika.modal.title == "Handed over", self.mika.modal.errors
        self.mika.closes()

    def picks_a_reason(self, person: Person) -> None:
        """Let a person pick the first reason in their modal."""
        (reasons,) = person.modal.menus.values()
        person.picks(reasons[0])
        person.submits()

    def passes(self, **time: float) -> None:
        """Move the clock forward."""
        self.clock.advance(timedelta(**time))
        self.baton.workers[0].wake()


@contextmanager
def open_office(
    database_url: str, *, socket_mode: bool = True, workspace: str | None = None, playbook: str = TWO_REPS
) -> Iterator[Office]:
    """Open an office with its own Slack, and close it at the end."""
    clock = ManualClock(MONDAY)
    with (
        Sandbox(MANIFEST, clock=clock, rate_limits=False) as sandbox,
        serve(sandbox, clock, database_url, socket_mode=socket_mode, workspace=workspace, playbook=playbook) as baton,
    ):
        yield office_of(sandbox, baton, clock)


def office_of(sandbox: Sandbox, baton: Baton, clock: ManualClock) -> Office:
    """Return the office of this sandbox and bot."""
    return Office(
        sandbox=sandbox,
        baton=baton,
        clock=clock,
        ana=sandbox.person("Ana Ruiz"),
        ben=sandbox.person("Ben Okafor"),
        maya=sandbox.person("Maya Cohen"),
        mika=sandbox.person("Mika Sato"),
        olu=sandbox.person("Olu Adeyemi"),
    )


@contextmanager
def serve(
    sandbox: Sandbox,
    clock: Callable[[], datetime],
    database_url: str,
    *,
    socket_mode: bool = True,
    workspace: str | None = None,
    playbook: str | None = TWO_REPS,
    **parts: Any,
) -> Iterator[Baton]:
    """Run a bot for a workspace, with the playbook published and all people looked up; `parts` are for `build`."""
    settings = Settings(
        database_url=database_url,
        bot_token=sandbox.bot_token(workspace),
        app_token=sandbox.app_token(workspace) if socket_mode else None,
        signing_secret=sandbox.signing_secret,
        slack_api_url=sandbox.api_url,
        port=0,
        personal_key=PERSONAL_KEY,
    )
    database = Database(database_url, personal_key=PERSONAL_KEY)
    if playbook is None:
        baton = build(settings, database=database, now=clock, **{"rates": UNLIMITED, **parts})
    else:
        baton = open_bot(settings, database, clock, playbook, **parts)
    baton.start()
    try:
        if socket_mode:
            sandbox.wait_until_connected(workspace)
        else:
            sandbox.deliver_to(f"{baton.http.address}/slack/events", workspace)
        yield baton
    finally:
        baton.stop()

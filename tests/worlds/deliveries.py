"""A worker, a database and a Slack to deliver into, with a line for each thing a test does."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.database import Database
from bot.delivery.dispatcher import Dispatcher
from bot.delivery.operations import Job
from bot.due_work import DueWork
from bot.slack.client import Slack
from bot.slack.rate_limits import SLACK_RATES, Rates
from bot.worker import Worker
from qualification.outbox import outbox
from qualification.records import (
    ChannelQueue,
    Delivery,
    Handoff,
    Lead,
    Person,
    PlaybookVersion,
    Priority,
    Team,
    Workspace,
)
from qualification.rules.handoffs.states import HandoffState
from qualification.rules.leads.lifecycle import Lifecycle
from sandbox.clock import ManualClock
from sandbox.server import Sandbox
from sandbox.workspace.seed import ChannelSeed, PersonSeed, WorkspaceSeed
from sandbox.workspace.state import Message

T = TypeVar("T")

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
MANIFEST = json.loads((Path(__file__).parents[2] / "manifest.json").read_text())
SEED = tuple(
    WorkspaceSeed(
        name,
        name.lower(),
        people=(
            PersonSeed("Ana Ruiz", f"ana@{name.lower()}.example", "Europe/Madrid"),
            PersonSeed("Maya Cole", f"maya@{name.lower()}.example", "Europe/London"),
        ),
        channels=(ChannelSeed("emea"), ChannelSeed("amer"), ChannelSeed("apac")),
    )
    for name in ("Northwind", "Fabrikam")
)


def draw(session: Session, delivery: Delivery, now: datetime) -> dict[str, object]:
    """Draw a delivery plainly: what the lead did, or which line it is."""
    del now
    if delivery.kind == "home":
        text = f"{session.get_one(Person, delivery.subject).name}"
    elif delivery.kind == "thread_line":
        text = f"line {delivery.subject}"
    else:
        text = session.get_one(Handoff, delivery.subject).did
    block = {"type": "section", "text": {"type": "plain_text", "text": text}}
    return {"type": "home", "blocks": [block]} if delivery.kind == "home" else {"text": text, "blocks": [block]}


@dataclass
class Desk:
    """One workspace's deliveries, seen from every side."""

    database: Database
    sandbox: Sandbox
    clock: ManualClock
    workspace_id: int
    slack_workspace: str
    ana_id: int
    maya_id: int
    team_id: int
    playbook_id: int
    _numbers: Iterator[int] = field(default_factory=lambda: iter(range(1, 100_000)))

    @property
    def token(self) -> str:
        """The bot token."""
        return self.sandbox.bot_token(self.slack_workspace)

    def slack(self, seconds: float = 5.0) -> Slack:
        """Give a client with a time-out of so many seconds."""
        return Slack(self.token, base_url=self.sandbox.api_url, seconds=seconds)

    def worker(
        self,
        *,
        name: str | None = None,
        rates: Rates = SLACK_RATES,
        seconds: float = 5.0,
        jobs: tuple[DueWork, ...] = (),
        render: Callable[[Session, Delivery, datetime], dict[str, object]] = draw,
    ) -> Worker:
        """Give a worker that has not begun."""
        return Worker(
            self.database,
            self.slack(seconds),
            self.workspace_id,
            now=self.clock,
            render=render,
            due_work=dict.fromkeys(jobs, 20),
            rates=rates,
            name=name,
        )

    def dispatcher(self, name: str, seconds: float = 5.0) -> Dispatcher:
        """Give the part of a worker that carries, to stop it half way."""
        return Dispatcher(
            self.database, self.slack(seconds), draw, workspace_id=self.workspace_id, worker=name, rates=SLACK_RATES
        )

    def channel(self, name: str = "emea") -> str:
        """Give a channel's id."""
        channel = self.sandbox.workspace(self.slack_workspace).channel_called(name)
        assert channel is not None
        return channel.id

    def handoff(self, did: str = "asked for a demo") -> int:
        """Store a handoff."""
        with self.database.transaction() as session:
            now = self.clock()
            lead = Lead(
                workspace_id=self.workspace_id,
                lifecycle=Lifecycle.MQL,
                created_at=now,
                updated_at=now,
                version=1,
            )
            session.add(lead)
            session.flush()
            handoff = Handoff(
                workspace_id=self.workspace_id,
                lead_id=lead.id,
                team_id=self.team_id,
                playbook_id=self.playbook_id,
                announcer_id=self.maya_id,
                did=did,
                state=HandoffState.MANAGER_QUEUE,
                announced_at=now,
            )
            session.add(handoff)
            session.flush()
            return handoff.id

    def card(self, handoff_id: int, channel: str = "emea") -> int:
        """Enqueue a handoff's card in a channel; return the delivery's id."""
        return self.enqueue(
            "lead_card", handoff_id, handoff_id, place=self.channel(channel), priority=Priority.NEW_MESSAGE
        )

    def direct_card(self, handoff_id: int, person_id: int | None = None) -> int:
        """Enqueue a handoff's card among Ana's direct messages, or somebody else's."""
        person_id = person_id or self.ana_id
        place = outbox.direct(person_id)
        return self.enqueue(
            "direct_card", handoff_id, handoff_id, place=place, person_id=person_id, priority=Priority.NEW_MESSAGE
        )

    def line(self, handoff_id: int, number: int) -> int:
        """Enqueue a reply under a handoff's card, which is queued already."""
        with self.database.transaction() as session:
            pending = outbox.enqueue_reply(
                session,
                workspace_id=self.workspace_id,
                kind="thread_line",
                subject=number,
                handoff_id=handoff_id,
                priority=Priority.FOR_WATCHER,
                now=self.clock(),
            )
            assert pending is not None
            return pending.id

    def home(self) -> int:
        """Enqueue Ana's Home tab."""
        place = outbox.home(self.ana_id)
        return self.enqueue("home", self.ana_id, None, place=place, person_id=self.ana_id, priority=Priority.CAN_WAIT)

    def enqueue(
        self,
        kind: str,
        subject: int,
        handoff_id: int | None,
        *,
        place: str,
        priority: Priority,
        person_id: int | None = None,
    ) -> int:
        """Enqueue a delivery in a transaction of its own."""
        with self.database.transaction() as session:
            return outbox.enqueue(
                session,
                workspace_id=self.workspace_id,
                place=place,
                person_id=person_id,
                kind=kind,
                subject=subject,
                handoff_id=handoff_id,
                priority=priority,
                now=self.clock(),
            ).id

    def change(self, handoff_id: int, did: str, by: int | None = None) -> None:
        """Change what a handoff's cards show, as the act of a person or of the clock."""
        with self.database.transaction() as session:
            session.get_one(Handoff, handoff_id).did = did
            outbox.mark_stale(session, self.workspace_id, handoff_id, self.clock(), by=by)

    def delivery(self, delivery_id: int) -> Delivery:
        """Read a delivery."""
        with self.database.snapshot() as session:
            return session.get_one(Delivery, delivery_id)

    def reads(self, look: Callable[[Session, int], T]) -> T:
        """Look at what is stored of the workspace."""
        with self.database.snapshot() as session:
            return look(session, self.workspace_id)

    def queue(self, delivery_id: int) -> ChannelQueue:
        """Read a delivery's queue."""
        with self.database.snapshot() as session:
            return session.scalars(
                select(ChannelQueue)
                .join(Delivery, Delivery.queue_id == ChannelQueue.id)
                .where(Delivery.id == delivery_id)
            ).one()

    def workspace(self) -> Workspace:
        """Read the workspace."""
        with self.database.snapshot() as session:
            return session.get_one(Workspace, self.workspace_id)

    def messages(self, channel: str = "emea") -> list[Message]:
        """Return what stands in a channel, threads included, oldest first."""
        return list(self.sandbox.workspace(self.slack_workspace).channels[self.channel(channel)].messages.values())

    def direct_messages(self, name: str = "Ana Ruiz") -> list[Message]:
        """Return what stands among somebody's direct messages with the bot."""
        workspace = self.sandbox.workspace(self.slack_workspace)
        member = self.sandbox.person(name, self.slack_workspace).member
        conversation = workspace.dm(member.id, workspace.app.bot_user_id)
        return list(conversation.messages.values()) if conversation else []

    def texts(self, channel: str = "emea") -> list[str]:
        """Return the words in a channel, oldest first."""
        return [message.text for message in self.messages(channel)]

    def calls(self, method: str) -> int:
        """Count the calls of a method that reached Slack."""
        return len(self.sandbox.calls(method))

    def pass_time(self, worker: Worker, seconds: float, step: float = 1.0) -> None:
        """Move the clock on in steps, with a pass of the worker after each."""
        end = self.clock() + timedelta(seconds=seconds)
        while self.clock() < end:
            self.clock.advance(min(timedelta(seconds=step), end - self.clock()))
            worker.run_once(self.clock())

    def settle(self, worker: Worker, seconds: float = 600, step: float = 5.0) -> None:
        """Let time pass until nothing is pending, nor to be looked for; fail where that takes too long."""
        end = self.clock() + timedelta(seconds=seconds)
        pending = select(ChannelQueue.id).where(
            ChannelQueue.workspace_id == self.workspace_id, ChannelQueue.due_at.is_not(None)
        )
        while True:
            worker.run_once(self.clock())
            with self.database.snapshot() as session:
                if session.scalar(pending) is None:
                    return
            assert self.clock() < end, "something is still pending"
            self.clock.advance(step)

    def take(self, dispatcher: Dispatcher) -> Job:
        """Take the one delivery in hand that is due."""
        (job,) = dispatcher.claim(self.clock())
        return job


def make_desk(database: Database, sandbox: Sandbox, clock: ManualClock, name: str) -> Desk:
    """Store a workspace with a team, a manager and a rep."""
    with database.transaction() as session:
        workspace = Workspace(
            slack_team_id=sandbox.workspace(name).id,
            name=name,
            delivery_namespace=f"delivery_namespace-{name}",
            created_at=clock(),
        )
        session.add(workspace)
        session.flush()
        playbook = PlaybookVersion(
            workspace_id=workspace.id, digest="0" * 64, text="", published_at=clock(), published_by="a test"
        )
        team = Team(workspace_id=workspace.id, key="emea", name="EMEA", channel="#emea", zone="Europe/London", hours={})
        people = [
            Person(
                workspace_id=workspace.id,
                name=each,
                slack_user_id=sandbox.person(each, name).id,
                email=sandbox.person(each, name).email,
            )
            for each in ("Ana Ruiz", "Maya Cole")
        ]
        session.add_all([playbook, team, *people])
        session.flush()
        team.manager_id = people[1].id
        return Desk(
            database=database,
            sandbox=sandbox,
            clock=clock,
            workspace_id=workspace.id,
            slack_workspace=name,
            ana_id=people[0].id,
            maya_id=people[1].id,
            team_id=team.id,
            playbook_id=playbook.id,
        )

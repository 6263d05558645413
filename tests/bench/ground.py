"""The set-up to measure on: the demo's teams, leads handed over, and presses signed as by Slack."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from time import monotonic, sleep
from urllib.parse import urlencode

from sqlalchemy import func, select, update

import templates
from bot.app import Baton, build
from bot.database import Database
from bot.machine import utc_now
from bot.settings import Settings
from bot.slack.rate_limits import UNLIMITED
from qualification.handoffs import handover
from qualification.handoffs.handover_form import HandOverForm
from qualification.organisation import publishing
from qualification.records import ChannelQueue, Delivery, DeliveryState, Offer, Person
from qualification.rules.handoffs.states import OfferOutcome
from qualification.views import cards
from sandbox.demo.bot_process import PLAYBOOK, ROOT
from sandbox.events.signed_http import sign
from sandbox.server import Sandbox
from tests.bench.children import PATIENCE_SECONDS, ChildFailed

MANIFEST = json.loads((ROOT / "manifest.json").read_text(encoding="utf-8"))
MARKETER = "Mika Sato"
BATCH = 25
# A rep's time to answer in the demo's playbook, and one longer than any measurement.
SOON, LATER = "accept_within: 10m\n  remind_after: 5m", "accept_within: 100h\n  remind_after: 99h"


@dataclass(frozen=True, slots=True)
class Request:
    """A request signed as by Slack; header names are in lower case."""

    body: bytes
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class Asked:
    """A lead that waits for a person's answer."""

    handoff_id: int
    offer_id: int
    slack_user_id: str


class Ground:
    """A database with the demo's playbook, and its bot, not yet started."""

    def __init__(self, url: str, sandbox: Sandbox, *, patient: bool = False) -> None:
        """Publish the playbook and look up all people; with `patient`, offers do not expire during a measurement."""
        self.url = url
        self.sandbox = sandbox
        self.settings = Settings(
            database_url=url,
            bot_token=sandbox.bot_token(),
            signing_secret=sandbox.signing_secret,
            slack_api_url=sandbox.api_url,
            port=0,
        )
        self.database = Database(url)
        self.baton: Baton = build(self.settings, database=self.database, rates=UNLIMITED)
        self.workspace_id = self.baton.installations[0].id
        self._numbers = count(1)
        text = PLAYBOOK.read_text(encoding="utf-8")
        text = text.replace(SOON, LATER) if patient else text
        with self.database.transaction() as session:
            publishing.publish(session, workspace_id=self.workspace_id, text=text, by="bench", now=utc_now())
        self.baton.directories[0].look_up()

    def hand_over(self, leads: int, *, batch: int = BATCH) -> None:
        """Hand leads over, `batch` in each transaction."""
        by = self.sandbox.person(MARKETER).id
        while leads > 0:
            with self.database.transaction() as session:
                for number in [next(self._numbers) for _ in range(min(batch, leads))]:
                    handover.hand_over(
                        session,
                        workspace_id=self.workspace_id,
                        by=by,
                        form=lead(number),
                        now=utc_now(),
                    )
            leads -= batch

    def asked(self) -> list[Asked]:
        """Return the leads that wait for a person's answer, in the order of handing over."""
        with self.database.snapshot() as session:
            rows = session.execute(
                select(Offer.handoff_id, Offer.id, Person.slack_user_id)
                .join(Person, Person.id == Offer.person_id)
                .where(Offer.outcome == OfferOutcome.OPEN)
                .order_by(Offer.id)
            )
            return [Asked(handoff_id, offer_id, str(user)) for handoff_id, offer_id, user in rows]

    def press(self, asked: Asked) -> Request:
        """Return Slack's request for a press of Accept on the card in the channel."""
        with self.database.snapshot() as session:
            card = templates.render(
                "messages/lead_card", card=cards.lead_card(session, self.workspace_id, asked.handoff_id)
            )
        workspace = self.sandbox.workspace()
        value = json.dumps({"handoff": asked.handoff_id, "offer": asked.offer_id}, separators=(",", ":"))
        payload: dict[str, object] = {
            "type": "block_actions",
            "user": {"id": asked.slack_user_id, "username": "rep", "name": "rep", "team_id": workspace.id},
            "api_app_id": workspace.app.id,
            "token": "",
            "container": {"type": "message", "message_ts": "1.0", "channel_id": "C1", "is_ephemeral": False},
            "trigger_id": "1.2.3",
            "team": {"id": workspace.id, "domain": workspace.domain},
            "enterprise": None,
            "is_enterprise_install": False,
            "channel": {"id": "C1", "name": "sales-emea"},
            "message": {"type": "message", "user": workspace.app.bot_user_id, "ts": "1.0", **card},
            "state": {"values": {}},
            "response_url": "https://slack.example/actions/1",
            "actions": [
                {
                    "type": "button",
                    "action_id": "accept",
                    "block_id": "decide",
                    "text": {"type": "plain_text", "text": "Accept", "emoji": True},
                    "value": value,
                    "action_ts": f"{asked.handoff_id}.{asked.offer_id}",
                }
            ],
        }
        return signed(self.settings.signing_secret or "", urlencode({"payload": json.dumps(payload)}).encode())

    def show(self) -> None:
        """Mark every message as sent to Slack, as on a quiet day."""
        with self.database.engine.begin() as connection:
            pending = Delivery.state == DeliveryState.PENDING
            connection.execute(
                update(Delivery)
                .where(pending)
                .values(state=DeliveryState.DELIVERED, shown_revision=Delivery.desired_revision)
            )
            connection.execute(update(ChannelQueue).where(ChannelQueue.due_at.is_not(None)).values(due_at=None))

    def wait_until_shown(self, patience: float = PATIENCE_SECONDS) -> None:
        """Wait until a bot in another process has sent all its messages. Raises ChildFailed after some seconds."""
        end = monotonic() + patience
        pending = select(func.count()).select_from(ChannelQueue).where(ChannelQueue.due_at.is_not(None))
        while monotonic() < end:
            with self.database.snapshot() as session:
                if not session.scalar(pending):
                    return
            sleep(0.02)
        raise ChildFailed("deliveries did not come to an end")

    def environment(self, **more: str) -> dict[str, str]:
        """Return the environment of a bot process for this set-up."""
        return {
            "DATABASE_URL": self.url,
            "SLACK_BOT_TOKEN": self.sandbox.bot_token(),
            "SLACK_SIGNING_SECRET": self.sandbox.signing_secret,
            "SLACK_API_URL": self.sandbox.api_url,
            "PORT": "0",
            "LOG_LEVEL": "warning",
            **more,
        }


@contextmanager
def laid(url: str, *, patient: bool = False) -> Iterator[Ground]:
    """Yield a set-up on a fresh database, with a Slack without rate limits."""
    with Sandbox(MANIFEST, rate_limits=False) as sandbox:
        ground = Ground(url, sandbox, patient=patient)
        yield ground
        ground.database.dispose()


def lead(number: int) -> HandOverForm:
    """Return a made-up lead; they alternate between the two teams."""
    return HandOverForm(
        company=f"Company {number}",
        person=f"Person {number}",
        email=f"person{number}@company{number}.example",
        phone="+44 20 7946 0000",
        title="Head of operations",
        did="Asked for a demo after reading the pricing page twice",
        problem="We lose every third lead between two spreadsheets, and nobody notices for a week.",
        size="1,200",
        country=("DE", "US")[number % 2],
        value="12,500 EUR",
        promised="A call before Friday",
    )


def signed(secret: str, body: bytes) -> Request:
    """Return a form as a request signed now, as by Slack."""
    stamp = str(int(datetime.now(UTC).timestamp()))
    return Request(
        body,
        {
            "content-type": "application/x-www-form-urlencoded",
            "x-slack-request-timestamp": stamp,
            "x-slack-signature": sign(secret, stamp, body),
        },
    )

"""One run's world: Slack, the clock, a database, the bot's processes, and the ledger."""

import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import select

from bot.app import build
from bot.database import Database
from bot.machine import new_key
from bot.settings import Settings
from qualification.intake import api_keys
from qualification.organisation import publishing
from qualification.records import Workspace
from sandbox.server import Sandbox
from tests.faults.balancer import Balancer
from tests.faults.clock import Time
from tests.faults.fleet import Fleet
from tests.faults.ledger import Ledger
from tests.faults.stores import Store, open_store
from tests.worlds.office import MANIFEST
from tests.worlds.playbook import PLAYBOOK, at_any_hour, by_address

CHANNEL: Final = "#sales-emea"
SENDER: Final = "website"
REMIND_AFTER_MINUTES: Final = 15
PROCESSES: Final = {"sqlite": ("run",), "postgresql": ("web", "web", "worker", "worker")}
PATIENCE: Final = 30.0


@dataclass
class World:
    """Everything that a run acts on. `resting` is set while nobody acts and nothing is broken."""

    sandbox: Sandbox
    time: Time
    store: Store
    database: Database
    fleet: Fleet
    api_key: str
    delivery_namespace: str
    http: str
    ledger: Ledger = field(default_factory=Ledger)
    resting: threading.Event = field(default_factory=threading.Event)

    @property
    def now(self) -> datetime:
        """The time by the bot's clock."""
        return self.time.bot()

    def use(self, transport: str) -> None:
        """Let Slack reach the bot over "HTTP" or "Socket Mode" from now on."""
        self.sandbox.deliver_to(f"{self.http}/slack/events" if transport == "HTTP" else None)

    @property
    def is_http(self) -> bool:
        """Whether Slack reaches the bot over HTTP now."""
        return self.sandbox.workspace().app.http_endpoint is not None


@contextmanager
def open_world(engine: str) -> Iterator[World]:
    """Start Slack, the database and the bot's processes, with a playbook published and everybody looked up."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="baton-faults-")))
        time = Time(folder / "clock")
        store = open_store(engine)
        stack.callback(store.close)
        sandbox = stack.enter_context(Sandbox(MANIFEST, clock=time.slack, rate_limits=False))
        database = Database(store.url)
        stack.callback(database.dispose)
        namespace, key = _prepare(sandbox, database, store.url)
        environment = {
            **os.environ,
            "DATABASE_URL": store.url,
            "SLACK_BOT_TOKEN": sandbox.bot_token(),
            "SLACK_APP_TOKEN": sandbox.app_token(),
            "SLACK_SIGNING_SECRET": sandbox.signing_secret,
            "SLACK_API_URL": sandbox.api_url,
            "LOG_LEVEL": "warning",
            "FAULTS_CLOCK": str(time.path),
        }
        fleet = Fleet(PROCESSES[engine], environment)
        stack.callback(fleet.stop)
        ports = fleet.ports()
        port = ports[0]
        if len(ports) > 1:
            balancer = Balancer(ports)
            stack.callback(balancer.close)
            port = balancer.port
        world = World(sandbox, time, store, database, fleet, key, namespace, f"http://127.0.0.1:{port}")
        fleet.start()
        sandbox.wait_until_connected(connections=2, timeout=PATIENCE)
        yield world


def _prepare(sandbox: Sandbox, database: Database, url: str) -> tuple[str, str]:
    """Publish the playbook, look everybody up, make a sender's key; return the namespace of deliveries and the key."""
    settings = Settings(
        database_url=url,
        bot_token=sandbox.bot_token(),
        app_token=sandbox.app_token(),
        slack_api_url=sandbox.api_url,
    )
    bot = build(settings, database=database, now=sandbox.clock)
    workspace_id = bot.installations[0].id
    text = at_any_hour(by_address(PLAYBOOK))
    with database.transaction() as session:
        publishing.publish(session, workspace_id=workspace_id, text=text, by="faults", now=sandbox.clock())
        key = api_keys.make(session, workspace_id, SENDER, by="unix:ana", random=new_key, now=sandbox.clock())
        namespace = session.scalars(select(Workspace.delivery_namespace)).one()
    while bot.directories[0].look_up():
        pass
    return namespace, key

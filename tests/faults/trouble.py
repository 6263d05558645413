"""The plan of faults: a shuffled deck of all kinds, dealt one after the other until the round ends."""

import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from signal import SIGKILL, SIGTERM
from typing import Final

from sandbox.faults import CallFaultKind, Fault
from tests.faults.ledger import Act, Answer
from tests.faults.world import World

HOUR: Final = 3600.0
CALLS: Final[tuple[CallFaultKind, ...]] = ("429", "500", "cut_before", "cut_after", "hang")
METHODS: Final = (
    "chat.postMessage",
    "chat.update",
    "views.publish",
    "views.open",
    "conversations.history",
    "response_url",
)
WRONG: Final = (HOUR, -HOUR, 24 * HOUR, -24 * HOUR)
LEAPS: Final = (20.0, 16 * 60.0, 16 * 60.0, 3 * HOUR)
DATABASE: Final = "database away"


@dataclass
class Trouble:
    """Whoever breaks things, with a chance of their own."""

    world: World
    chance: random.Random
    faults: list[tuple[str, Fault]] = field(default_factory=list)

    def deck(self) -> list[tuple[str, Callable[[threading.Event], object]]]:
        """Return every kind of fault with what does it."""
        commands = sorted({each.command for each in self.world.fleet.processes})
        signals = {
            f"{name} {command}": (command, number)
            for command in commands
            for name, number in (("SIGKILL", SIGKILL), ("SIGTERM", SIGTERM))
        }
        return [
            *((name, lambda _, at=at: self._signal(*at)) for name, at in signals.items()),
            *((kind, lambda _, kind=kind: self._calls(kind)) for kind in CALLS),
            *((kind, lambda _, kind=kind: self._calls(kind)) for kind in CALLS),
            ("twice at once", lambda _: self._deliveries("twice")),
            ("overtaken", lambda _: self._deliveries("out_of_order")),
            ("socket dropped", lambda _: self._sockets()),
            ("sockets refreshed", lambda _: self.world.sandbox.refresh_sockets()),
            ("redelivered", lambda _: self._redeliver()),
            ("redelivered", lambda _: self._redeliver()),
            ("event again", lambda _: self._redeliver_event()),
            ("wrong clock", self._mislead),
            ("time leaps", lambda _: self.world.time.leap(self.chance.choice(LEAPS))),
            ("transport changed", lambda _: self.world.use("Socket Mode" if self.world.is_http else "HTTP")),
            (DATABASE, lambda stop: self.world.store.outage(self.chance, stop)),
        ]

    def run(self, stop: threading.Event) -> None:
        """Deal faults until `stop` is set; those that last run beside the others."""
        with ThreadPoolExecutor(3, thread_name_prefix="trouble") as hands:
            while not stop.is_set():
                deck = self.deck()
                self.chance.shuffle(deck)
                for name, strike in deck:
                    if stop.is_set():
                        break
                    hands.submit(self._strike, name, strike, stop)
                    stop.wait(self.chance.uniform(0.5, 1.2))

    def heal(self) -> None:
        """Take all faults away, and count those of Slack that struck."""
        for name, fault in self.faults:
            if fault.struck:
                self.world.ledger.count_fault(name, fault.struck)
        self.faults.clear()
        self.world.sandbox.heal()
        self.world.time.mislead(0)

    def _strike(self, name: str, strike: Callable[[threading.Event], object], stop: threading.Event) -> None:
        if strike(stop) is not False:
            self.world.ledger.count_fault(name)

    def _signal(self, command: str, number: int) -> bool:
        running = [each for each in self.world.fleet.processes if each.command == command]
        return self.world.fleet.signal(self.chance.choice(running), number, self.chance.uniform(0, 0.7))

    def _calls(self, kind: CallFaultKind) -> bool:
        """Let some calls fail; they are counted once they did."""
        method = self.chance.choice(METHODS)
        times = 1 if kind == "hang" else self.chance.randint(1, 4)
        fault = self.world.sandbox.fault(method, kind, times=times, retry_after=self.chance.choice((1, 2, 5)))
        self.faults.append((kind, fault))
        return False

    def _deliveries(self, kind: str) -> bool:
        of = self.chance.choice(("interactive", "interactive", "slash_commands", "events_api"))
        times = self.chance.randint(1, 6) if kind == "twice" else 1
        name = "twice at once" if kind == "twice" else "overtaken"
        fault = self.world.sandbox.disturb(kind, deliveries=of, times=times)  # type: ignore[arg-type]
        self.faults.append((name, fault))
        return False

    def _sockets(self) -> bool:
        if self.chance.random() < 0.5:
            return self.world.sandbox.drop_sockets() > 0
        self.faults.append(("socket dropped", self.world.sandbox.disturb("drop_socket", deliveries="interactive")))
        return False

    def _redeliver(self) -> bool:
        """Send the bot some of the last presses, forms and commands once more, several at the same moment."""
        recent = [each for each in self.world.ledger.acts()[-60:] if _may_come_again(each)]
        some = self.chance.sample(recent, min(3, len(recent)))
        with ThreadPoolExecutor(2) as hands:
            for act in some:
                list(hands.map(lambda _, act=act: self.world.sandbox.redeliver(act.delivery), range(2)))
        return bool(some)

    def _redeliver_event(self) -> bool:
        events = self.world.sandbox.deliveries("events_api")[-20:]
        return bool(events) and self.world.sandbox.redeliver(self.chance.choice(events)) is not None

    def _mislead(self, stop: threading.Event) -> bool:
        """Let the bot's clock be wrong for some seconds."""
        if self.world.time.is_wrong:
            return False
        wrong = self.chance.choice(WRONG)
        self.world.time.mislead(wrong)
        stop.wait(self.chance.uniform(0.5, 2.5))
        self.world.time.mislead(0)
        return True


def _may_come_again(act: Act) -> bool:
    """Whether Slack could send it again: what was refused may count the next time, and nobody would know which."""
    return act.delivery is not None and act.answer in {Answer.ACKNOWLEDGED, Answer.UNANSWERED}

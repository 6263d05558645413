"""People's actions in a Slack with faults: they try again if nothing happened."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Final

from sandbox.people.driver import Answer, Person
from sandbox.people.snapshots import Message, Modal
from sandbox.server import Sandbox

TRIES: Final = 6
# Real seconds that a person waits.
PATIENCE: Final = 30.0


class Hands:
    """The actions of people in one Slack."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def press(self, who: Person, label: str, on: Message) -> None:
        """Press a button, again if Slack says that the app did not respond."""
        self._insist(who, lambda: who.presses(label, on=on))

    def press_at_once(self, people: list[Person], label: str, on: Message) -> None:
        """Let several people press the same button of the same card at the same instant."""
        with ThreadPoolExecutor(len(people)) as hands:
            list(hands.map(lambda who: self.press(who, label, on), people))

    def type(self, who: Person, text: str, channel: str) -> None:
        """Type a line, again if Slack says that the app did not respond."""
        self._insist(who, lambda: who.types(text, channel))

    def open(self, who: Person, ask: Callable[[], None]) -> Modal:
        """Ask for a modal until it opens; wait for the modal before asking again."""
        for _ in range(TRIES):
            notices = len(who.notices)
            ask()
            if len(who.notices) > notices:
                # The bot may have got the request although its answer was lost.
                self._sandbox.wait_until_connected(timeout=PATIENCE)
                with suppress(TimeoutError):
                    self._sandbox.wait_for(lambda: topmost(who), PATIENCE)
            self._sandbox.wait_for(self._nothing_under_way, PATIENCE)
            shown = topmost(who)
            if shown is not None:
                return shown
        raise AssertionError(f"{who.name} asked {TRIES} times for a modal; Slack said {who.notices}")

    def _nothing_under_way(self) -> bool:
        """Return whether every action has been answered, duplicates included."""
        kinds = ("slash_commands", "interactive")
        return all(each.outcome is not None for kind in kinds for each in self._sandbox.deliveries(kind))

    def open_by(self, who: Person, label: str, on: Message) -> Modal:
        """Press a button until its modal opens."""
        return self.open(who, lambda: who.presses(label, on=on))

    def pick(self, who: Person, option: Answer, where: str) -> None:
        """Pick an option, again if Slack says that the app did not respond."""
        self._insist(who, lambda: who.picks(option, where))

    def submit(self, who: Person) -> Modal | None:
        """Submit the topmost modal until the app has answered; return the modal that is still open, if any."""
        for _ in range(TRIES):
            who.submits()
            self._sandbox.wait_for(self._nothing_under_way, PATIENCE)
            left = topmost(who)
            if left is None or left.failure is None:
                return left
            self._sandbox.wait_until_connected(timeout=PATIENCE)
        raise AssertionError(f"{who.name} submitted {TRIES} times in vain")

    def hand_in(self, who: Person) -> None:
        """Submit, and close the modal with the app's answer."""
        left = self.submit(who)
        if left is not None:
            assert not left.errors, f"{who.name} met {left.errors} in {left.title!r}"
            assert left.submit is None, f"{who.name} still sees {left.title!r}: {left.text}"
            who.closes(everything=True)

    def _insist(self, who: Person, act: Callable[[], None]) -> None:
        for _ in range(TRIES):
            notices = len(who.notices)
            act()
            self._sandbox.wait_for(self._nothing_under_way, PATIENCE)
            if len(who.notices) == notices:
                return
            self._sandbox.wait_until_connected(timeout=PATIENCE)
        raise AssertionError(f"{who.name} tried {TRIES} times in vain; Slack said {who.notices[-1]}")


def topmost(who: Person) -> Modal | None:
    """Return a person's topmost modal, or None."""
    stack = who.modals
    return stack[-1] if stack else None

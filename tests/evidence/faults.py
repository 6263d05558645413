"""The faults between Slack and the bot during the day."""

from typing import Final

from sandbox.faults import CallFaultKind, DeliveryFaultKind, Fault
from sandbox.server import Sandbox

# The faults of every round in Web API calls: method, kind, times.
CALLS: Final[tuple[tuple[str, CallFaultKind, int], ...]] = (
    ("chat.postMessage", "429", 3),
    ("chat.update", "429", 2),
    ("chat.postMessage", "500", 2),
    ("chat.postMessage", "cut_after", 3),
    ("chat.update", "500", 2),
    ("chat.update", "cut_after", 2),
    ("chat.postMessage", "cut_before", 2),
    ("conversations.replies", "500", 1),
    ("conversations.history", "429", 1),
    ("views.open", "500", 1),
)
# Methods of which one call hangs, in one round; each hanging call takes five real seconds.
HANGING: Final = ("chat.postMessage", "chat.update")
# The faults of every round in deliveries to the bot: kind, kind of delivery, times.
DELIVERIES: Final[tuple[tuple[DeliveryFaultKind, str, int], ...]] = (
    ("twice", "interactive", 6),
    ("drop_socket", "interactive", 1),
    ("twice", "slash_commands", 1),
    ("twice", "interactive", 4),
)


def disturb(sandbox: Sandbox, *, hanging: bool) -> list[Fault]:
    """Add a round of faults and return them; earlier faults that have not struck yet stay."""
    faults = [sandbox.fault(method, kind, times=times, retry_after=2) for method, kind, times in CALLS]
    if hanging:
        faults += [sandbox.fault(method, "hang", times=1) for method in HANGING]
    return [*faults, *(sandbox.disturb(fate, deliveries=kind, times=times) for fate, kind, times in DELIVERIES)]

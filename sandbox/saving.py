"""A Slack written down as JSON, and read again: its people, channels, messages and Home tabs."""

from dataclasses import dataclass, replace

from pydantic import TypeAdapter

from sandbox.local_slack import LocalSlack
from sandbox.workspace.state import Json, Workspace

# What was made after the Slack was saved, and went with a kill, has an id below this many more.
SKIPPED_IDS = 100_000


@dataclass(frozen=True, slots=True)
class Saved:
    """What is written down; open modals are not, for Slack closes them too when it is away."""

    serial: int
    microsecond: int
    workspaces: list[Workspace]


_SAVED: TypeAdapter[Saved] = TypeAdapter(Saved)


def dump(slack: LocalSlack) -> bytes:
    """Write a Slack down; nothing may change it meanwhile."""
    kept = [
        replace(
            each,
            modals={},
            homes={user: replace(home, typed={}, errors={}) for user, home in each.homes.items()},
            channels={key: replace(channel, threads={}) for key, channel in each.channels.items()},
        )
        for each in slack.workspaces.values()
    ]
    return _SAVED.dump_json(Saved(slack.ids.last_serial, slack.ids.last_microsecond, kept))


def load(slack: LocalSlack, written: bytes, manifest: Json) -> None:
    """Put what was written down into an empty Slack; the app is the one of this manifest. Raises ValueError."""
    saved = _SAVED.validate_json(written)
    slack.ids.go_on(saved.serial + SKIPPED_IDS, saved.microsecond)
    for workspace in saved.workspaces:
        workspace.app.manifest = manifest
        for channel in workspace.channels.values():
            # A reply is one message, in the channel and in its thread.
            for message in list(channel.messages.values()):
                channel.store(message)
    slack.add(saved.workspaces)

"""Saves a LocalSlack as JSON and restores it: people, channels, messages and Home tabs."""

from dataclasses import dataclass, replace

from pydantic import TypeAdapter

from sandbox.local_slack import LocalSlack
from sandbox.workspace.state import Json, Workspace

# Restored sandboxes skip this many ids, which may have been used after saving, before the sandbox was killed.
SKIPPED_IDS = 100_000


@dataclass(frozen=True, slots=True)
class Saved:
    """What is saved. Open modals are not: Slack closes them too."""

    serial: int
    microsecond: int
    workspaces: list[Workspace]


_SAVED: TypeAdapter[Saved] = TypeAdapter(Saved)


def dump(slack: LocalSlack) -> bytes:
    """Return a LocalSlack as JSON. Call it in the loop, so that nothing changes meanwhile."""
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
    """Add what `dump` returned to a LocalSlack without workspaces; the app is that of `manifest`.

    Raises ValueError if `written` is not from `dump`.
    """
    saved = _SAVED.validate_json(written)
    slack.ids.continue_from(saved.serial + SKIPPED_IDS, saved.microsecond)
    for workspace in saved.workspaces:
        workspace.app.manifest = manifest
        for channel in workspace.channels.values():
            # A reply must be the same object in the channel and in its thread.
            for message in list(channel.messages.values()):
                channel.store(message)
    slack.add(saved.workspaces)

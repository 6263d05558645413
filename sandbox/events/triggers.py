"""Trigger ids: each opens one modal for the person who acted, within three seconds."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sandbox.clock import Clock
from sandbox.refusals import SlackError
from sandbox.workspace.ids import Ids

GOOD_FOR = timedelta(seconds=3)


@dataclass(slots=True)
class Trigger:
    """A trigger id's person, time, and view if it was issued in one."""

    workspace_id: str
    user_id: str
    at: datetime
    view_id: str | None
    exchanged: bool = False


class Triggers:
    """Issues trigger ids, each to be exchanged once."""

    def __init__(self, clock: Clock, ids: Ids) -> None:
        """Expire trigger ids by this clock."""
        self._clock = clock
        self._ids = ids
        self._issued: dict[str, Trigger] = {}

    def issue(self, workspace_id: str, user_id: str, view_id: str | None = None) -> str:
        """Return a new trigger id for a person's action, in a view if it was in one."""
        trigger_id = f"{self._ids.next_number()}.{workspace_id[1:]}.{self._ids.next_number():08x}"
        self._issued[trigger_id] = Trigger(workspace_id, user_id, self._clock(), view_id)
        return trigger_id

    def exchange(self, workspace_id: str, trigger_id: str) -> Trigger:
        """Use a trigger id. Raises SlackError for an unknown, used or expired one."""
        trigger = self._issued.get(trigger_id)
        if trigger is None or trigger.workspace_id != workspace_id:
            raise SlackError("invalid_trigger_id")
        if trigger.exchanged:
            raise SlackError("exchanged_trigger_id")
        if self._clock() - trigger.at > GOOD_FOR:
            raise SlackError("expired_trigger_id")
        trigger.exchanged = True
        return trigger

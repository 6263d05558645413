"""Trigger ids: whoever acted may be shown one modal, within three seconds."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sandbox.api.refusals import SlackError
from sandbox.clock import Clock
from sandbox.workspace.ids import Ids

GOOD_FOR = timedelta(seconds=3)


@dataclass(slots=True)
class Trigger:
    """Who acted, when, and in which modal if it was in one."""

    workspace_id: str
    user_id: str
    at: datetime
    view_id: str | None
    exchanged: bool = False


class Triggers:
    """Issues trigger ids and exchanges each once."""

    def __init__(self, clock: Clock, ids: Ids) -> None:
        """Expire them by this clock."""
        self._clock = clock
        self._ids = ids
        self._issued: dict[str, Trigger] = {}

    def issue(self, workspace_id: str, user_id: str, view_id: str | None = None) -> str:
        """Return a new trigger id for somebody's act."""
        trigger_id = f"{self._ids.serial()}.{workspace_id[1:]}.{self._ids.serial():08x}"
        self._issued[trigger_id] = Trigger(workspace_id, user_id, self._clock(), view_id)
        return trigger_id

    def exchange(self, workspace_id: str, trigger_id: str) -> Trigger:
        """Use a trigger id up; raise the SlackError that Slack gives for a wrong, used or late one."""
        trigger = self._issued.get(trigger_id)
        if trigger is None or trigger.workspace_id != workspace_id:
            raise SlackError("invalid_trigger_id")
        if trigger.exchanged:
            raise SlackError("exchanged_trigger_id")
        if self._clock() - trigger.at > GOOD_FOR:
            raise SlackError("expired_trigger_id")
        trigger.exchanged = True
        return trigger

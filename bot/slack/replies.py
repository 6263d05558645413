"""The two calls that a listener may make at once: a view while the trigger lives, and one private reply."""

import logging
from collections.abc import Mapping
from http.client import HTTPException
from typing import Any, Final

from slack_sdk import WebhookClient

from bot.slack.client import Slack, SlackError
from qualification.rules.refusals import TookTooLong

log = logging.getLogger(__name__)

# A trigger lives for three seconds, of which the listener has used some.
SECONDS: Final = 2.5
USED_TRIGGER: Final = "exchanged_trigger_id"
EXPIRED_TRIGGER: Final = "expired_trigger_id"
CLOSED_VIEW: Final = "not_found"


class Views:
    """Modals opened, pushed and redrawn; each call is made once, and raises SlackError where Slack did not do it.

    A trigger that has expired is TookTooLong: all that the person can do is press again.

    Each returns the view as Slack keeps it, with its id and hash.
    """

    def __init__(self, slack: Slack) -> None:
        """Call with `slack`, whose time-out should be SECONDS."""
        self._slack = slack

    def open(self, trigger_id: str, view: Mapping[str, Any]) -> dict[str, Any]:
        """Open a modal; returns an empty view for a trigger that was used before, since the modal is shown then."""
        return self._once("views.open", trigger_id, view)

    def push(self, trigger_id: str, view: Mapping[str, Any]) -> dict[str, Any]:
        """Push a modal on top of the one that is open; a used trigger is treated as in `open`."""
        return self._once("views.push", trigger_id, view)

    def update(self, *, view_id: str, view: Mapping[str, Any], hash: str | None = None) -> dict[str, Any]:  # noqa: A002 - Slack's name
        """Redraw a modal, with `hash` only while it still has that hash; returns an empty view for a closed modal."""
        try:
            return self._view("views.update", view_id=view_id, view=dict(view), hash=hash)
        except SlackError as error:
            if error.name != CLOSED_VIEW:
                raise
            log.info("A modal was closed before it was redrawn.", extra={"action": "views.update"})
            return {}

    def _once(self, method: str, trigger_id: str, view: Mapping[str, Any]) -> dict[str, Any]:
        """Show a modal by a trigger; a click that is delivered twice brings the same trigger twice."""
        try:
            return self._view(method, trigger_id=trigger_id, view=dict(view))
        except SlackError as error:
            if error.name == EXPIRED_TRIGGER:
                log.warning("A trigger expired before its modal was opened.", extra={"action": method})
                raise TookTooLong from error
            if error.name != USED_TRIGGER:
                raise
            log.info("A click came twice; its modal is already open.", extra={"action": method})
            return {}

    def _view(self, method: str, **arguments: object) -> dict[str, Any]:
        view: dict[str, Any] = self._slack.call(method, **arguments)["view"]
        return view


def reply(response_url: str, payload: Mapping[str, Any]) -> None:
    """Answer a person privately where they acted; tried once, since a second try could say it twice."""
    client = WebhookClient(response_url, timeout=SECONDS, retry_handlers=[])  # type: ignore[arg-type]
    try:
        status: object = client.send_dict(dict(payload)).status_code
    except (OSError, HTTPException, ValueError) as error:
        status = type(error).__name__
    if status != 200:  # noqa: PLR2004 - HTTP's own number
        log.warning("A private reply could not be delivered.", extra={"action": "reply", "error": status})

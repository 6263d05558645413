"""The calls that a listener may make at once: a view while the trigger lives, and one private reply."""

import logging
from collections.abc import Mapping
from http.client import HTTPException
from typing import Any, Final

from bot.slack.client import PassingError, Slack, SlackError
from bot.slack.origins import with_origin
from bot.slack.response_urls import NotSlacks, ResponseUrls
from qualification.rules.refusals import NotOpened, TookTooLong

log = logging.getLogger(__name__)

USED_TRIGGER: Final = "exchanged_trigger_id"
EXPIRED_TRIGGER: Final = "expired_trigger_id"
CLOSED_VIEW: Final = "not_found"


class Views:
    """Modals opened, pushed and redrawn; each call is made once.

    Where Slack opens none the person has to press again: TookTooLong for a trigger that has expired, NotOpened where a
    second try may work. Any other SlackError is raised as it is.

    Each returns the view as Slack keeps it, with its id and hash.
    """

    def __init__(self, slack: Slack, origin: Mapping[str, str] | None = None) -> None:
        """Call with `slack`; each modal remembers its `origin`, a message.

        The time-out of `slack` should be `response_urls.SECONDS`.
        """
        self._slack = slack
        self._origin = origin

    def open(self, trigger_id: str, view: Mapping[str, Any]) -> dict[str, Any]:
        """Open a modal; returns an empty view for a trigger that was used before, since the modal is shown then."""
        return self._once("views.open", trigger_id, view)

    def push(self, trigger_id: str, view: Mapping[str, Any]) -> dict[str, Any]:
        """Push a modal on top of the one that is open; a used trigger is treated as in `open`."""
        return self._once("views.push", trigger_id, view)

    def update(self, *, view_id: str, view: Mapping[str, Any], hash: str | None = None) -> dict[str, Any]:  # noqa: A002 - Slack's name
        """Redraw a modal, with `hash` only while it still has that hash; returns an empty view for a closed modal.

        Raises SlackError.
        """
        try:
            return self._view("views.update", view_id=view_id, view=with_origin(view, self._origin), hash=hash)
        except SlackError as error:
            if error.name != CLOSED_VIEW:
                raise
            log.info("A modal was closed before it was redrawn.", extra={"action": "views.update"})
            return {}

    def message(self, user_id: str, text: str) -> None:
        """Send somebody a direct message; raises SlackError."""
        self._slack.call("chat.postMessage", channel=user_id, text=text)

    def _once(self, method: str, trigger_id: str, view: Mapping[str, Any]) -> dict[str, Any]:
        """Show a modal by a trigger; a click that is delivered twice brings the same trigger twice."""
        try:
            return self._view(method, trigger_id=trigger_id, view=with_origin(view, self._origin))
        except SlackError as error:
            if error.name == EXPIRED_TRIGGER:
                log.warning("A trigger expired before its modal was opened.", extra={"action": method})
                raise TookTooLong from error
            if error.name != USED_TRIGGER:
                if not isinstance(error, PassingError):
                    raise
                log.warning("Slack opened no modal.", exc_info=error, extra={"action": method, "error": error.name})
                raise NotOpened from error
            log.info("A click came twice; its modal is already open.", extra={"action": method})
            return {}

    def _view(self, method: str, **arguments: object) -> dict[str, Any]:
        view: dict[str, Any] = self._slack.call(method, **arguments)["view"]
        return view


def reply(urls: ResponseUrls, response_url: str, payload: Mapping[str, Any]) -> None:
    """Answer a person privately where they acted; raises nothing."""
    try:
        status: object = urls.post(response_url, payload).status_code
    except (NotSlacks, OSError, HTTPException, ValueError) as error:
        status = type(error).__name__
    if status != 200:  # noqa: PLR2004 - HTTP's own number
        log.warning("A private reply could not be delivered.", extra={"action": "reply", "error": status})

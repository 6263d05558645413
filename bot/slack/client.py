"""The one client of Slack's Web API; its errors say whether to try again, to give up, or to ask an administrator."""

import logging
import socket
from collections.abc import Callable, Mapping
from http.client import HTTPException
from typing import Any, Final, TypeAlias
from urllib.error import URLError

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse

from bot import machine
from bot.slack.slack_clock import SlackClock

log = logging.getLogger(__name__)

SLACK_API_URL: Final = "https://slack.com/api/"

Observe: TypeAlias = Callable[[str, str], None]

# Errors that stop every call until an administrator reinstalls the app, grants a scope or pays the bill.
ACCOUNT_ERRORS: Final = frozenset(
    {
        "access_denied",
        "account_inactive",
        "app_missing_action_url",
        "ekm_access_denied",
        "enterprise_is_restricted",
        "invalid_auth",
        "invalid_token",
        "not_allowed_token_type",
        "not_authed",
        "org_login_required",
        "team_access_not_granted",
        "team_not_found",
        "token_expired",
        "token_revoked",
        "two_factor_setup_required",
    }
)

# Errors of Slack's own; with the first two, Slack may have done what it was asked to.
UNWELL_ERRORS: Final = frozenset(
    {"internal_error", "fatal_error", "request_timeout", "service_unavailable", "team_added_to_org", "accesslimited"}
)
RATE_ERRORS: Final = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded"})

# Errors that the same call gets again whenever it is made.
FINAL_ERRORS: Final = frozenset(
    {
        "as_user_not_supported",
        "block_mismatch",
        "bot_not_found",
        "cannot_dm_bot",
        "cannot_reply_to_message",
        "cant_broadcast_message",
        "cant_delete_message",
        "cant_update_message",
        "channel_is_limited_access",
        "channel_not_found",
        "channel_type_not_supported",
        "compliance_exports_prevent_deletion",
        "deprecated_endpoint",
        "duplicate_external_id",
        "edit_window_closed",
        "hash_conflict",
        "invalid_arguments",
        "invalid_array_arg",
        "invalid_blocks",
        "invalid_blocks_format",
        "invalid_cursor",
        "invalid_form_data",
        "invalid_json",
        "invalid_metadata_format",
        "invalid_metadata_schema",
        "invalid_post_type",
        "invalid_ts_latest",
        "invalid_ts_oldest",
        "invalid_user_id",
        "invalid_users_list",
        "is_archived",
        "json_not_object",
        "message_not_found",
        "messages_tab_disabled",
        "metadata_must_be_sent_from_app",
        "metadata_too_large",
        "method_deprecated",
        "method_not_supported_for_channel_type",
        "missing_charset",
        "missing_post_type",
        "msg_blocks_too_long",
        "msg_too_long",
        "no_permission",
        "no_text",
        "not_enabled",
        "not_in_channel",
        "not_reply",
        "restricted_action",
        "restricted_action_non_threadable_channel",
        "restricted_action_read_only_channel",
        "restricted_action_thread_locked",
        "restricted_action_thread_only_channel",
        "slack_connect_blocked_file_type",
        "superfluous_charset",
        "thread_not_found",
        "too_many_attachments",
        "too_many_contact_cards",
        "unknown_method",
        "user_disabled",
        "user_not_found",
        "user_not_visible",
        "users_not_found",
        "view_too_large",
    }
)


class SlackError(Exception):
    """A call that Slack did not do, or may not have done; `name` is Slack's error, or ours where Slack gave none."""

    def __init__(self, method: str, name: str, details: tuple[str, ...] = ()) -> None:
        """Keep the method that was called, the error's name, and Slack's details of it."""
        super().__init__(f"{method}: {', '.join((name, *details))}")
        self.method = method
        self.name = name
        self.details = details


class PassingError(SlackError):
    """An error to try again after: Slack could not be reached, failed, or asks for a pause.

    `retry_after` is the pause in seconds that Slack asks for. `refused` says that Slack itself answered with an error,
    `lost` that it may have done the call all the same, `pending` that it may still do it.
    """

    def __init__(
        self,
        method: str,
        name: str,
        *,
        retry_after: float | None = None,
        refused: bool = False,
        lost: bool = False,
        pending: bool = False,
    ) -> None:
        """Keep what follows from the error."""
        super().__init__(method, name)
        self.retry_after = retry_after
        self.refused = refused
        self.lost = lost or pending
        self.pending = pending


class FinalError(SlackError):
    """A final error: Slack refuses the same call each time."""


class AccountError(SlackError):
    """An error for an administrator: until they act, Slack refuses every call."""


class ScopeError(SlackError):
    """An error for an administrator: until the app has the scope in `details`, Slack refuses this method only."""


# What Slack says beside `ok` where nothing is amiss.
EXPECTED_WARNINGS: Final = frozenset({"already_in_channel"})
_KINDS: Final = ((ACCOUNT_ERRORS, AccountError), ({"missing_scope"}, ScopeError), (FINAL_ERRORS, FinalError))


class Slack:
    """A workspace's Slack, called with its bot token; safe to use from any thread."""

    def __init__(
        self,
        token: str,
        *,
        base_url: str = SLACK_API_URL,
        seconds: float = 5.0,
        observe: Observe = lambda *_: None,
        clock: SlackClock | None = None,
    ) -> None:
        """Call nothing yet; later each call waits at most `seconds` to connect, and as long again for the answer.

        `observe` gets the method of each call and its answer, which is "ok" or the error's name. `clock` takes the time
        from Slack's answers; clients may share one.
        """
        self.clock = clock or SlackClock(machine.seconds)
        self._observe = observe
        self._client = WebClient(
            token,
            base_url=base_url if base_url.endswith("/") else f"{base_url}/",
            # The SDK declares its time-out as whole seconds, but passes it to urllib as it is.
            timeout=seconds,  # type: ignore[arg-type]
            # By default the SDK sends again by itself, which may post twice; the stored delivery decides instead.
            retry_handlers=[],
            logger=_silent_logger(),
        )

    def call(self, method: str, **arguments: object) -> dict[str, Any]:
        """Call a method by Slack's names of it and its arguments, without those that are None; return Slack's answer.

        Sends nothing twice, whatever happens. Raises PassingError, FinalError, AccountError or ScopeError.
        """
        given = {name: value for name, value in arguments.items() if value is not None}
        try:
            response = self._request(method, given)
        except SlackError as error:
            self._observe(method, error.name)
            raise
        self.clock.hear(response.headers)
        self._observe(method, "ok")
        answer = response.data if isinstance(response.data, dict) else {}
        warning = answer.get("warning")
        if warning is not None and warning not in EXPECTED_WARNINGS:
            log.warning(
                "Slack took a call, and ignored some of it: %s.", warning, extra={"action": method, "error": warning}
            )
        return answer

    def _request(self, method: str, given: dict[str, object]) -> SlackResponse:
        nested = any(isinstance(value, dict | list) for value in given.values())
        try:
            # Methods that take blocks read JSON; the older ones read only forms.
            return self._client.api_call(method, json=given) if nested else self._client.api_call(method, params=given)
        except SlackApiError as error:
            raise _refused(method, error) from error
        except URLError as error:
            unsent = isinstance(error.reason, ConnectionRefusedError | socket.gaierror)
            raise PassingError(method, "unreachable" if unsent else "connection_lost", pending=not unsent) from error
        except TimeoutError as error:
            raise PassingError(method, "timed_out", pending=True) from error
        except (OSError, HTTPException, ValueError) as error:
            raise PassingError(method, "connection_lost", pending=True) from error


def _refused(method: str, error: SlackApiError) -> SlackError:
    response = error.response
    data = response.data if isinstance(response.data, dict) else {}
    name = str(data.get("error") or "")
    if response.status_code == 429 or name in RATE_ERRORS:  # noqa: PLR2004 - HTTP's own number
        return PassingError(method, "ratelimited", retry_after=retry_after(response.headers), refused=True)
    if response.status_code >= 500 or name in UNWELL_ERRORS:  # noqa: PLR2004 - HTTP's own number
        return PassingError(method, f"http_{response.status_code}" if name not in UNWELL_ERRORS else name, lost=True)
    if not name or not name.isidentifier():
        # A proxy between us and Slack answered instead.
        return PassingError(method, "no_json", lost=True)
    for names, kind in _KINDS:
        if name in names:
            return kind(method, name, _details(data))
    return PassingError(method, name, refused=True)


def retry_after(headers: Mapping[str, str]) -> float:
    """Return the seconds for which Slack asks in the headers of a 429; one where it says nothing that can be read."""
    named = {key.lower(): value for key, value in headers.items()}
    try:
        return max(1.0, float(named.get("retry-after") or ""))
    except ValueError:
        return 1.0


def _details(data: dict[str, Any]) -> tuple[str, ...]:
    """Return Slack's remarks: the paths of faulty blocks, the scope that is needed."""
    remarks = (data.get("response_metadata") or {}).get("messages") or []
    needed = [f"needs {data['needed']}"] if data.get("needed") else []
    return (*(str(remark) for remark in remarks), *needed)


def _silent_logger() -> logging.Logger:
    """Return a logger that writes nothing: the SDK logs messages about leads at DEBUG, and each fault as an error."""
    logger = logging.getLogger(f"{__name__}.sdk")
    logger.setLevel(logging.CRITICAL + 1)
    return logger

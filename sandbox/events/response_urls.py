"""Response URLs: five answers to one command or interaction, within thirty minutes.

docs.slack.dev/interactivity/handling-user-interaction#message_responses
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sandbox import blocks
from sandbox.clock import Clock
from sandbox.rate_limits import Limits
from sandbox.refusals import SlackError, invalid_arguments, invalid_blocks
from sandbox.workspace.messages import Content, Messages
from sandbox.workspace.state import Channel, Json, Message, Workspace

GOOD_FOR = timedelta(minutes=30)
MOST_USES = 5
_NOT_FOUND = 404
_FIELDS = frozenset(
    {"text", "blocks", "response_type", "replace_original", "delete_original", "thread_ts", "mrkdwn", "metadata"}
    | {"unfurl_links", "unfurl_media", "parse", "link_names"}
)


@dataclass(slots=True)
class ResponseUrl:
    """The channel and person an answer goes to, and the message (`source`) that it may replace or delete."""

    workspace: Workspace
    channel: Channel
    user_id: str
    at: datetime
    source: Message | None
    uses: int = 0


class ResponseUrls:
    """Issues response URLs, and posts the answers sent to them."""

    def __init__(self, clock: Clock, messages: Messages, limits: Limits) -> None:
        """Expire URLs by this clock; set `base` to the address of the server before issuing any."""
        self._clock = clock
        self._limits = limits
        self._messages = messages
        self._issued: dict[str, ResponseUrl] = {}
        self.base = ""

    def issue(self, workspace: Workspace, channel: Channel, user_id: str, source: Message | None = None) -> str:
        """Return a new URL for an action in a channel; `source` is the message it was on, if any."""
        key = f"{workspace.id}/{len(self._issued) + 1}/{channel.id}"
        self._issued[key] = ResponseUrl(workspace, channel, user_id, self._clock(), source)
        return self.address(key)

    def address(self, key: str) -> str:
        """Return the URL with this key."""
        return f"{self.base}/actions/{key}"

    def workspace_of(self, key: str) -> str | None:
        """Return the id of the workspace a URL belongs to, or None for an unknown URL."""
        return self._issued[key].workspace.id if key in self._issued else None

    def answer(self, key: str, payload: Json) -> None:
        """Post an answer. Raises SlackError for an unknown, expired or used-up URL, over the rate, or if invalid."""
        url = self._issued.get(key)
        if url is None:
            raise SlackError("invalid_url", status=_NOT_FOUND)
        if self._clock() - url.at > GOOD_FOR:
            raise SlackError("expired_url", status=_NOT_FOUND)
        if url.uses >= MOST_USES:
            raise SlackError("used_url", status=_NOT_FOUND)
        self._limits.count_answer(url.channel.id)
        self._write(url, payload)
        url.uses += 1

    def _write(self, url: ResponseUrl, payload: Json) -> None:
        source = url.source
        if source and source.ts not in url.channel.messages:
            source = None
        if payload.get("delete_original"):
            if source:
                self._messages.delete(url.workspace, url.channel, source)
            return
        content = parse_reply(payload)
        if payload.get("replace_original") and source:
            self._messages.edit(url.workspace, url.channel, source, content)
        else:
            post_reply(self._messages, url.workspace, url.channel, url.user_id, payload)


def post_reply(messages: Messages, workspace: Workspace, channel: Channel, user_id: str, payload: Json) -> Message:
    """Post an answer to a command or on a response URL: to one person, or to all if it says `in_channel`.

    Raises SlackError if the answer is invalid.
    """
    content = parse_reply(payload)
    thread_ts = payload.get("thread_ts")
    if payload.get("response_type") == "in_channel":
        return messages.post(workspace, channel, workspace.app.bot_user_id, content, thread_ts=thread_ts)
    return messages.post_ephemeral(workspace, channel, user_id, content, thread_ts=thread_ts)


def parse_reply(payload: Json) -> Content:
    """Return the content of an answer. Raises SlackError for unknown fields, invalid blocks, or no text at all."""
    unknown = sorted(set(payload) - _FIELDS)
    if unknown:
        raise invalid_arguments(*(f"unknown argument: {name}" for name in unknown))
    given = payload.get("blocks")
    if given is not None:
        if not isinstance(given, list):
            raise SlackError("invalid_blocks_format")
        errors = blocks.block_errors(given, "message")
        if errors:
            raise invalid_blocks(errors)
    text = payload.get("text") or ""
    if not given and not text:
        raise SlackError("no_text")
    return Content(str(text), given)

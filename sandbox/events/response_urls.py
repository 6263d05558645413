"""Response URLs: five answers to one act, within thirty minutes.

docs.slack.dev/interactivity/handling-user-interaction#message_responses
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sandbox import blocks
from sandbox.api.refusals import SlackError, invalid_arguments, invalid_blocks
from sandbox.clock import Clock
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
    """Where and for whom an answer may be written, and which message it may replace."""

    workspace: Workspace
    channel: Channel
    user_id: str
    at: datetime
    source: Message | None
    uses: int = 0


class ResponseUrls:
    """Issues response URLs and writes what is posted to them."""

    def __init__(self, clock: Clock, messages: Messages) -> None:
        """Expire them by this clock."""
        self._clock = clock
        self._messages = messages
        self._issued: dict[str, ResponseUrl] = {}
        self.base = ""

    def issue(self, workspace: Workspace, channel: Channel, user_id: str, source: Message | None = None) -> str:
        """Return a new URL for an act in a channel, on a message if it was on one."""
        key = f"{workspace.id}/{len(self._issued) + 1}/{channel.id}"
        self._issued[key] = ResponseUrl(workspace, channel, user_id, self._clock(), source)
        return f"{self.base}/actions/{key}"

    def workspace_of(self, key: str) -> str | None:
        """Return the workspace that a URL belongs to."""
        return self._issued[key].workspace.id if key in self._issued else None

    def answer(self, key: str, payload: Json) -> None:
        """Write an answer; raise SlackError where Slack refuses."""
        url = self._issued.get(key)
        if url is None:
            raise SlackError("invalid_url", status=_NOT_FOUND)
        if self._clock() - url.at > GOOD_FOR:
            raise SlackError("expired_url", status=_NOT_FOUND)
        if url.uses >= MOST_USES:
            raise SlackError("used_url", status=_NOT_FOUND)
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
        content = readable(payload)
        if payload.get("replace_original") and source:
            self._messages.edit(url.workspace, url.channel, source, content)
        else:
            reply(self._messages, url.workspace, url.channel, url.user_id, payload)


def reply(messages: Messages, workspace: Workspace, channel: Channel, user_id: str, payload: Json) -> Message:
    """Write what a command's acknowledgement or a response URL got: to one person, or `in_channel`."""
    content = readable(payload)
    thread_ts = payload.get("thread_ts")
    if payload.get("response_type") == "in_channel":
        return messages.post(workspace, channel, workspace.app.bot_user_id, content, thread_ts=thread_ts)
    return messages.whisper(workspace, channel, user_id, content, thread_ts=thread_ts)


def readable(payload: Json) -> Content:
    """Return what an answer says; raise SlackError where there is nothing to read or the blocks are wrong."""
    unknown = sorted(set(payload) - _FIELDS)
    if unknown:
        raise invalid_arguments(*(f"unknown argument: {name}" for name in unknown))
    given = payload.get("blocks")
    if given is not None:
        if not isinstance(given, list):
            raise SlackError("invalid_blocks_format")
        faults = blocks.faults(given, "message")
        if faults:
            raise invalid_blocks(faults)
    text = payload.get("text") or ""
    if not given and not text:
        raise SlackError("no_text")
    return Content(str(text), given)

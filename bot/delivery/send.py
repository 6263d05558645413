"""Doing one job: the calls to Slack that it takes, and the outcome that follows from the answers."""

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from bot.database import UNWELL, Database
from bot.delivery import find_posted
from bot.delivery.operations import (
    Differs,
    Found,
    Job,
    MessageDeleted,
    NoDuplicate,
    Operation,
    Outcome,
    Posted,
    Refused,
    Shown,
    Undrawable,
)
from bot.delivery.queue import LEASE, ChannelQueues
from bot.delivery.rendering import Payload, Renderer, fingerprint_of
from bot.delivery.results import begin_again, renew
from bot.slack.client import FinalError, Slack, SlackError
from qualification.records import Delivery, Person, rows
from templates.engine.graphemes import cut

log = logging.getLogger(__name__)

# The errors that mean that a message cannot be edited any longer, so that it is posted again.
MESSAGE_GONE: Final = frozenset({"message_not_found", "cant_update_message", "edit_window_closed"})
THREAD_GONE: Final = frozenset({"thread_not_found", "cannot_reply_to_message"})
# The longest text that Slack takes in a section.
LONGEST_TEXT: Final = 3000
BLOCKS_REFUSED: Final = frozenset({"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long"})


class Sender:
    """Does one job; `job` changes whenever its lease is renewed or its channel opened."""

    def __init__(
        self,
        job: Job,
        *,
        database: Database,
        slack: Slack,
        render: Renderer,
        queues: ChannelQueues,
        clock: Callable[[], datetime],
    ) -> None:
        """Do nothing yet; later `render` is called in a snapshot, and Slack never inside a transaction."""
        self.job = job
        self._database = database
        self._slack = slack
        self._render = render
        self._queues = queues
        self._clock = clock

    def send(self) -> Outcome:
        """Make the calls that the operation takes, and return the outcome; raises LeaseLostError."""
        try:
            match self.job.operation:
                case Operation.POST:
                    return self._post()
                case Operation.EDIT | Operation.PUBLISH:
                    return self._show()
                case Operation.LOOK_BACK:
                    return self._look_back()
                case Operation.CHECK_DUPLICATES:
                    return self._check_duplicates()
        except SlackError as error:
            return Refused(error)

    def _post(self) -> Outcome:
        drawn = self._draw()
        if isinstance(drawn, Undrawable):
            return drawn
        revision, payload, fingerprint = drawn
        message = {
            "channel": self._channel(),
            "thread_ts": self.job.parent_ts,
            "metadata": find_posted.metadata(self.job.key),
            "unfurl_links": False,
            "unfurl_media": False,
        }
        if self._is_late():
            self._begin_again()
        try:
            answer = self._call_simpler("chat.postMessage", message, payload, self._begin_again)
        except SlackError as error:
            if error.name in THREAD_GONE and self.job.parent_id is not None:
                return MessageDeleted(self.job.parent_id)
            return Refused(error, posting=True)
        return Posted(answer["channel"], answer["ts"], revision, fingerprint)

    def _show(self) -> Outcome:
        """Edit the message or publish the tab, unless that would change nothing."""
        drawn = self._draw()
        if isinstance(drawn, Undrawable):
            return drawn
        revision, payload, fingerprint = drawn
        if fingerprint == self.job.fingerprint:
            return Shown(revision, fingerprint, sent=False)
        if self.job.only_compares:
            return Differs(revision)
        if self._is_late():
            self._renew()
        if self.job.operation is Operation.PUBLISH:
            self._slack.call("views.publish", user_id=self.job.slack_user_id, view=dict(payload))
            return Shown(revision, fingerprint, sent=True)
        message = {
            "channel": self.job.channel,
            "ts": self.job.ts,
            "metadata": find_posted.metadata(self.job.key),
        }
        try:
            self._call_simpler("chat.update", message, payload, lambda: None)
        except FinalError as error:
            if error.name in MESSAGE_GONE:
                return MessageDeleted(self.job.delivery_id)
            raise
        return Shown(revision, fingerprint, sent=True)

    def _call_simpler(
        self, method: str, message: Mapping[str, Any], payload: Payload, again: Callable[[], None]
    ) -> dict[str, Any]:
        """Call with the payload; each time that Slack refuses its blocks, call `again`, and try with simpler ones."""
        for simpler in _simpler(payload):
            try:
                return self._slack.call(method, **message, **payload)
            except FinalError as error:
                if error.name not in BLOCKS_REFUSED:
                    raise
                keys = {"delivery": self.job.delivery_id, "kind": self.job.kind}
                log.error("Slack refused the blocks of a message; simpler ones are sent: %s.", error, extra=keys)  # noqa: TRY400 - Slack's word is enough
            again()
            payload = simpler
        return self._slack.call(method, **message, **payload)

    def _look_back(self) -> Outcome:
        """Search the place for the post whose answer was lost, and post again only where it isn't there."""
        channel = self._channel()
        found = self._find(channel, self.job.post_began_at or self._clock())
        if found:
            return Found(channel, found[0], duplicates=len(found) > 1)
        self._begin_again(duplicate=True)
        return self._post()

    def _check_duplicates(self) -> Outcome:
        """Search the place once more, and delete all copies but the oldest."""
        channel, ts = str(self.job.channel), str(self.job.ts)
        found = self._find(channel, datetime.fromtimestamp(float(ts), UTC), every=True)
        if found and found[0] != ts:
            # First the row must point to the copy that stays: Slack sends an event for each deletion.
            return Found(channel, found[0], duplicates=len(found) > 1)
        for duplicate in found[1:]:
            if self._is_late():
                self._renew()
            try:
                self._slack.call("chat.delete", channel=channel, ts=duplicate)
            except FinalError as error:
                if error.name != "message_not_found":
                    raise
        return NoDuplicate()

    def _draw(self) -> tuple[int, Payload, str] | Undrawable:
        """Render what is stored now; return its revision, the payload, and the SHA-256 of the payload."""
        try:
            with self._database.snapshot() as session:
                delivery = rows.get_one(session, Delivery, self.job.delivery_id, self.job.workspace_id)
                payload = self._render(session, delivery, self._clock())
                revision = delivery.desired_revision
        except UNWELL:
            raise  # the database failed, not the message
        except Exception as error:  # whatever a template or its values raise, the next delivery must go
            log.exception("A template failed.", extra={"delivery": self.job.delivery_id, "kind": self.job.kind})
            return Undrawable(type(error).__name__)
        return revision, payload, fingerprint_of(payload)

    def _find(self, channel: str, since: datetime, *, every: bool = False) -> list[str]:
        thread_ts, key, now = self.job.parent_ts, self.job.key, self._clock()
        return find_posted.find(
            self._slack, channel=channel, thread_ts=thread_ts, key=key, since=since, now=now, every=every
        )

    def _channel(self) -> str:
        """Return Slack's id of the channel; opens the direct messages of somebody who has none with the bot yet."""
        if self.job.channel is not None:
            return self.job.channel
        channel = str(self._slack.call("conversations.open", users=self.job.slack_user_id)["channel"]["id"])
        with self._database.transaction() as session:
            rows.get_one(session, Person, self.job.person_id, self.job.workspace_id).dm_channel = channel
        self.job = replace(self.job, channel=channel)
        self._begin_again()
        return channel

    def _is_late(self) -> bool:
        """Return whether so much of the lease is used that it could end before the next call does."""
        return self._clock() > self.job.leased_until - LEASE * 2 / 3

    def _renew(self) -> None:
        with self._database.transaction() as session:
            self.job = renew(session, self._queues, self.job, self._clock())

    def _begin_again(self, *, duplicate: bool = False) -> None:
        """Renew the lease and begin the post now, so that no worker searches for it before it can be found."""
        with self._database.transaction() as session:
            self.job = begin_again(session, self._queues, self.job, self._clock(), duplicate=duplicate)


def _simpler(payload: Payload) -> Iterator[Payload]:
    """Yield what is sent where Slack refuses the blocks: the text with the buttons, then the text alone."""
    blocks = payload.get("blocks")
    if not blocks:
        return
    buttons = [block for block in blocks if block.get("type") == "actions"]
    if buttons:
        text = {
            "type": "section",
            "text": {"type": "plain_text", "text": cut(str(payload.get("text", "")), LONGEST_TEXT)},
        }
        yield {**payload, "blocks": [text, *buttons]}
    yield {**payload, "blocks": []}

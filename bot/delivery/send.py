"""One task on its way to Slack and back: the calls it takes, and what is to be concluded from the answers."""

import hashlib
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias

from sqlalchemy.orm import Session

from bot.database import UNWELL, Database
from bot.delivery import find_posted
from bot.delivery.operations import Act, Alone, Found, Gone, Outcome, Posted, Refused, Shown, Task, Undrawable
from bot.delivery.queue import LEASE, Lanes
from bot.delivery.results import begin_again, renew
from bot.slack.client import FinalError, Slack, SlackError
from qualification.records import Delivery, Person

log = logging.getLogger(__name__)

Payload: TypeAlias = Mapping[str, Any]
Renderer: TypeAlias = Callable[[Session, Delivery, datetime], Payload]

# The message to edit is there no more, or is closed to us: it is posted anew.
MESSAGE_GONE: Final = frozenset({"message_not_found", "cant_update_message", "edit_window_closed"})
THREAD_GONE: Final = frozenset({"thread_not_found", "cannot_reply_to_message"})
BLOCKS_REFUSED: Final = frozenset({"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long"})


class Attempt:
    """Carries one task out; `task` is as it stands after a step that took long enough to need a new lease."""

    def __init__(
        self,
        task: Task,
        *,
        database: Database,
        slack: Slack,
        render: Renderer,
        lanes: Lanes,
        clock: Callable[[], datetime],
    ) -> None:
        """Start at nothing; `render` is called in a snapshot, Slack never within a transaction."""
        self.task = task
        self._database = database
        self._slack = slack
        self._render = render
        self._lanes = lanes
        self._clock = clock

    def make(self) -> Outcome:
        """Call Slack as often as it takes, and return what came of it; raises LeaseLostError."""
        try:
            match self.task.act:
                case Act.POST:
                    return self._post()
                case Act.EDIT | Act.PUBLISH:
                    return self._show()
                case Act.LOOK_BACK:
                    return self._look_back()
                case Act.RECHECK:
                    return self._recheck()
        except SlackError as error:
            return Refused(error)

    def _post(self) -> Outcome:
        drawn = self._draw()
        if isinstance(drawn, Undrawable):
            return drawn
        wanted, payload, fingerprint = drawn
        message = {
            "channel": self._channel(),
            "thread_ts": self.task.parent_ts,
            "metadata": find_posted.metadata(self.task.key),
            "unfurl_links": False,
            "unfurl_media": False,
        }
        if self._is_late():
            self._begin_again()
        try:
            try:
                answer = self._slack.call("chat.postMessage", **message, **payload)
            except FinalError as error:
                text_only = _text_only(error, payload)
                if text_only is None:
                    raise
                self._begin_again()
                answer = self._slack.call("chat.postMessage", **message, **text_only)
        except SlackError as error:
            if error.name in THREAD_GONE and self.task.parent_id is not None:
                return Gone(self.task.parent_id)
            return Refused(error, posting=True)
        return Posted(answer["channel"], answer["ts"], wanted, fingerprint)

    def _show(self) -> Outcome:
        """Edit the message or publish the tab, unless that would change nothing."""
        drawn = self._draw()
        if isinstance(drawn, Undrawable):
            return drawn
        wanted, payload, fingerprint = drawn
        if fingerprint == self.task.fingerprint:
            return Shown(wanted, fingerprint, sent=False)
        if self._is_late():
            self._renew()
        if self.task.act is Act.PUBLISH:
            self._slack.call("views.publish", user_id=self.task.slack_user_id, view=dict(payload))
            return Shown(wanted, fingerprint, sent=True)
        message = {
            "channel": self.task.channel,
            "ts": self.task.ts,
            "metadata": find_posted.metadata(self.task.key),
        }
        try:
            try:
                self._slack.call("chat.update", **message, **payload)
            except FinalError as error:
                text_only = _text_only(error, payload)
                if text_only is None:
                    raise
                self._slack.call("chat.update", **message, **text_only, blocks=[])
        except FinalError as error:
            if error.name in MESSAGE_GONE:
                return Gone(self.task.delivery_id)
            raise
        return Shown(wanted, fingerprint, sent=True)

    def _look_back(self) -> Outcome:
        """Search the place for the post whose answer was lost, and post again only where it is not."""
        channel = self._channel()
        found = self._find(channel, self.task.began_at or self._clock())
        if found:
            return Found(channel, found[0], twins=len(found) > 1)
        self._begin_again(twin=True)
        return self._post()

    def _recheck(self) -> Outcome:
        """Search the place once more, and leave the eldest of several alone there."""
        channel, ts = str(self.task.channel), str(self.task.ts)
        found = self._find(channel, datetime.fromtimestamp(float(ts), UTC))
        if found and found[0] != ts:
            # The row points to the one that stays before the other goes: Slack tells of each deletion.
            return Found(channel, found[0], twins=len(found) > 1)
        for twin in found[1:]:
            if self._is_late():
                self._renew()
            try:
                self._slack.call("chat.delete", channel=channel, ts=twin)
            except FinalError as error:
                if error.name != "message_not_found":
                    raise
        return Alone()

    def _draw(self) -> tuple[int, Payload, str] | Undrawable:
        """Draw what is stored now; return the changes it counts, the payload, and the payload's SHA-256."""
        try:
            with self._database.snapshot() as session:
                delivery = session.get_one(Delivery, self.task.delivery_id)
                payload = self._render(session, delivery, self._clock())
                wanted = delivery.wanted
        except UNWELL:
            raise  # the database is in trouble, not the message
        except Exception as error:  # whatever a template or its facts may raise, the next delivery must go
            log.exception("A template failed.", extra={"delivery": self.task.delivery_id, "kind": self.task.kind})
            return Undrawable(type(error).__name__)
        canonical = json.dumps(payload, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return wanted, payload, hashlib.sha256(canonical.encode()).hexdigest()

    def _find(self, channel: str, since: datetime) -> list[str]:
        return find_posted.find(
            self._slack, channel=channel, thread_ts=self.task.parent_ts, key=self.task.key, since=since
        )

    def _channel(self) -> str:
        """Return Slack's id of the place; direct messages are opened the first time."""
        if self.task.channel is not None:
            return self.task.channel
        channel = str(self._slack.call("conversations.open", users=self.task.slack_user_id)["channel"]["id"])
        with self._database.transaction() as session:
            session.get_one(Person, self.task.person_id).dm_channel = channel
        self.task = replace(self.task, channel=channel)
        self._begin_again()
        return channel

    def _is_late(self) -> bool:
        """Say whether so much of the lease has gone that others might find the place before the next call is done."""
        return self._clock() > self.task.leased_until - LEASE * 2 / 3

    def _renew(self) -> None:
        with self._database.transaction() as session:
            self.task = renew(session, self._lanes, self.task, self._clock())

    def _begin_again(self, *, twin: bool = False) -> None:
        """Renew the lease for a post that begins only now, so that nobody searches for it before it can be found."""
        with self._database.transaction() as session:
            self.task = begin_again(session, self._lanes, self.task, self._clock(), twin=twin)


def _text_only(error: FinalError, payload: Payload) -> Payload | None:
    """Give the same message without its blocks, where it is those that Slack minded."""
    if error.name not in BLOCKS_REFUSED or not payload.get("blocks"):
        return None
    log.error("Slack minded the blocks of a message, which goes as text: %s.", error)
    return {name: value for name, value in payload.items() if name != "blocks"}

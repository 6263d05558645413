"""Deliveries to the app: commands and interactions must be answered within three seconds, events are retried."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any

from sandbox.clock import Clock
from sandbox.events.envelopes import DeliveryKind, Envelope, FailureReason, Transport, UndeliveredError
from sandbox.faults import Faults
from sandbox.journal import Journal
from sandbox.workspace.ids import Ids
from sandbox.workspace.state import Json, Workspace

ACK_WITHIN = timedelta(seconds=3)
RETRY_AFTER = (timedelta(0), timedelta(minutes=1), timedelta(minutes=5))

_SCOPES_OF_EVENTS = {
    "message.channels": ("channels:history",),
    "message.groups": ("groups:history",),
    "message.im": ("im:history",),
    "user_change": ("users:read",),
    "member_joined_channel": ("channels:read", "groups:read"),
}


class Deliveries:
    """Sends commands, interactions and events to the app of a workspace."""

    def __init__(
        self,
        *,
        clock: Clock,
        ids: Ids,
        journal: Journal,
        faults: Faults,
        transport: Callable[[Workspace], Transport],
        changed: Callable[[], None],
    ) -> None:
        """Deliver over what `transport` returns for a workspace; call `changed` after each delivery."""
        self._clock = clock
        self._ids = ids
        self._journal = journal
        self._faults = faults
        self._transport = transport
        self._changed = changed
        self._tasks: set[asyncio.Task[object]] = set()
        self._overtaken: list[asyncio.Future[None]] = []

    async def deliver_and_wait(self, workspace: Workspace, kind: DeliveryKind, payload: Json) -> Json | None:
        """Deliver a command or interaction; return the body of the app's acknowledgement.

        Raises UndeliveredError if the app can't be reached, or doesn't answer within three seconds by the clock.
        """
        return await self._attempt(workspace, Envelope(kind, payload))

    async def deliver_again(self, workspace: Workspace, kind: DeliveryKind, payload: Json) -> None:
        """Deliver what was delivered before, as Slack does after a lost answer; faults do not strike, nobody is told.

        Raises UndeliveredError as `deliver_and_wait` does.
        """
        await self._send(workspace, Envelope(kind, payload, 1, "http_timeout"))

    def send_event(self, workspace: Workspace, subscription: str, event: Json) -> None:
        """Send an event in the background, with Slack's retries.

        Sends nothing unless the manifest subscribes to the event and has its scope.
        """
        app = workspace.app
        scopes = _SCOPES_OF_EVENTS.get(subscription, ())
        if subscription not in app.events or (scopes and not set(scopes) & set(app.scopes)) or app.revoked:
            return
        now = int(self._clock.unix())
        payload = {
            "token": app.verification_token,
            "team_id": workspace.id,
            "api_app_id": app.id,
            "event": {**event, "event_ts": event.get("event_ts") or self._ids.ts()},
            "type": "event_callback",
            "event_id": self._ids.new("Ev"),
            "event_time": now,
            "authorizations": [
                {
                    "enterprise_id": None,
                    "team_id": workspace.id,
                    "user_id": app.bot_user_id,
                    "is_bot": True,
                    "is_enterprise_install": False,
                }
            ],
            "is_ext_shared_channel": False,
            "event_context": f"4-{app.id}",
        }
        self._in_background(self._send_with_retries(workspace, payload))

    async def _send_with_retries(self, workspace: Workspace, payload: Json) -> None:
        reason: FailureReason | None = None
        for attempt in range(len(RETRY_AFTER) + 1):
            if attempt:
                await self._clock.until(self._clock() + RETRY_AFTER[attempt - 1])
            try:
                await self._attempt(workspace, Envelope("events_api", payload, attempt, reason))
            except UndeliveredError as error:
                if error.final:
                    return
                reason = error.reason if error.reason != "not_connected" else "connection_failed"
            else:
                return

    async def _attempt(self, workspace: Workspace, envelope: Envelope) -> Json | None:
        fault = self._faults.strike_delivery(envelope.kind, workspace.id)
        match fault and fault.kind:
            case "twice":
                self._in_background(self._ignore_failure(self._send(workspace, envelope)))
            case "drop_socket":
                envelope = Envelope(envelope.kind, envelope.payload, envelope.attempt, envelope.reason, drop=True)
            case "out_of_order":
                overtaken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
                self._overtaken.append(overtaken)
                await overtaken
        return await self._send(workspace, envelope)

    async def _send(self, workspace: Workspace, envelope: Envelope) -> Json | None:
        now = self._clock()
        number = self._journal.begin_delivery(envelope.kind, workspace.id, envelope.payload, now, envelope.attempt)
        try:
            answer = await self._in_time(self._transport(workspace).deliver(workspace.app, envelope))
        except UndeliveredError as error:
            self._journal.end_delivery(number, error.reason)
            raise
        else:
            self._journal.end_delivery(number, "acknowledged", answer)
            return answer
        finally:
            overtaken, self._overtaken = self._overtaken, []
            for waiting in overtaken:
                if not waiting.done():
                    waiting.set_result(None)
            self._changed()

    async def _in_time(self, delivery: Coroutine[Any, Any, Json | None]) -> Json | None:
        """Return the delivery's answer; raise UndeliveredError after three seconds by the clock."""
        work = asyncio.ensure_future(delivery)
        deadline = asyncio.ensure_future(self._clock.until(self._clock() + ACK_WITHIN))
        try:
            await asyncio.wait((work, deadline), return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                return work.result()
            reason: FailureReason = "http_timeout"
            raise UndeliveredError(reason)
        finally:
            work.cancel()
            deadline.cancel()

    def _in_background(self, work: Coroutine[Any, Any, object]) -> None:
        """Run a coroutine without waiting for it."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    @staticmethod
    async def _ignore_failure(work: Coroutine[Any, Any, Json | None]) -> None:
        """Run the second copy of a duplicated delivery; only the first copy's outcome counts."""
        try:
            await work
        except UndeliveredError:
            return

    def close(self) -> None:
        """Cancel every delivery in progress."""
        for task in tuple(self._tasks):
            task.cancel()

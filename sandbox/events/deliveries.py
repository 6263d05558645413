"""Deliveries to the app: asked and answered within three seconds, or told until it listens."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any

from sandbox.clock import Clock
from sandbox.events.envelopes import Envelope, Kind, Reason, Transport, UndeliveredError
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
        """Deliver by the transport that `transport` names for a workspace at that moment."""
        self._clock = clock
        self._ids = ids
        self._journal = journal
        self._faults = faults
        self._transport = transport
        self._changed = changed
        self._tasks: set[asyncio.Task[object]] = set()
        self._overtaken: list[asyncio.Future[None]] = []

    async def ask(self, workspace: Workspace, kind: Kind, payload: Json) -> Json | None:
        """Deliver something a person waits for; return the body of the acknowledgement, or raise UndeliveredError."""
        return await self._attempt(workspace, Envelope(kind, payload))

    def tell(self, workspace: Workspace, subscription: str, event: Json) -> None:
        """Deliver an event if the manifest subscribes to it and holds its scope, repeating it as Slack does."""
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
        self.in_background(self._tell(workspace, payload))

    async def _tell(self, workspace: Workspace, payload: Json) -> None:
        reason: Reason | None = None
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
                self.in_background(self._swallow(self._send(workspace, envelope)))
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
        """Wait for the delivery for three seconds by the clock."""
        work = asyncio.ensure_future(delivery)
        deadline = asyncio.ensure_future(self._clock.until(self._clock() + ACK_WITHIN))
        try:
            await asyncio.wait((work, deadline), return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                return work.result()
            reason: Reason = "http_timeout"
            raise UndeliveredError(reason)
        finally:
            work.cancel()
            deadline.cancel()

    def in_background(self, work: Coroutine[Any, Any, object]) -> None:
        """Run a coroutine to its end without waiting for it."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    @staticmethod
    async def _swallow(work: Coroutine[Any, Any, Json | None]) -> None:
        """Run the second copy of a delivery: whether the app took it is nobody's business."""
        try:
            await work
        except UndeliveredError:
            return

    def close(self) -> None:
        """Give up every delivery under way."""
        for task in tuple(self._tasks):
            task.cancel()

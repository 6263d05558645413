"""Socket Mode: the app connects, and each delivery goes over one of its connections.

docs.slack.dev/apis/events-api/using-socket-mode
"""

import asyncio
import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import uuid4

from starlette.websockets import WebSocket, WebSocketDisconnect

from sandbox.events.envelopes import Envelope, UndeliveredError
from sandbox.workspace.state import App, Json

MOST_CONNECTIONS = 10


@dataclass(slots=True, eq=False)
class Connection:
    """One websocket of an app; `pending` maps the id of each unacknowledged envelope to its future."""

    app_id: str
    websocket: WebSocket
    pending: dict[str, asyncio.Future[Json | None]] = field(default_factory=dict)

    async def send(self, message: Json) -> None:
        """Send one message as JSON."""
        await self.websocket.send_text(json.dumps(message))

    def acknowledge(self, text: str) -> None:
        """Read an acknowledgement: an envelope id and perhaps an answer. Like Slack, ignore anything else."""
        try:
            message = json.loads(text)
        except ValueError:
            return
        if not isinstance(message, dict):
            return
        future = self.pending.pop(str(message.get("envelope_id")), None)
        if future and not future.done():
            payload = message.get("payload")
            future.set_result(payload if isinstance(payload, dict) else None)

    def fail(self) -> None:
        """Fail every delivery that waits for an acknowledgement on this connection."""
        for waiting in self.pending.values():
            if not waiting.done():
                waiting.set_exception(UndeliveredError("connection_failed"))
        self.pending.clear()

    def cut(self) -> None:
        """Break the connection without a closing handshake."""
        self.websocket.state.transport.abort()


class SocketMode:
    """The open connections of all apps."""

    def __init__(self, changed: Callable[[], None]) -> None:
        """Start with no connections; `changed` is called whenever one opens or closes."""
        self._changed = changed
        self._tickets: dict[str, str] = {}
        self._connections: defaultdict[str, list[Connection]] = defaultdict(list)

    def issue_ticket(self, app_id: str) -> str:
        """Return a ticket that opens one connection, once."""
        ticket = uuid4().hex
        self._tickets[ticket] = app_id
        return ticket

    def count(self, app_id: str) -> int:
        """Return how many connections an app has open."""
        return len(self._connections[app_id])

    async def serve(self, websocket: WebSocket) -> None:
        """Serve one connection, from `hello` until it closes."""
        app_id = self._tickets.pop(websocket.query_params.get("ticket", ""), None)
        if app_id is None:
            await websocket.close(1008)
            return
        await websocket.accept()
        connection = Connection(app_id, websocket)
        if self.count(app_id) >= MOST_CONNECTIONS:
            await connection.send(_disconnect("too_many_websockets"))
            await websocket.close()
            return
        await connection.send(_hello(app_id, self.count(app_id) + 1))
        self._connections[app_id].append(connection)
        self._changed()
        try:
            while True:
                connection.acknowledge(await websocket.receive_text())
        except (
            WebSocketDisconnect,
            RuntimeError,
            KeyError,
        ):  # RuntimeError: it was closed just now; KeyError: a binary frame
            pass
        finally:
            if connection in self._connections[app_id]:
                self._connections[app_id].remove(connection)
            connection.fail()
            self._changed()

    async def deliver(self, app: App, envelope: Envelope) -> Json | None:
        """Send an envelope over the least recently used connection; return the acknowledgement's payload.

        Raises UndeliveredError if there is no connection, or it closes before the acknowledgement.
        """
        connections = self._connections[app.id]
        if not connections:
            raise UndeliveredError("not_connected")
        connection = connections.pop(0)
        connections.append(connection)
        envelope_id = str(uuid4())
        waiting: asyncio.Future[Json | None] = asyncio.get_running_loop().create_future()
        connection.pending[envelope_id] = waiting
        message: Json = {
            "envelope_id": envelope_id,
            "type": envelope.kind,
            "accepts_response_payload": envelope.kind != "events_api",
            "payload": envelope.payload,
        }
        if envelope.kind == "events_api":
            message |= {"retry_attempt": envelope.attempt, "retry_reason": envelope.reason or ""}
        try:
            await connection.send(message)
            if envelope.drop:
                connections.remove(connection)
                connection.fail()
                connection.cut()
        except (WebSocketDisconnect, RuntimeError):
            connection.fail()
        try:
            return await waiting
        finally:
            connection.pending.pop(envelope_id, None)

    def cut(self, app_id: str | None = None) -> int:
        """Break the connections of one app, or of all (None); return how many."""
        return sum(map(self._cut, self._connections_of(app_id)))

    def _cut(self, connection: Connection) -> bool:
        self._connections[connection.app_id].remove(connection)
        connection.fail()
        connection.cut()
        self._changed()
        return True

    async def refresh(self, app_id: str | None = None) -> int:
        """Send `refresh_requested` and close the connections of one app, or of all (None); return how many."""
        connections = self._connections_of(app_id)
        for connection in connections:
            self._connections[connection.app_id].remove(connection)
            await connection.send(_disconnect("refresh_requested"))
            await connection.websocket.close()
        self._changed()
        return len(connections)

    def _connections_of(self, app_id: str | None) -> list[Connection]:
        return [each for name, group in self._connections.items() if app_id in {None, name} for each in group]


def _hello(app_id: str, connections: int) -> Json:
    return {
        "type": "hello",
        "num_connections": connections,
        "debug_info": {"host": "sandbox", "build_number": 1, "approximate_connection_time": 18060},
        "connection_info": {"app_id": app_id},
    }


def _disconnect(reason: str) -> Json:
    return {"type": "disconnect", "reason": reason, "debug_info": {"host": "sandbox"}}

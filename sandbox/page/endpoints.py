"""The endpoints of the page: workspaces, a person's state, live changes, actions, faults, the clock."""

import asyncio
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket, WebSocketDisconnect

from sandbox.client.user_actions import ActionError, Actor, UserActions
from sandbox.faults import parse_fault
from sandbox.local_slack import LocalSlack
from sandbox.page import payloads
from sandbox.workspace import inputs
from sandbox.workspace.changes import Listener
from sandbox.workspace.inputs import Place, Value
from sandbox.workspace.state import Json, View

STATIC = Path(__file__).parent.parent / "static"
_BAD_REQUEST = 400


class PageEndpoints:
    """Serves the page and its JSON endpoints."""

    def __init__(self, slack: LocalSlack, actions: UserActions) -> None:
        """Read from this Slack, and act through `actions`."""
        self._slack = slack
        self._actions = actions

    def routes(self) -> list[BaseRoute]:
        """Return the routes of the page."""
        return [
            Route("/", self._index),
            Mount("/static", StaticFiles(directory=STATIC, check_dir=False)),
            Route("/page/workspaces", self._workspaces),
            Route("/page/state", self._state),
            WebSocketRoute("/page/live", self._live),
            Route("/page/action", self._action, methods=["POST"]),
            Route("/page/faults", self._faults, methods=["GET", "POST"]),
            Route("/page/clock", self._clock, methods=["POST"]),
        ]

    async def _index(self, _: Request) -> Response:
        return Response((STATIC / "index.html").read_bytes(), media_type="text/html")

    async def _workspaces(self, _: Request) -> Response:
        return JSONResponse(payloads.workspaces(self._slack))

    async def _state(self, request: Request) -> Response:
        try:
            who = self._actor(dict(request.query_params))
        except ActionError as error:
            return JSONResponse({"ok": False, "error": str(error)}, _BAD_REQUEST)
        return JSONResponse(payloads.state(self._slack, who.workspace, who.member))

    async def _live(self, websocket: WebSocket) -> None:
        """Send an open page the names of what changes, over a websocket: browsers allow six event streams per host."""
        try:
            who = self._actor(dict(websocket.query_params))
        except ActionError:
            await websocket.close()
            return
        await websocket.accept()
        listener = self._slack.changes.listen(who.workspace.id, who.member.id)
        leaving = asyncio.create_task(_close_on_disconnect(websocket, listener))
        try:
            while changed := await listener.fetch():
                await websocket.send_json({"changed": changed})
        except WebSocketDisconnect:
            pass  # The page disconnected while a change was sent.
        finally:
            leaving.cancel()
            self._slack.changes.remove_listener(listener)

    async def _action(self, request: Request) -> Response:
        try:
            given = await request.json()
            failure = await self._run(self._actor(given), given)
        except (ActionError, inputs.WrongValueError) as error:
            return JSONResponse({"ok": False, "error": str(error)})
        except (KeyError, TypeError, ValueError) as error:
            return JSONResponse({"ok": False, "error": f"The action isn't valid: {error!r}"}, _BAD_REQUEST)
        return JSONResponse({"ok": False, "error": failure} if failure else {"ok": True})

    async def _run(self, who: Actor, given: Json) -> str | None:
        actions = self._actions
        match given["action"]:
            case "send":
                channel = actions.conversation(who, given["channel"])
                return await actions.send_message(who, channel, given["text"], given.get("thread_ts"))
            case "press":
                return await self._press(who, given)
            case "submit":
                view = self._view(who, given["view_id"])
                self._fill_in_all(who, view, given.get("view_values") or {})
                return await actions.submit(who, view)
            case "close":
                await actions.close(who, whole_stack=bool(given.get("all")))
            case "home":
                actions.open_home(who)
            case "shortcut":
                on = actions.message(who, given["channel"], given["message_ts"]) if given.get("message_ts") else None
                return await actions.use_shortcut(who, given["callback_id"], on)
            case "delete":
                actions.delete(who, *actions.message(who, given["channel"], given["message_ts"]))
            case "mark_read":
                actions.mark_read(who, actions.conversation(who, given["channel"]))
            case "dismiss":
                self._dismiss(who, given["notice_id"])
            case unknown:
                raise ActionError(f"There is no action {unknown!r}.")
        return None

    async def _press(self, who: Actor, given: Json) -> str | None:
        value: Value = given.get("value")
        key = (given["block_id"], given["action_id"])
        if given.get("message_ts"):
            channel, message = self._actions.message(who, given["channel"], given["message_ts"])
            return await self._actions.use_in_message(who, channel, message, _find_element(message.blocks, key), value)
        view = self._view(who, "home" if given.get("home") else given["view_id"])
        self._fill_in_all(who, view, given.get("view_values") or {})
        return await self._actions.use_in_view(who, view, _find_element(view.blocks, key), value)

    def _view(self, who: Actor, view_id: str) -> View:
        home = who.workspace.homes.get(who.member.id)
        open_views = [*who.workspace.modals.get(who.member.id, []), *([home] if home else [])]
        for view in open_views:
            if view.id == view_id or (view is home and view_id == "home"):
                return view
        raise ActionError("This view is closed.")

    def _fill_in_all(self, who: Actor, view: View, values: Json) -> None:
        for place in inputs.places(view.blocks):
            block_id, action_id = place.key
            if place.keeps_a_choice and action_id in values.get(block_id, {}):
                value = values[block_id][action_id]
                if value != inputs.current(place, view.typed):
                    self._actions.fill_in(who, view, place, value)

    def _dismiss(self, who: Actor, notice_id: str) -> None:
        notices = who.workspace.notices.get(who.member.id, [])
        who.workspace.notices[who.member.id] = [each for each in notices if each.id != notice_id]
        self._slack.changes.record(who.workspace.id, "notices", people={who.member.id})

    def _actor(self, given: Json) -> Actor:
        workspace = self._slack.workspaces.get(given.get("workspace", ""))
        member = workspace.members.get(given.get("user", "")) if workspace else None
        if workspace is None or member is None or member.is_bot:
            raise ActionError("There is no such person.")
        return Actor(workspace, member)

    async def _faults(self, request: Request) -> Response:
        if request.method == "POST":
            try:
                given = await request.json()
                wanted = [parse_fault(each) for each in given["faults"]]
            except (AttributeError, KeyError, TypeError, ValueError) as error:
                return JSONResponse({"ok": False, "error": str(error)}, _BAD_REQUEST)
            self._slack.faults.clear()
            for fault in wanted:
                self._slack.faults.add(fault)
        return JSONResponse({"ok": True, "faults": [each.as_json() for each in self._slack.faults.active()]})

    async def _clock(self, request: Request) -> Response:
        try:
            self._slack.clock.advance(float((await request.json())["advance"]))
        except (KeyError, TypeError, ValueError) as error:
            return JSONResponse({"ok": False, "error": str(error)}, _BAD_REQUEST)
        return JSONResponse({"ok": True, "now": self._slack.clock.unix()})


async def _close_on_disconnect(websocket: WebSocket, listener: Listener) -> None:
    """Close the listener when its page disconnects."""
    while (await websocket.receive())["type"] != "websocket.disconnect":
        pass  # The page sends nothing on this websocket.
    listener.close()


def _find_element(blocks: list[Json] | None, key: tuple[str, str]) -> Place:
    for place in inputs.places(blocks):
        if place.key == key:
            return place
    raise ActionError("This button is no longer there.")

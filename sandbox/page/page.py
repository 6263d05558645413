"""What the page asks for: who is there, what somebody sees, what changed, and acts."""

import asyncio
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket, WebSocketDisconnect

from sandbox import faults
from sandbox.clock import RealClock
from sandbox.page import picture
from sandbox.people import inputs
from sandbox.people.acts import ActError, Acts, Somebody
from sandbox.people.inputs import Place, Value
from sandbox.slack import Slack
from sandbox.workspace.changes import Listener
from sandbox.workspace.state import Json, View

STATIC = Path(__file__).parent.parent / "static"
_BAD_REQUEST = 400


class Page:
    """The page's endpoints; everything in and out is JSON."""

    def __init__(self, slack: Slack, acts: Acts) -> None:
        """Show this Slack and act on it."""
        self._slack = slack
        self._acts = acts

    def routes(self) -> list[BaseRoute]:
        """Return where everything is."""
        return [
            Route("/", self._index),
            Mount("/static", StaticFiles(directory=STATIC, check_dir=False)),
            Route("/page/workspaces", self._workspaces),
            Route("/page/state", self._state),
            WebSocketRoute("/page/live", self._live),
            Route("/page/act", self._act, methods=["POST"]),
            Route("/page/faults", self._faults, methods=["GET", "POST"]),
            Route("/page/clock", self._clock, methods=["POST"]),
        ]

    async def _index(self, _: Request) -> Response:
        return FileResponse(STATIC / "index.html")

    async def _workspaces(self, _: Request) -> Response:
        return JSONResponse(picture.workspaces(self._slack))

    async def _state(self, request: Request) -> Response:
        try:
            who = self._who(dict(request.query_params))
        except ActError as error:
            return JSONResponse({"ok": False, "error": str(error)}, _BAD_REQUEST)
        return JSONResponse(picture.state(self._slack, who.workspace, who.member))

    async def _live(self, websocket: WebSocket) -> None:
        """Tell an open page what changes; not by server-sent events, of which a browser keeps six to a host."""
        try:
            who = self._who(dict(websocket.query_params))
        except ActError:
            await websocket.close()
            return
        await websocket.accept()
        listener = self._slack.changes.listen(who.workspace.id, who.member.id)
        leaving = asyncio.create_task(_close_with(websocket, listener))
        try:
            while changed := await listener.fetch():
                await websocket.send_json({"changed": changed})
        except WebSocketDisconnect:
            pass  # The page went away while it was being told.
        finally:
            leaving.cancel()
            self._slack.changes.forget(listener)

    async def _act(self, request: Request) -> Response:
        try:
            given = await request.json()
            failure = await self._do(self._who(given), given)
        except (ActError, inputs.WrongValueError) as error:
            return JSONResponse({"ok": False, "error": str(error)})
        except (KeyError, TypeError, ValueError) as error:
            return JSONResponse({"ok": False, "error": f"This act cannot be read: {error!r}"}, _BAD_REQUEST)
        return JSONResponse({"ok": False, "error": failure} if failure else {"ok": True})

    async def _do(self, who: Somebody, given: Json) -> str | None:
        acts = self._acts
        match given["act"]:
            case "say":
                channel = acts.conversation(who, given["channel"])
                return await acts.say(who, channel, given["text"], given.get("thread_ts"))
            case "press":
                return await self._press(who, given)
            case "submit":
                view = self._view(who, given["view_id"])
                self._type_all(who, view, given.get("view_values") or {})
                return await acts.submit(who, view)
            case "close":
                await acts.close(who, whole_stack=bool(given.get("all")))
            case "home":
                acts.open_home(who)
            case "shortcut":
                on = acts.message(who, given["channel"], given["message_ts"]) if given.get("message_ts") else None
                return await acts.use_shortcut(who, given["callback_id"], on)
            case "delete":
                acts.delete(who, *acts.message(who, given["channel"], given["message_ts"]))
            case "read":
                acts.read(who, acts.conversation(who, given["channel"]))
            case "dismiss":
                self._dismiss(who, given["notice_id"])
            case unknown:
                raise ActError(f"there is no act {unknown!r}")
        return None

    async def _press(self, who: Somebody, given: Json) -> str | None:
        value: Value = given.get("value")
        key = (given["block_id"], given["action_id"])
        if given.get("message_ts"):
            channel, message = self._acts.message(who, given["channel"], given["message_ts"])
            return await self._acts.use_in_message(who, channel, message, _place(message.blocks, key), value)
        view = self._view(who, "home" if given.get("home") else given["view_id"])
        self._type_all(who, view, given.get("view_values") or {})
        return await self._acts.use_in_view(who, view, _place(view.blocks, key), value)

    def _view(self, who: Somebody, view_id: str) -> View:
        home = who.workspace.homes.get(who.member.id)
        open_views = [*who.workspace.modals.get(who.member.id, []), *([home] if home else [])]
        for view in open_views:
            if view.id == view_id or (view is home and view_id == "home"):
                return view
        raise ActError("This view is closed.")

    def _type_all(self, who: Somebody, view: View, values: Json) -> None:
        for place in inputs.places(view.blocks):
            block_id, action_id = place.key
            if place.keeps_a_choice and action_id in values.get(block_id, {}):
                value = values[block_id][action_id]
                if value != inputs.current(place, view.typed):
                    self._acts.type_in(who, view, place, value)

    def _dismiss(self, who: Somebody, notice_id: str) -> None:
        notices = who.workspace.notices.get(who.member.id, [])
        who.workspace.notices[who.member.id] = [each for each in notices if each.id != notice_id]
        self._slack.changes.note(who.workspace.id, "notices", people={who.member.id})

    def _who(self, given: Json) -> Somebody:
        workspace = self._slack.workspaces.get(given.get("workspace", ""))
        member = workspace.members.get(given.get("user", "")) if workspace else None
        if workspace is None or member is None or member.is_bot:
            raise ActError("There is no such person.")
        return Somebody(workspace, member)

    async def _faults(self, request: Request) -> Response:
        if request.method == "POST":
            try:
                given = await request.json()
                wanted = [faults.parse(each) for each in given["faults"]]
            except (AttributeError, KeyError, TypeError, ValueError) as error:
                return JSONResponse({"ok": False, "error": str(error)}, _BAD_REQUEST)
            self._slack.faults.clear()
            for fault in wanted:
                self._slack.faults.add(fault)
        return JSONResponse({"ok": True, "faults": [each.shape() for each in self._slack.faults.standing()]})

    async def _clock(self, request: Request) -> Response:
        try:
            self._slack.clock.advance(float((await request.json())["advance"]))
        except (KeyError, TypeError, ValueError) as error:
            return JSONResponse({"ok": False, "error": str(error)}, _BAD_REQUEST)
        shifted = isinstance(self._slack.clock, RealClock)
        return JSONResponse({"ok": True, "now": self._slack.clock.unix(), "shifted": shifted})


async def _close_with(websocket: WebSocket, listener: Listener) -> None:
    """Close the listener when its page goes away."""
    while (await websocket.receive())["type"] != "websocket.disconnect":
        pass  # The page has nothing to say here.
    listener.close()


def _place(blocks: list[Json] | None, key: tuple[str, str]) -> Place:
    for place in inputs.places(blocks):
        if place.key == key:
            return place
    raise ActError("This button is no longer there.")

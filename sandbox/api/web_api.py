"""The Web API: from an HTTP request to a method and back, with whatever goes wrong on the way."""

from email.utils import format_datetime
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from sandbox.api import arguments
from sandbox.api.methods import METHODS, Call, Method
from sandbox.api.refusals import SlackError
from sandbox.faults import Fault
from sandbox.slack import Slack
from sandbox.workspace.state import Json, Workspace

if TYPE_CHECKING:
    import asyncio

RESPONSE_URL = "response_url"


class Cut(Response):
    """Stands for the answer on a connection that is broken already."""


class WebApi:
    """Answers `/api/<method>` and the response URLs as Slack does."""

    def __init__(self, slack: Slack) -> None:
        """Answer for this Slack."""
        self._slack = slack

    async def call(self, request: Request) -> Response:
        """Answer one Web API call."""
        name: str = request.path_params["method"]
        try:
            given, token = await arguments.read(request)
        except SlackError as error:
            return self._refuse(error, None)
        workspace, refusal = self._workspace(token, METHODS.get(name))
        workspace_id = workspace.id if workspace else None
        number = self._slack.journal.begin_call(name, workspace_id, given, self._slack.clock())
        self._slack.changes.stir()
        fault = self._slack.faults.strike_call(name, workspace_id, given.get("channel"))
        early = await self._before(fault, request)
        if early is not None:
            return self._end(number, early, None)
        headers = self._scopes_header(workspace, METHODS.get(name))
        try:
            body = self._answer(name, workspace, refusal, given)
            self._slack.journal.call_done(number)
        except SlackError as error:
            return self._end(number, self._refuse(error, headers), error.body)
        cut = await self._after(fault, request)
        if cut is not None:
            return self._end(number, cut, None)
        return self._end(number, JSONResponse(body, headers=self._headers(headers)), body)

    async def respond(self, request: Request) -> Response:
        """Take an answer to an act on its response URL."""
        key: str = request.path_params["key"]
        workspace_id = self._slack.response_urls.workspace_of(key)
        try:
            given, _ = await arguments.read(request)
        except SlackError as error:
            return self._refuse(error, None)
        number = self._slack.journal.begin_call(RESPONSE_URL, workspace_id, given, self._slack.clock())
        self._slack.changes.stir()
        fault = self._slack.faults.strike_call(RESPONSE_URL, workspace_id, None)
        early = await self._before(fault, request)
        if early is not None:
            return self._end(number, early, None)
        try:
            self._slack.response_urls.answer(key, given)
            self._slack.journal.call_done(number)
        except SlackError as error:
            return self._end(number, self._refuse(error, None), error.body)
        cut = await self._after(fault, request)
        if cut is not None:
            return self._end(number, cut, None)
        return self._end(number, PlainTextResponse("ok", headers=self._headers({})), {"ok": True})

    def _workspace(self, token: str | None, method: Method | None) -> tuple[Workspace | None, SlackError | None]:
        """Find whose token this is; return the workspace, and why the token will not do."""
        if token is None:
            return None, SlackError("not_authed")
        by_bot, by_app = self._slack.by_bot_token(token), self._slack.by_app_token(token)
        workspace = by_bot or by_app
        if workspace is None:
            return None, SlackError("invalid_auth")
        if workspace.app.revoked:
            return workspace, SlackError("token_revoked" if by_bot else "invalid_auth")
        wanted = by_app if method and method.caller == "app" else by_bot
        return workspace, None if wanted else SlackError("not_allowed_token_type")

    def _answer(self, name: str, workspace: Workspace | None, refusal: SlackError | None, given: Json) -> Json:
        method = METHODS.get(name)
        if method is None:
            raise SlackError("unknown_method", req_method=name)
        if refusal or workspace is None:
            raise refusal or SlackError("invalid_auth")
        self._slack.limits.count_call(workspace.id, name, method.tier)
        if method.scope:
            Call(self._slack, workspace, given).need(method.scope)
        checked = arguments.check(given, method.arguments)
        return {"ok": True, **method.work(Call(self._slack, workspace, checked))}

    async def _before(self, fault: Fault | None, request: Request) -> Response | None:
        """Let a fault strike before anything is done; return the answer if there is to be one already."""
        match fault and fault.kind:
            case "429" if fault:
                error = SlackError("ratelimited", status=429, headers={"Retry-After": str(fault.retry_after)})
                return self._refuse(error, None)
            case "500":
                return PlainTextResponse("Internal Server Error", 500, headers=self._headers({}))
            case "hang" if fault:
                await fault.hold()
                return _cut(request)
            case "cut_before":
                return _cut(request)
            case "hold_before" if fault and not await fault.hold():
                return _cut(request)
        return None

    @staticmethod
    async def _after(fault: Fault | None, request: Request) -> Response | None:
        """Let a fault strike after the thing was done; return None where the answer still goes out."""
        match fault and fault.kind:
            case "cut_after":
                return _cut(request)
            case "hold_after" if fault and not await fault.hold():
                return _cut(request)
        return None

    def _refuse(self, error: SlackError, headers: dict[str, str] | None) -> Response:
        everything = self._headers({**(headers or {}), **error.headers})
        return JSONResponse(error.body, error.status, headers=everything)

    def _headers(self, more: dict[str, str]) -> dict[str, str]:
        return {"Date": format_datetime(self._slack.clock(), usegmt=True), **more}

    @staticmethod
    def _scopes_header(workspace: Workspace | None, method: Method | None) -> dict[str, str]:
        if workspace is None:
            return {}
        accepted = {"x-accepted-oauth-scopes": method.scope} if method and method.scope else {}
        return {"x-oauth-scopes": ",".join(workspace.app.scopes), **accepted}

    def _end(self, number: int, response: Response, body: Json | None) -> Response:
        status = None if isinstance(response, Cut) else response.status_code
        self._slack.journal.end_call(number, status, body)
        self._slack.changes.stir()
        return response


def _cut(request: Request) -> Cut:
    """Break the connection under the request."""
    transport: asyncio.Transport = request.state.transport
    transport.abort()
    return Cut()

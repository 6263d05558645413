"""The Web API over HTTP: authenticates a call, runs its method, applies faults, and answers."""

from email.utils import format_datetime
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from sandbox.api import arguments
from sandbox.api.methods import METHODS, Method, MethodCall
from sandbox.faults import Fault
from sandbox.local_slack import LocalSlack
from sandbox.refusals import SlackError
from sandbox.workspace.state import Json, Workspace

if TYPE_CHECKING:
    import asyncio

RESPONSE_URL = "response_url"


class ConnectionCut(Response):
    """A placeholder response for a connection that was already broken."""


class WebApi:
    """Answers `/api/<method>` and the response URLs as Slack does."""

    def __init__(self, slack: LocalSlack) -> None:
        """Serve this Slack's workspaces."""
        self._slack = slack

    async def call(self, request: Request) -> Response:
        """Answer one Web API call."""
        name: str = request.path_params["method"]
        try:
            given, token = await arguments.parse_request(request)
        except SlackError as error:
            return self._refuse(error, None)
        workspace, refusal = self._workspace(token, METHODS.get(name))
        workspace_id = workspace.id if workspace else None
        number = self._slack.journal.begin_call(name, workspace_id, given, self._slack.clock())
        self._slack.changes.wake()
        fault = self._slack.faults.strike_call(name, workspace_id, given.get("channel"))
        early = await self._fault_before(fault, request)
        if early is not None:
            return self._finish(number, early, None)
        headers = self._scopes_header(workspace, METHODS.get(name))
        try:
            body = self._answer(name, workspace, refusal, given)
            self._slack.journal.call_done(number)
        except SlackError as error:
            return self._finish(number, self._refuse(error, headers), error.body)
        cut = await self._fault_after(fault, request)
        if cut is not None:
            return self._finish(number, cut, None)
        return self._finish(number, JSONResponse(body, headers=self._headers(headers)), body)

    async def respond(self, request: Request) -> Response:
        """Answer a post to a response URL."""
        key: str = request.path_params["key"]
        workspace_id = self._slack.response_urls.workspace_of(key)
        try:
            given, _ = await arguments.parse_request(request)
        except SlackError as error:
            return self._refuse(error, None)
        number = self._slack.journal.begin_call(
            RESPONSE_URL, workspace_id, given, self._slack.clock(), self._slack.response_urls.address(key)
        )
        self._slack.changes.wake()
        fault = self._slack.faults.strike_call(RESPONSE_URL, workspace_id, None)
        early = await self._fault_before(fault, request)
        if early is not None:
            return self._finish(number, early, None)
        try:
            self._slack.response_urls.answer(key, given)
            self._slack.journal.call_done(number)
        except SlackError as error:
            return self._finish(number, self._refuse(error, None), error.body)
        cut = await self._fault_after(fault, request)
        if cut is not None:
            return self._finish(number, cut, None)
        return self._finish(number, PlainTextResponse("ok", headers=self._headers({})), {"ok": True})

    def _workspace(self, token: str | None, method: Method | None) -> tuple[Workspace | None, SlackError | None]:
        """Return the token's workspace, and the refusal if the token is not valid for the method."""
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
            MethodCall(self._slack, workspace, given).require_scope(method.scope)
        call = MethodCall(self._slack, workspace, arguments.validate(given, method.arguments))
        body = {"ok": True, **method.work(call)}
        if call.warnings:
            body |= {"warning": ",".join(call.warnings), "response_metadata": {"warnings": call.warnings}}
        return body

    async def _fault_before(self, fault: Fault | None, request: Request) -> Response | None:
        """Apply a fault before the method runs; return the response if the method must not run."""
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
    async def _fault_after(fault: Fault | None, request: Request) -> Response | None:
        """Apply a fault after the method ran; return None if its answer is still to be sent."""
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

    def _finish(self, number: int, response: Response, body: Json | None) -> Response:
        status = None if isinstance(response, ConnectionCut) else response.status_code
        self._slack.journal.end_call(number, status, body)
        self._slack.changes.wake()
        return response


def _cut(request: Request) -> ConnectionCut:
    """Break the connection of the request."""
    transport: asyncio.Transport = request.state.transport
    transport.abort()
    return ConnectionCut()

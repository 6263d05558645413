"""The public interface of the sandbox: start it, point a bot at it, watch what happens, and cause faults."""

from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Literal, Self, TypeVar, get_args

from sandbox.clock import Clock, RealClock
from sandbox.events.envelopes import DeliveryKind, UndeliveredError
from sandbox.faults import CallFaultKind, DeliveryFaultKind, Fault
from sandbox.http_server import HttpServer
from sandbox.journal import Call, Delivery
from sandbox.local_slack import LocalSlack
from sandbox.people.administration import People
from sandbox.people.driver import Person
from sandbox.people.snapshots import DriverError
from sandbox.saving import dump, load
from sandbox.workspace.seed import SAMPLE, WorkspaceSeed, make_workspace
from sandbox.workspace.state import Json, Workspace

T = TypeVar("T")
SIGNING_SECRET = "sandbox-signing-secret"  # nosec B105  # noqa: S105 - made up, for a Slack that nobody else can reach


class Sandbox:
    """A local Slack with sample workspaces, in its own thread. Every method is safe to call from any thread.

    A `workspace` argument is an id or a name; None means the first workspace. LookupError names those that exist.
    """

    def __init__(
        self,
        manifest: Json,
        *,
        clock: Clock | None = None,
        rate_limits: bool = True,
        http_endpoint: str | None = None,
        signing_secret: str = SIGNING_SECRET,
        seed: Sequence[WorkspaceSeed] = SAMPLE,
        port: int = 0,
        saved: bytes | None = None,
    ) -> None:
        """Make the workspaces of `seed`, each with the manifest's app installed, or restore those that `save` returned.

        Deliveries go to `http_endpoint` if there is one, else over Socket Mode. `port` 0 picks a free port; OSError is
        raised if the port is in use.
        """
        self.clock = clock or RealClock()
        self.signing_secret = signing_secret
        self.slack = LocalSlack(self.clock, rate_limits=rate_limits)
        if saved is None:
            now = int(self.clock.unix())
            self.slack.add([make_workspace(self.slack.ids, each, manifest, signing_secret, now) for each in seed])
        else:
            load(self.slack, saved, manifest)
        for workspace in self.slack.workspaces.values():
            workspace.app.http_endpoint = http_endpoint
        self._server = HttpServer(self.slack, port)
        self.url = self._server.url
        self.people = People(self._server)
        self.clock.on_advance(self.slack.changes.wake)

    def start(self) -> Self:
        """Start serving on `url`, and return the sandbox."""
        self._server.start()
        return self

    def save(self) -> bytes:
        """Return the workspaces as JSON, for the `saved` of a later sandbox: people, channels, messages, Home tabs."""

        async def write() -> bytes:
            return dump(self.slack)

        return self._server.run(write())

    def stop(self) -> None:
        """Stop serving; calls and actions in progress are cut."""
        self._server.stop()

    def __enter__(self) -> Self:
        """Start."""
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        """Stop."""
        self.stop()

    @property
    def api_url(self) -> str:
        """The value of a bot's `SLACK_API_URL`."""
        return f"{self.url}/api/"

    @property
    def workspace_ids(self) -> list[str]:
        """The ids of the workspaces, in the order of the seed."""
        return list(self.slack.workspaces)

    def workspace(self, workspace: str | None = None) -> Workspace:
        """Return a workspace by id or name."""
        for each in self.slack.workspaces.values():
            if workspace in {None, each.id, each.name}:
                return each
        raise LookupError(f"no workspace {workspace!r}; there are: {', '.join(map(str, self.slack.workspaces))}")

    def bot_token(self, workspace: str | None = None) -> str:
        """Return the bot token (`xoxb-…`) of the app in a workspace."""
        return self.workspace(workspace).app.bot_token

    def app_token(self, workspace: str | None = None) -> str:
        """Return the app-level token (`xapp-…`) of the app in a workspace."""
        return self.workspace(workspace).app.app_token

    def deliver_to(self, http_endpoint: str | None, workspace: str | None = None) -> None:
        """Send deliveries to this URL from now on, or over Socket Mode if it is None."""
        self.workspace(workspace).app.http_endpoint = http_endpoint

    def revoke(self, workspace: str | None = None, *, revoked: bool = True) -> None:
        """Revoke the app's tokens in a workspace, or make them valid again."""
        self.workspace(workspace).app.revoked = revoked

    def person(self, name: str, workspace: str | None = None) -> Person:
        """Return the person with this full name, e-mail or id; None as workspace searches them all.

        Raises LookupError if nobody matches, or more than one person does.
        """
        return self.people.find(name, None if workspace is None else self.workspace(workspace))

    def calls(self, method: str | None = None) -> list[Call]:
        """Return the Web API calls so far, of one method or all; a post to a response URL counts as `response_url`."""
        return self.slack.journal.calls(method)

    def deliveries(self, kind: str | None = None) -> list[Delivery]:
        """Return the deliveries to the app so far: `slash_commands`, `interactive`, `events_api`, or all."""
        return self.slack.journal.deliveries(kind)

    def redeliver(self, delivery: Delivery) -> bool:
        """Deliver the same payload to the app once more; return whether it was acknowledged."""
        kind: DeliveryKind = next(each for each in get_args(DeliveryKind) if each == delivery.kind)

        async def send() -> bool:
            try:
                await self.slack.deliveries.deliver_again(self.workspace(delivery.workspace_id), kind, delivery.payload)
            except UndeliveredError:
                return False
            return True

        return self._server.run(send())

    @property
    def complaints(self) -> list[str]:
        """A sentence for each acknowledgement of the app's that Slack could not show."""
        return self.slack.journal.complaints()

    def fault(
        self,
        method: str,
        kind: CallFaultKind,
        *,
        times: int | None = None,
        retry_after: int = 1,
        channel: str | None = None,
        workspace: str | None = None,
    ) -> Fault:
        """Make Web API calls of a method fail; "*" means every method, and posts to response URLs.

        `times` is how many calls fail (None: until removed), `retry_after` the seconds that a 429 asks for, `channel` a
        channel id.
        """
        workspace_id = None if workspace is None else self.workspace(workspace).id
        return self.slack.faults.add(Fault(kind, method, times, retry_after, channel, workspace_id))

    def disturb(self, kind: DeliveryFaultKind, *, deliveries: str = "*", times: int | None = 1) -> Fault:
        """Make deliveries of a kind ("*": all) arrive twice, out of order, or be followed by a dropped socket."""
        return self.slack.faults.add(Fault(kind, deliveries, times))

    def heal(self) -> None:
        """Remove every fault; the calls they hold continue."""
        self.slack.faults.clear()

    def limit_rates(self, *, enabled: bool) -> None:
        """Turn the rate limits on or off."""
        self.slack.limits.enabled = enabled

    def drop_sockets(self, workspace: str | None = None) -> int:
        """Break the app's Socket Mode connections without a closing handshake; return how many there were."""
        app_id = self.workspace(workspace).app.id

        async def drop() -> int:
            return self.slack.socket_mode.cut(app_id)

        return self._server.run(drop())

    def refresh_sockets(self, workspace: str | None = None) -> int:
        """Ask the app to reconnect, as Slack does from time to time; return how many connections were asked."""
        return self._server.run(self.slack.socket_mode.refresh(self.workspace(workspace).app.id))

    def connections(self, workspace: str | None = None) -> int:
        """Return how many Socket Mode connections the app has open."""
        return self.slack.socket_mode.count(self.workspace(workspace).app.id)

    def wait_until_connected(
        self, workspace: str | None = None, *, connections: int = 1, timeout: float = 10.0
    ) -> None:
        """Return when the app has that many Socket Mode connections; TimeoutError after `timeout` real seconds."""
        self.wait_for(lambda: self.connections(workspace) >= connections, timeout)

    def wait_for(self, predicate: Callable[[], T | Literal[False] | None], timeout: float = 10.0) -> T:
        """Return the predicate's first true value. It is called again after each change of state, calls or clock.

        A DriverError (something is not there yet) counts as not true. Raises TimeoutError after `timeout` real seconds.
        """
        missing: list[DriverError] = []

        def attempt() -> T | Literal[False] | None:
            missing.clear()
            try:
                return predicate()
            except DriverError as error:
                missing.append(error)
                return None

        try:
            return self.slack.changes.wait_for(attempt, timeout)
        except TimeoutError as error:
            raise TimeoutError(f"{error}; {missing[0]}" if missing else str(error)) from error

    def stir(self) -> None:
        """Call waiting predicates again. Needed only when a predicate watches something outside the sandbox."""
        self.slack.changes.wake()

"""The declaration of a Web API method, and a call of one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from sandbox.api.arguments import Argument
from sandbox.local_slack import LocalSlack
from sandbox.rate_limits import Tier
from sandbox.refusals import SlackError
from sandbox.workspace.state import Channel, Json, Member, Workspace


@dataclass(frozen=True, slots=True)
class MethodCall:
    """An authenticated call: the workspace of its token, and its arguments; `warnings` come back beside the answer."""

    slack: LocalSlack
    workspace: Workspace
    arguments: Json
    warnings: list[str] = field(default_factory=list)

    def require_scope(self, *scopes: str) -> None:
        """Raise `missing_scope` unless the manifest has one of these scopes."""
        provided = self.workspace.app.scopes
        if not set(scopes) & set(provided):
            raise SlackError("missing_scope", needed=scopes[0], provided=",".join(provided))

    def channel(self, value: str) -> Channel:
        """Return the conversation with this id. Raises `channel_not_found` if there is none that the bot can see."""
        channel = self.workspace.channels.get(value)
        hidden = channel and channel.kind != "channel" and self.workspace.app.bot_user_id not in channel.members
        if channel is None or hidden:
            raise SlackError("channel_not_found")
        return channel

    def member(self, value: str) -> Member:
        """Return the member with this id. Raises `user_not_found` if there is none."""
        member = self.workspace.members.get(value)
        if member is None:
            raise SlackError("user_not_found")
        return member


@dataclass(frozen=True, slots=True)
class Method:
    """A Web API method: `work` runs it, `tier` limits its rate, `scope` is the scope it always needs.

    `caller` is the kind of token it takes: the bot token or the app-level token.
    """

    name: str
    work: Callable[[MethodCall], Json]
    arguments: Mapping[str, Argument]
    tier: Tier
    scope: str | None = None
    caller: Literal["bot", "app"] = "bot"

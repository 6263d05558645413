"""What a Web API method is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from sandbox.api.arguments import Argument
from sandbox.api.limits import Tier
from sandbox.api.refusals import SlackError
from sandbox.slack import Slack
from sandbox.workspace.state import Channel, Json, Member, Workspace


@dataclass(frozen=True, slots=True)
class Call:
    """A checked call: where, by whose token, with which arguments."""

    slack: Slack
    workspace: Workspace
    arguments: Json

    def need(self, *scopes: str) -> None:
        """Refuse with `missing_scope` unless the manifest has one of these scopes."""
        provided = self.workspace.app.scopes
        if not set(scopes) & set(provided):
            raise SlackError("missing_scope", needed=scopes[0], provided=",".join(provided))

    def channel(self, value: str) -> Channel:
        """Return the conversation of that id, which the bot may know of; refuse with `channel_not_found`."""
        channel = self.workspace.channels.get(value)
        hidden = channel and channel.kind != "channel" and self.workspace.app.bot_user_id not in channel.members
        if channel is None or hidden:
            raise SlackError("channel_not_found")
        return channel

    def member(self, value: str) -> Member:
        """Return the member of that id; refuse with `user_not_found`."""
        member = self.workspace.members.get(value)
        if member is None:
            raise SlackError("user_not_found")
        return member


@dataclass(frozen=True, slots=True)
class Method:
    """A method's name, its work, what it takes, what it needs, and how often it may be called."""

    name: str
    work: Callable[[Call], Json]
    arguments: Mapping[str, Argument]
    tier: Tier
    scope: str | None = None
    caller: Literal["bot", "app"] = "bot"

"""The data of a workspace: members, channels, messages, views, the installed app."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

Json: TypeAlias = dict[str, Any]

ChannelKind: TypeAlias = Literal["channel", "private", "dm"]

TOMBSTONE_AUTHOR = "USLACKBOT"


@dataclass(slots=True, eq=False)
class Member:
    """A person of a workspace, or the app's bot user."""

    id: str
    name: str
    real_name: str
    email: str
    tz: str
    locale: str
    title: str
    colour: str
    updated: int
    admin: bool = False
    is_bot: bool = False
    deactivated: bool = False
    guest: bool = False
    stranger: bool = False


@dataclass(slots=True, eq=False)
class Message:
    """A message in its current version. Its `blocks` include the ids that Slack adds when an app leaves them out."""

    channel_id: str
    ts: str
    author: str
    text: str
    blocks: list[Json] | None = None
    metadata: Json | None = None
    thread_ts: str | None = None
    edited_ts: str | None = None
    bot_id: str | None = None
    ephemeral_to: str | None = None
    tombstone: bool = False

    @property
    def is_reply(self) -> bool:
        """Whether the message is a reply in a thread."""
        return self.thread_ts is not None and self.thread_ts != self.ts


@dataclass(slots=True, eq=False)
class Channel:
    """A channel or a direct message.

    `messages` maps ts to message, in the order of posting; `threads` maps the ts of a parent to its replies by ts;
    `last_read` maps a user id to a ts.
    """

    id: str
    name: str
    kind: ChannelKind
    created: int
    members: set[str] = field(default_factory=set)
    messages: dict[str, Message] = field(default_factory=dict)
    threads: dict[str, dict[str, Message]] = field(default_factory=dict)
    last_read: dict[str, str] = field(default_factory=dict)
    archived: bool = False

    def store(self, message: Message) -> None:
        """Add a message, or replace the one with the same ts."""
        self.messages[message.ts] = message
        if message.thread_ts and message.is_reply and not message.ephemeral_to:
            self.threads.setdefault(message.thread_ts, {})[message.ts] = message

    def remove(self, message: Message) -> None:
        """Remove a message."""
        del self.messages[message.ts]
        if message.thread_ts:
            self.threads.get(message.thread_ts, {}).pop(message.ts, None)

    def replies(self, ts: str) -> list[Message]:
        """Return the replies in the thread of a message, oldest first, without ephemeral ones."""
        return list(self.threads.get(ts, {}).values())


@dataclass(slots=True, eq=False)
class View:
    """A modal in a person's stack, or their Home tab.

    `typed` maps (block id, action id) to what the person entered, `errors` maps a block id to its error text; `failure`
    is the line that Slack shows when the app did not answer a submission.
    """

    id: str
    user_id: str
    content: Json
    hash: str
    root_id: str
    previous_id: str | None = None
    typed: dict[tuple[str, str], Any] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    failure: str | None = None

    @property
    def blocks(self) -> list[Json]:
        """The view's blocks."""
        blocks: list[Json] = self.content["blocks"]
        return blocks


@dataclass(frozen=True, slots=True)
class Notice:
    """A line from Slack itself to one person, such as “the app did not respond”."""

    id: str
    text: str


@dataclass(slots=True, eq=False)
class App:
    """The app as installed in one workspace from the manifest."""

    id: str
    name: str
    bot_id: str
    bot_user_id: str
    bot_token: str
    app_token: str
    verification_token: str
    signing_secret: str
    manifest: Json
    http_endpoint: str | None = None
    revoked: bool = False

    @property
    def scopes(self) -> list[str]:
        """The bot scopes in the manifest."""
        return _list(self.manifest, "oauth_config", "scopes", "bot")

    @property
    def events(self) -> list[str]:
        """The bot events in the manifest's subscriptions."""
        return _list(self.manifest, "settings", "event_subscriptions", "bot_events")

    @property
    def commands(self) -> list[Json]:
        """The slash commands, as objects of the manifest."""
        return _list(self.manifest, "features", "slash_commands")

    @property
    def shortcuts(self) -> list[Json]:
        """The global and message shortcuts, as objects of the manifest."""
        return _list(self.manifest, "features", "shortcuts")

    @property
    def interactive(self) -> bool:
        """Whether the manifest enables interactivity."""
        return bool(_section(self.manifest, "settings", "interactivity").get("is_enabled"))

    @property
    def has_home(self) -> bool:
        """Whether the manifest enables the Home tab."""
        return bool(_section(self.manifest, "features", "app_home").get("home_tab_enabled"))


@dataclass(slots=True, eq=False)
class Workspace:
    """One Slack workspace with one app installed.

    `modals`, `homes`, `notices` and `waiting` are by user id: a person's stack of modals with the topmost last, their
    Home tab, their notices, and how many of their actions the app has not answered yet.
    """

    id: str
    name: str
    domain: str
    app: App
    members: dict[str, Member] = field(default_factory=dict)
    channels: dict[str, Channel] = field(default_factory=dict)
    modals: dict[str, list[View]] = field(default_factory=dict)
    homes: dict[str, View] = field(default_factory=dict)
    notices: dict[str, list[Notice]] = field(default_factory=dict)
    waiting: dict[str, int] = field(default_factory=dict)
    visitor_id: str | None = None

    @property
    def bot(self) -> Member:
        """The app's bot user."""
        return self.members[self.app.bot_user_id]

    @property
    def people(self) -> list[Member]:
        """All members except the bot user, in the order they joined."""
        return [member for member in self.members.values() if not member.is_bot]

    def dm(self, first: str, second: str) -> Channel | None:
        """Return the direct message between two members, or None if it was never opened."""
        pair = {first, second}
        return next((each for each in self.channels.values() if each.kind == "dm" and each.members == pair), None)

    def channel_called(self, name: str) -> Channel | None:
        """Return the channel with this name, given with or without the leading #, or None."""
        wanted = name.removeprefix("#")
        return next((each for each in self.channels.values() if each.kind != "dm" and each.name == wanted), None)

    def visible_to(self, user_id: str) -> Iterator[Channel]:
        """Yield the conversations that a person can open: public channels, and those they are a member of."""
        return (each for each in self.channels.values() if each.kind == "channel" or user_id in each.members)

    def view(self, view_id: str) -> View | None:
        """Return the open modal or Home tab with this id, or None."""
        stacks = (view for stack in self.modals.values() for view in stack)
        return next((view for view in (*stacks, *self.homes.values()) if view.id == view_id), None)


def _section(manifest: Json, *path: str) -> Json:
    section = manifest
    for name in path:
        section = section.get(name) or {}
    return section


def _list(manifest: Json, *path: str) -> list[Any]:
    return list(_section(manifest, *path[:-1]).get(path[-1]) or [])

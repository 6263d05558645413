"""What a workspace holds: people, channels, messages, views, the installed app."""

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


@dataclass(slots=True, eq=False)
class Message:
    """A message as it stands now; `blocks` carry the ids that Slack adds where an app left them out."""

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
        """Whether the message stands in a thread under another."""
        return self.thread_ts is not None and self.thread_ts != self.ts


@dataclass(slots=True, eq=False)
class Channel:
    """A channel or a direct message, with its messages by ts in the order they were posted; `threads` holds replies."""

    id: str
    name: str
    kind: ChannelKind
    created: int
    members: set[str] = field(default_factory=set)
    messages: dict[str, Message] = field(default_factory=dict)
    threads: dict[str, dict[str, Message]] = field(default_factory=dict)
    last_read: dict[str, str] = field(default_factory=dict)
    archived: bool = False

    def put(self, message: Message) -> None:
        """Take a message in, or put another in its place."""
        self.messages[message.ts] = message
        if message.thread_ts and message.is_reply and not message.ephemeral_to:
            self.threads.setdefault(message.thread_ts, {})[message.ts] = message

    def drop(self, message: Message) -> None:
        """Take a message out."""
        del self.messages[message.ts]
        if message.thread_ts:
            self.threads.get(message.thread_ts, {}).pop(message.ts, None)

    def replies(self, ts: str) -> list[Message]:
        """Return what stands in the thread under a message, oldest first, without private replies."""
        return list(self.threads.get(ts, {}).values())


@dataclass(slots=True, eq=False)
class View:
    """A modal in somebody's stack, or somebody's Home tab."""

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
    """A line from Slack itself to one person, for instance that the app did not respond."""

    id: str
    text: str


@dataclass(slots=True, eq=False)
class App:
    """The app as installed in one workspace, made from the manifest."""

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
        """The bot scopes the manifest asks for."""
        return _list(self.manifest, "oauth_config", "scopes", "bot")

    @property
    def events(self) -> list[str]:
        """The bot events the manifest subscribes to."""
        return _list(self.manifest, "settings", "event_subscriptions", "bot_events")

    @property
    def commands(self) -> list[Json]:
        """The slash commands as the manifest writes them."""
        return _list(self.manifest, "features", "slash_commands")

    @property
    def shortcuts(self) -> list[Json]:
        """The global and message shortcuts as the manifest writes them."""
        return _list(self.manifest, "features", "shortcuts")

    @property
    def interactive(self) -> bool:
        """Whether the manifest switches interactivity on."""
        return bool(_part(self.manifest, "settings", "interactivity").get("is_enabled"))

    @property
    def has_home(self) -> bool:
        """Whether the manifest switches the Home tab on."""
        return bool(_part(self.manifest, "features", "app_home").get("home_tab_enabled"))


@dataclass(slots=True, eq=False)
class Workspace:
    """One Slack workspace with one app installed."""

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
        """Everybody but the bot user, in the order they joined."""
        return [member for member in self.members.values() if not member.is_bot]

    def dm(self, first: str, second: str) -> Channel | None:
        """Return the direct message between two members, if it was ever opened."""
        pair = {first, second}
        return next((each for each in self.channels.values() if each.kind == "dm" and each.members == pair), None)

    def channel_called(self, name: str) -> Channel | None:
        """Return the channel of that name, with or without the leading #."""
        wanted = name.removeprefix("#")
        return next((each for each in self.channels.values() if each.kind != "dm" and each.name == wanted), None)

    def may_see(self, user_id: str) -> Iterator[Channel]:
        """Walk through the conversations somebody can look into."""
        return (each for each in self.channels.values() if each.kind == "channel" or user_id in each.members)

    def view(self, view_id: str) -> View | None:
        """Return the open modal or Home tab of that id."""
        stacks = (view for stack in self.modals.values() for view in stack)
        return next((view for view in (*stacks, *self.homes.values()) if view.id == view_id), None)


def _part(manifest: Json, *path: str) -> Json:
    here = manifest
    for name in path:
        here = here.get(name) or {}
    return here


def _list(manifest: Json, *path: str) -> list[Any]:
    return list(_part(manifest, *path[:-1]).get(path[-1]) or [])

"""The local Slack: its workspaces, and the parts that act on them."""

from collections.abc import Sequence

from sandbox.clock import Clock
from sandbox.events.deliveries import Deliveries
from sandbox.events.envelopes import Transport
from sandbox.events.response_urls import ResponseUrls
from sandbox.events.signed_http import SignedHttp
from sandbox.events.socket_mode import SocketMode
from sandbox.events.triggers import Triggers
from sandbox.faults import Faults
from sandbox.journal import Journal
from sandbox.rate_limits import Limits
from sandbox.workspace.api_objects import user_object
from sandbox.workspace.changes import Changes
from sandbox.workspace.ids import Ids
from sandbox.workspace.messages import Messages
from sandbox.workspace.modals import Modals
from sandbox.workspace.state import Channel, Json, Member, Notice, Workspace


class LocalSlack:
    """Wires the parts together. All of them belong to one asyncio loop, except clock, faults and journal."""

    def __init__(self, clock: Clock, *, rate_limits: bool) -> None:
        """Make the parts, with no workspaces yet."""
        self.clock = clock
        self.changes = Changes()
        self.ids = Ids(clock)
        self.journal = Journal()
        self.faults = Faults(self.changes.wake)
        self.limits = Limits(clock, enabled=rate_limits)
        self.socket_mode = SocketMode(self.changes.wake)
        self.signed_http = SignedHttp(clock)
        self.deliveries = Deliveries(
            clock=clock,
            ids=self.ids,
            journal=self.journal,
            faults=self.faults,
            transport=self._transport,
            changed=self.changes.wake,
        )
        self.messages = Messages(self.ids, self.changes, self.deliveries.send_event)
        self.triggers = Triggers(clock, self.ids)
        self.modals = Modals(clock, self.ids, self.changes)
        self.response_urls = ResponseUrls(clock, self.messages, self.limits)
        self.workspaces: dict[str, Workspace] = {}

    def _transport(self, workspace: Workspace) -> Transport:
        return self.signed_http if workspace.app.http_endpoint else self.socket_mode

    def by_bot_token(self, token: str) -> Workspace | None:
        """Return the workspace of a bot token (`xoxb-…`)."""
        return next((each for each in self.workspaces.values() if each.app.bot_token == token), None)

    def by_app_token(self, token: str) -> Workspace | None:
        """Return the workspace of an app-level token (`xapp-…`)."""
        return next((each for each in self.workspaces.values() if each.app.app_token == token), None)

    def open_dm(self, workspace: Workspace, first: str, second: str) -> Channel:
        """Return the direct message between two members; open it if there is none yet."""
        channel = workspace.dm(first, second)
        if channel is None:
            created = int(self.clock.unix())
            channel = Channel(self.ids.new("D"), "directmessage", "dm", created, members={first, second})
            workspace.channels[channel.id] = channel
            self.changes.record(workspace.id, channel.id, people={first, second})
        return channel

    def join(self, workspace: Workspace, channel: Channel, member: Member) -> None:
        """Add a member to a channel, and send the app `member_joined_channel` if the bot is in it."""
        if member.id in channel.members:
            return
        channel.members.add(member.id)
        self.changes.record(workspace.id, channel.id, "people")
        if workspace.app.bot_user_id in channel.members:
            kind = "C" if channel.kind == "channel" else "G"
            event = {"type": "member_joined_channel", "user": member.id, "channel": channel.id, "channel_type": kind}
            self.deliveries.send_event(workspace, "member_joined_channel", event | {"team": workspace.id})

    def member_changed(self, workspace: Workspace, member: Member) -> None:
        """Send the app `user_change` after a member was changed."""
        now = self.clock()
        member.updated = int(now.timestamp())
        email = "users:read.email" in workspace.app.scopes
        shape: Json = user_object(workspace, member, email=email, locale=True, now=now)
        self.changes.record(workspace.id, "people")
        event = {"type": "user_change", "user": shape, "cache_ts": member.updated}
        self.deliveries.send_event(workspace, "user_change", event)

    def notify(self, workspace: Workspace, user_id: str, text: str) -> None:
        """Show a member a notice from Slack itself."""
        workspace.notices.setdefault(user_id, []).append(Notice(self.ids.new("N"), text))
        self.changes.record(workspace.id, "notices", people={user_id})

    def add(self, workspaces: Sequence[Workspace]) -> None:
        """Add workspaces."""
        self.workspaces |= {workspace.id: workspace for workspace in workspaces}

    def close(self) -> None:
        """End everything that waits, so that the loop can stop."""
        self.faults.abandon()
        self.deliveries.close()
        self.changes.close()
        self.socket_mode.cut()

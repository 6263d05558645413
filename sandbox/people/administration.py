"""What an administrator of Slack does: finds, adds and changes people, and manages channels."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from sandbox.http_server import HttpServer
from sandbox.people.driver import Person
from sandbox.people.snapshots import Message
from sandbox.workspace.seed import PersonSeed, add_person, make_member
from sandbox.workspace.state import Channel, Member, Workspace

T = TypeVar("T")


class People:
    """The members and channels of the sandbox. Every method is safe to call from any thread."""

    def __init__(self, server: HttpServer) -> None:
        """Act in the Slack of this server."""
        self._server = server
        self._slack = server.slack

    def find(self, name: str, workspace: Workspace | None = None) -> Person:
        """Return the person with this full name, e-mail or id; None as workspace searches them all.

        Raises LookupError if nobody matches, or more than one person does.
        """
        return self._run(lambda: self._find(name, workspace))

    def _find(self, name: str, workspace: Workspace | None) -> Person:
        there = [workspace] if workspace else list(self._slack.workspaces.values())
        found = [
            (each, member)
            for each in there
            for member in each.people
            if name in {member.real_name, member.email, member.id}
        ]
        if len(found) == 1:
            return Person(self._server, *found[0])
        names = ", ".join(member.real_name for each in there for member in each.people)
        raise LookupError(f"{'several people are' if found else 'nobody is'} called {name!r}; there are: {names}")

    def add(
        self,
        real_name: str,
        *,
        workspace: Workspace,
        email: str = "",
        tz: str = "Europe/London",
        locale: str = "en-GB",
        title: str = "",
        channels: Sequence[str] = (),
        admin: bool = False,
        id: str | None = None,  # noqa: A002 - Slack's word
    ) -> Person:
        """Add a person to a workspace, to #general and to the named channels.

        Raises ValueError if `id` is taken, and LookupError for an unknown channel.
        """

        def add() -> Person:
            seed = PersonSeed(real_name, email, tz, locale, title, admin=admin)
            now = int(self._slack.clock.unix())
            member = make_member(self._slack.ids, seed, len(workspace.members), now, user_id=id)
            if member.id in workspace.members:
                raise ValueError(f"the id {member.id} is taken")
            add_person(workspace, member, ())
            for name in channels:
                self._slack.join(workspace, self._channel(workspace, name), member)
            self._slack.changes.record(workspace.id, "people")
            return Person(self._server, workspace, member)

        return self._run(add)

    def add_channel(
        self,
        name: str,
        *,
        workspace: Workspace,
        members: Sequence[Person] = (),
        private: bool = False,
        with_bot: bool = True,
    ) -> str:
        """Add a channel and return its id."""

        def add() -> str:
            channel_id, created = self._slack.ids.new("C"), int(self._slack.clock.unix())
            channel = Channel(channel_id, name.removeprefix("#"), "private" if private else "channel", created)
            channel.members = {person.id for person in members} | ({workspace.app.bot_user_id} if with_bot else set())
            workspace.channels[channel.id] = channel
            self._slack.changes.record(workspace.id, "channels")
            return channel.id

        return self._run(add)

    def join(self, person: Person, channel: str) -> None:
        """Add a person to a channel, given by name or id."""
        self._run(lambda: self._slack.join(person.workspace, self._channel(person.workspace, channel), person.member))

    def leave(self, person: Person, channel: str) -> None:
        """Remove a person from a channel."""
        self._leave(person.workspace, person.member, channel)

    def remove_bot(self, channel: str, *, workspace: Workspace) -> None:
        """Remove the bot from a channel."""
        self._leave(workspace, workspace.bot, channel)

    def invite_bot(self, channel: str, *, workspace: Workspace) -> None:
        """Add the bot to a channel."""
        self._run(lambda: self._slack.join(workspace, self._channel(workspace, channel), workspace.bot))

    def _leave(self, workspace: Workspace, member: Member, channel: str) -> None:
        def leave() -> None:
            there = self._channel(workspace, channel)
            there.members.discard(member.id)
            self._slack.changes.record(workspace.id, there.id, "people")

        self._run(leave)

    def archive(self, channel: str, *, workspace: Workspace, archived: bool = True) -> None:
        """Archive a channel, or unarchive it."""

        def archive() -> None:
            self._channel(workspace, channel).archived = archived
            self._slack.changes.record(workspace.id, "channels")

        self._run(archive)

    def deactivate(self, person: Person, *, deactivated: bool = True) -> None:
        """Deactivate a person, or reactivate them; the app receives `user_change`."""
        self.change(person, deactivated=deactivated)

    def change(self, person: Person, **facts: object) -> None:
        """Change a person's `tz`, `locale`, `title`, `email`, `real_name`, `deactivated`, `guest` or `stranger`.

        A guest is restricted to some channels; a stranger is of another workspace, seen through Slack Connect.
        The app receives `user_change`. Raises ValueError for any other name.
        """
        changeable = {"tz", "locale", "title", "email", "real_name", "deactivated", "guest", "stranger"}
        if set(facts) - changeable:
            raise ValueError(f"a person has no {', '.join(sorted(set(facts) - changeable))}")

        def change() -> None:
            for name, value in facts.items():
                setattr(person.member, name, value)
            self._slack.member_changed(person.workspace, person.member)

        self._run(change)

    def delete_message(self, message: Message) -> None:
        """Delete a message as an administrator, whoever wrote it. Raises LookupError if it is gone."""

        def delete() -> None:
            workspace = self._slack.workspaces[message.workspace_id]
            channel = workspace.channels[message.channel_id]
            if message.ts not in channel.messages:
                raise LookupError("this message is gone already")
            self._slack.messages.delete(workspace, channel, channel.messages[message.ts])

        self._run(delete)

    def _channel(self, workspace: Workspace, name: str) -> Channel:
        channel = workspace.channels.get(name) or workspace.channel_called(name)
        if channel is None:
            names = ", ".join(f"#{each.name}" for each in workspace.channels.values() if each.kind != "dm")
            raise LookupError(f"no channel {name!r}; there are: {names}")
        return channel

    def _run(self, work: Callable[[], T]) -> T:
        async def run() -> T:
            return work()

        return self._server.run(run())

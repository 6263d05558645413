"""A person in a workspace, for tests that read like a story: one line for each thing they do or see."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date, time
from typing import TypeAlias, TypeVar

from sandbox.client.text_reader import TextReader
from sandbox.client.user_actions import ActionError, Actor
from sandbox.http_server import HttpServer
from sandbox.people import finding, snapshots
from sandbox.people.finding import Given
from sandbox.people.snapshots import Control, DriverError, Home, Message, Modal
from sandbox.workspace.state import Channel, Member, View, Workspace

T = TypeVar("T")

# What a person can enter into a field: a text, number, date, time, person, several options, or nothing.
Answer: TypeAlias = "str | int | float | date | time | Person | Sequence[str] | None"


class Person:
    """A person who types, presses, submits and reads.

    Every action returns when the app has answered, or when Slack's three seconds are over by the sandbox's clock. If
    something can't be done or isn't there, DriverError says what is there instead. Safe to use from several threads.
    """

    def __init__(self, server: HttpServer, workspace: Workspace, member: Member) -> None:
        """Act as this member in the Slack of this server."""
        self._server = server
        self.workspace = workspace
        self.member = member

    def __repr__(self) -> str:
        """Show the person's name and workspace."""
        return f"<{self.name} of {self.workspace.name}>"

    @property
    def id(self) -> str:
        """The Slack user id."""
        return self.member.id

    @property
    def name(self) -> str:
        """The full name."""
        return self.member.real_name

    @property
    def email(self) -> str:
        """The e-mail address."""
        return self.member.email

    def types(self, text: str, channel: str | None = None, *, thread: Message | None = None) -> None:
        """Send a text to a channel ("#name" or id; None: the direct message with the app) or a thread.

        A text that starts with a slash runs a command.
        """
        self._act(lambda: self._say(text, channel, thread))

    async def _say(self, text: str, channel: str | None, thread: Message | None) -> str | None:
        there = self._channel(thread.channel_id if thread else channel)
        thread_ts = (thread.thread_ts or thread.ts) if thread else None
        return await self._server.actions.send_message(self._who, there, text, thread_ts)

    def fills(self, values: Mapping[str, Answer]) -> None:
        """Fill in the fields of the topmost modal by label, in order; options by text, people by name."""
        for label, answer in values.items():
            self._act(lambda label=label, answer=answer: self._fill(label, answer))  # type: ignore[misc]

    async def _fill(self, label: str, answer: Answer) -> str | None:
        view = self._top()
        there = snapshots.modal(self._reader(), view)
        control = finding.field(there, label)
        value = finding.value(control, _given(answer))
        if control.place.tells_the_app:
            return await self._server.actions.use_in_view(self._who, view, control.place, value)
        self._server.actions.fill_in(self._who, view, control.place, value)
        return None

    def submits(self) -> None:
        """Submit the topmost modal; `modal.errors` then has what was refused."""
        self._act(lambda: self._server.actions.submit(self._who, self._top()))

    def closes(self, *, everything: bool = False) -> None:
        """Close the topmost modal, or the whole stack."""

        async def close() -> None:
            await self._server.actions.close(self._who, whole_stack=everything)

        self._act(close)

    def presses(self, label: str, *, on: Message | Modal | Home | None = None, near: str | None = None) -> None:
        """Press the button with this text, as it was when the snapshot `on` was taken.

        `on` None means the topmost modal, or the Home tab if no modal is open. If several buttons have the text, `near`
        picks the one beside or under a text that contains these words.
        """
        self._act(lambda: self._use(on, lambda surface: (finding.button(surface, label, near), None)))

    def picks(
        self,
        option: Answer,
        where: str | None = None,
        *,
        on: Message | Modal | Home | None = None,
        near: str | None = None,
    ) -> None:
        """Choose an option, person, date or time in the menu called `where` (its label, text, placeholder or id).

        `where` can be left out if only one menu has the option; `on` and `near` are as in `presses`.
        """
        given = _given(option)

        def choose(surface: snapshots.Surface) -> tuple[Control, finding.Value]:
            control = finding.menu(surface, given, where, near)
            return control, finding.value(control, given)

        self._act(lambda: self._use(on, choose))

    async def _use(
        self,
        on: Message | Modal | Home | None,
        choose: Callable[[snapshots.Surface], tuple[Control, finding.Value]],
    ) -> str | None:
        if isinstance(on, Message):
            control, value = choose(on)
            channel = self._channel(on.channel_id)
            stored = channel.messages.get(on.ts)
            if stored is None:
                raise DriverError(f"the message is gone: {on.text!r}")
            return await self._server.actions.use_in_message(self._who, channel, stored, control.place, value)
        view = self._top_or_home() if on is None else self._open_view(on)
        surface = on or self._snapshot(view)
        control, value = choose(surface)
        if not control.place.tells_the_app:
            self._server.actions.fill_in(self._who, view, control.place, value)
            return None
        return await self._server.actions.use_in_view(self._who, view, control.place, value)

    def uses(self, shortcut: str, *, on: Message | None = None) -> None:
        """Use a global shortcut, or a message shortcut on a message, by its name or callback id."""
        known = {each["name"]: each["callback_id"] for each in self.workspace.app.shortcuts}
        callback_id = known.get(shortcut, shortcut)

        async def use() -> str | None:
            actions = self._server.actions
            target = actions.message(self._who, on.channel_id, on.ts) if on else None
            return await actions.use_shortcut(self._who, callback_id, target)

        self._act(use)

    def opens_home(self) -> None:
        """Open the app's Home tab. The app receives `app_home_opened`; `home` then shows what it published."""

        async def open_home() -> None:
            self._server.actions.open_home(self._who)

        self._act(open_home)

    def deletes(self, message: Message) -> None:
        """Delete the person's own message, or any message as an admin."""

        async def delete() -> None:
            self._server.actions.delete(
                self._who, *self._server.actions.message(self._who, message.channel_id, message.ts)
            )

        self._act(delete)

    @property
    def modal(self) -> Modal:
        """The topmost modal. Raises DriverError if none is open."""
        return self._read(lambda: snapshots.modal(self._reader(), self._top()))

    @property
    def modals(self) -> list[Modal]:
        """The stack of modals, topmost last."""
        return self._read(lambda: [snapshots.modal(self._reader(), view) for view in self._stack()])

    @property
    def home(self) -> Home:
        """The Home tab. Raises DriverError if the app has published none."""

        def read() -> Home:
            view = self.workspace.homes.get(self.id)
            if view is None:
                raise DriverError(f"{self.name}'s Home tab is empty")
            return snapshots.home(self._reader(), view)

        return self._read(read)

    def sees(self, channel: str) -> list[Message]:
        """Return the messages of a channel ("#name" or id), oldest first, each with its thread."""
        return self._read(lambda: self._messages(self._channel(channel)))

    @property
    def direct_messages(self) -> list[Message]:
        """The messages of the direct message with the app, oldest first."""

        def read() -> list[Message]:
            channel = self.workspace.dm(self.id, self.workspace.app.bot_user_id)
            return self._messages(channel) if channel else []

        return self._read(read)

    @property
    def private_replies(self) -> list[Message]:
        """The ephemeral messages to this person, from all conversations, oldest first."""

        def read() -> list[Message]:
            shown = [
                (channel, message)
                for channel in self.workspace.channels.values()
                for message in channel.messages.values()
                if message.ephemeral_to == self.id
            ]
            shown.sort(key=lambda each: each[1].ts)
            return [snapshots.message(self._reader(), channel, message) for channel, message in shown]

        return self._read(read)

    @property
    def notices(self) -> list[str]:
        """The notices from Slack itself to this person, oldest first."""
        return self._read(lambda: [each.text for each in self.workspace.notices.get(self.id, [])])

    def looks_again(self, message: Message) -> Message:
        """Return the current version of the message."""
        return self.looks_at(message.channel_id, message.ts)

    def looks_at(self, channel_id: str, ts: str) -> Message:
        """Return one message of a conversation."""

        def read() -> Message:
            channel, stored = self._server.actions.message(self._who, channel_id, ts)
            return snapshots.message(self._reader(), channel, stored)

        return self._read(read)

    @property
    def _who(self) -> Actor:
        return Actor(self.workspace, self.member)

    def _reader(self) -> TextReader:
        return TextReader(self.workspace, self.member, self._server.slack.clock())

    def _messages(self, channel: Channel) -> list[Message]:
        shown = [each for each in channel.messages.values() if not each.ephemeral_to and not each.is_reply]
        return [snapshots.message(self._reader(), channel, each) for each in shown]

    def _channel(self, name: str | None) -> Channel:
        if name is None:
            return self._server.slack.open_dm(self.workspace, self.id, self.workspace.app.bot_user_id)
        visible = list(self.workspace.visible_to(self.id))
        for channel in visible:
            if channel.id == name or (channel.kind != "dm" and channel.name == name.removeprefix("#")):
                return channel
        names = ", ".join(f"#{each.name}" for each in visible if each.kind != "dm")
        raise DriverError(f"{self.name} sees no channel {name!r}; there are: {names}")

    def _stack(self) -> list[View]:
        return self.workspace.modals.get(self.id, [])

    def _top(self) -> View:
        stack = self._stack()
        if stack:
            return stack[-1]
        notices = self.workspace.notices.get(self.id)
        hint = f"; Slack said: {notices[-1].text}" if notices else ""
        raise DriverError(f"{self.name} has no modal open{hint}")

    def _top_or_home(self) -> View:
        home = self.workspace.homes.get(self.id)
        return home if home and not self._stack() else self._top()

    def _open_view(self, on: Modal | Home) -> View:
        home = self.workspace.homes.get(self.id)
        for view in (*self._stack(), *([home] if home else [])):
            if view.id == on.view_id:
                return view
        raise DriverError(f"that view of {self.name} is closed")

    def _snapshot(self, view: View) -> snapshots.Surface:
        take = snapshots.modal if view.content["type"] == "modal" else snapshots.home
        return take(self._reader(), view)

    def _act(self, act: Callable[[], Awaitable[object]]) -> None:
        async def run() -> None:
            if self.member.deactivated:
                raise DriverError(f"{self.name} is deactivated")
            await act()

        try:
            self._server.run(run())
        except ActionError as error:
            raise DriverError(str(error)) from error

    def _read(self, read: Callable[[], T]) -> T:
        async def run() -> T:
            return read()

        try:
            return self._server.run(run())
        except ActionError as error:
            raise DriverError(str(error)) from error


def _given(answer: Answer) -> Given:
    match answer:
        case None | str():
            return answer
        case Person():
            return answer.id
        case time():
            return answer.strftime("%H:%M")
        case date():
            return answer.isoformat()
        case int() | float():
            return str(answer)
        case _:
            return list(answer)

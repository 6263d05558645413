"""Somebody in a workspace, for tests that read like a story: one line for each act and each look."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date, time
from typing import TypeAlias, TypeVar

from sandbox.page.http_server import Server
from sandbox.people import finding, snapshots
from sandbox.people.acts import ActError, Somebody
from sandbox.people.finding import Given
from sandbox.people.reading import Reading
from sandbox.people.snapshots import Control, DriverError, Home, Message, Modal
from sandbox.workspace.state import Channel, Member, View, Workspace

T = TypeVar("T")

# What a person may put into a field: text, a number, a date, a person, several options, or nothing.
Answer: TypeAlias = "str | int | float | date | time | Person | Sequence[str] | None"


class Person:
    """A person who types, presses, submits and reads.

    Every act returns when the app has answered, or when Slack's three seconds ran out by the sandbox's clock. What
    cannot be done raises DriverError, which names what was there instead. May be used from several threads at once.
    """

    def __init__(self, server: Server, workspace: Workspace, member: Member) -> None:
        """Act as this member through this server."""
        self._server = server
        self.workspace = workspace
        self.member = member

    def __repr__(self) -> str:
        """Name the person."""
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
        """Type into a channel ("#name" or id; None: the direct message with the app) or a thread.

        What begins with a slash is a command.
        """
        self._act(lambda: self._say(text, channel, thread))

    async def _say(self, text: str, channel: str | None, thread: Message | None) -> str | None:
        there = self._channel(thread.channel_id if thread else channel)
        thread_ts = (thread.thread_ts or thread.ts) if thread else None
        return await self._server.acts.say(self._who, there, text, thread_ts)

    def fills(self, values: Mapping[str, Answer]) -> None:
        """Fill in the fields of the topmost modal by label, in order; options by their text, people by name."""
        for label, answer in values.items():
            self._act(lambda label=label, answer=answer: self._fill(label, answer))  # type: ignore[misc]

    async def _fill(self, label: str, answer: Answer) -> str | None:
        view = self._top()
        there = snapshots.modal(self._reading(), view)
        control = finding.field(there, label)
        value = finding.value(control, _given(answer))
        if control.place.tells_the_app:
            return await self._server.acts.use_in_view(self._who, view, control.place, value)
        self._server.acts.type_in(self._who, view, control.place, value)
        return None

    def submits(self) -> None:
        """Press the topmost modal's submit button; look at `modal.errors` for what was refused."""
        self._act(lambda: self._server.acts.submit(self._who, self._top()))

    def closes(self, *, everything: bool = False) -> None:
        """Close the topmost modal, or the whole stack."""

        async def close() -> None:
            await self._server.acts.close(self._who, whole_stack=everything)

        self._act(close)

    def presses(self, label: str, *, on: Message | Modal | Home | None = None, near: str | None = None) -> None:
        """Press the button of that text, as it stood when `on` was looked at.

        `on` None means the topmost modal, or the Home tab where no modal is open. `near` picks among buttons of the
        same text the one beside or under a text that holds these words.
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
        """Choose an option, person, date or time from the menu called `where` (its label, text, placeholder or id).

        `where` may be left out where only one menu has such an option.
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
            return await self._server.acts.use_in_message(self._who, channel, stored, control.place, value)
        view = self._top_or_home() if on is None else self._open_view(on)
        surface = on or self._snapshot(view)
        control, value = choose(surface)
        if not control.place.tells_the_app:
            self._server.acts.type_in(self._who, view, control.place, value)
            return None
        return await self._server.acts.use_in_view(self._who, view, control.place, value)

    def uses(self, shortcut: str, *, on: Message | None = None) -> None:
        """Use a shortcut by its name or callback id: a global one, or one from a message's menu."""
        known = {each["name"]: each["callback_id"] for each in self.workspace.app.shortcuts}
        callback_id = known.get(shortcut, shortcut)

        async def use() -> str | None:
            acts = self._server.acts
            target = acts.message(self._who, on.channel_id, on.ts) if on else None
            return await acts.use_shortcut(self._who, callback_id, target)

        self._act(use)

    def opens_home(self) -> None:
        """Open the app's Home tab; the app hears of it, and `home` shows what it publishes."""

        async def open_home() -> None:
            self._server.acts.open_home(self._who)

        self._act(open_home)

    def deletes(self, message: Message) -> None:
        """Delete a message; one's own, or anybody's as an admin."""

        async def delete() -> None:
            self._server.acts.delete(self._who, *self._server.acts.message(self._who, message.channel_id, message.ts))

        self._act(delete)

    @property
    def modal(self) -> Modal:
        """The topmost modal; DriverError where none is open."""
        return self._look(lambda: snapshots.modal(self._reading(), self._top()))

    @property
    def modals(self) -> list[Modal]:
        """The stack of modals, the topmost last."""
        return self._look(lambda: [snapshots.modal(self._reading(), view) for view in self._stack()])

    @property
    def home(self) -> Home:
        """The Home tab; DriverError where the app has published none."""

        def look() -> Home:
            view = self.workspace.homes.get(self.id)
            if view is None:
                raise DriverError(f"{self.name}'s Home tab is empty")
            return snapshots.home(self._reading(), view)

        return self._look(look)

    def sees(self, channel: str) -> list[Message]:
        """Return what stands in a channel ("#name" or id), oldest first, threads inside their first messages."""
        return self._look(lambda: self._messages(self._channel(channel)))

    @property
    def direct_messages(self) -> list[Message]:
        """What stands in the direct message with the app, oldest first."""

        def look() -> list[Message]:
            channel = self.workspace.dm(self.id, self.workspace.app.bot_user_id)
            return self._messages(channel) if channel else []

        return self._look(look)

    @property
    def private_replies(self) -> list[Message]:
        """What the app showed to this person only, in all conversations, oldest first."""

        def look() -> list[Message]:
            shown = [
                (channel, message)
                for channel in self.workspace.channels.values()
                for message in channel.messages.values()
                if message.ephemeral_to == self.id
            ]
            shown.sort(key=lambda each: each[1].ts)
            return [snapshots.message(self._reading(), channel, message) for channel, message in shown]

        return self._look(look)

    @property
    def notices(self) -> list[str]:
        """What Slack itself told this person, oldest first."""
        return self._look(lambda: [each.text for each in self.workspace.notices.get(self.id, [])])

    def looks_again(self, message: Message) -> Message:
        """Return the message as it stands now."""

        def look() -> Message:
            channel, stored = self._server.acts.message(self._who, message.channel_id, message.ts)
            return snapshots.message(self._reading(), channel, stored)

        return self._look(look)

    @property
    def _who(self) -> Somebody:
        return Somebody(self.workspace, self.member)

    def _reading(self) -> Reading:
        return Reading(self.workspace, self.member, self._server.slack.clock())

    def _messages(self, channel: Channel) -> list[Message]:
        shown = [each for each in channel.messages.values() if not each.ephemeral_to and not each.is_reply]
        return [snapshots.message(self._reading(), channel, each) for each in shown]

    def _channel(self, name: str | None) -> Channel:
        if name is None:
            return self._server.slack.open_dm(self.workspace, self.id, self.workspace.app.bot_user_id)
        visible = list(self.workspace.may_see(self.id))
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
        taken = snapshots.modal if view.content["type"] == "modal" else snapshots.home
        return taken(self._reading(), view)

    def _act(self, act: Callable[[], Awaitable[object]]) -> None:
        async def run() -> None:
            if self.member.deactivated:
                raise DriverError(f"{self.name} is deactivated")
            await act()

        try:
            self._server.run(run())
        except ActError as error:
            raise DriverError(str(error)) from error

    def _look(self, look: Callable[[], T]) -> T:
        async def run() -> T:
            return look()

        try:
            return self._server.run(run())
        except ActError as error:
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

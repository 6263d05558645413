"""What people do: type, press, submit, close, open; each returns when the app has answered, or Slack gave up on it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sandbox.api.refusals import SlackError
from sandbox.events import interactions
from sandbox.events.envelopes import Kind, UndeliveredError
from sandbox.events.response_urls import reply
from sandbox.events.submissions import answer_submission
from sandbox.people import inputs, mentions
from sandbox.people.inputs import Place, Value
from sandbox.slack import Slack
from sandbox.workspace.messages import Content
from sandbox.workspace.modals import shape as shape_of_view
from sandbox.workspace.state import Channel, Json, Member, Message, View, Workspace

TROUBLE = "We had some trouble connecting. Try again?"


class ActError(Exception):
    """Somebody tried what Slack would not let them do; the text says why."""


@dataclass(frozen=True, slots=True)
class Somebody:
    """Who acts."""

    workspace: Workspace
    member: Member


class Acts:
    """Everything a person can do; each act returns None, or a sentence on what went wrong with the app."""

    def __init__(self, slack: Slack) -> None:
        """Act on this Slack."""
        self._slack = slack

    def conversation(self, who: Somebody, channel_id: str) -> Channel:
        """Return a conversation that the person may look into."""
        channel = next((each for each in who.workspace.may_see(who.member.id) if each.id == channel_id), None)
        if channel is None:
            raise ActError(f"{who.member.real_name} sees no conversation {channel_id}")
        return channel

    def message(self, who: Somebody, channel_id: str, ts: str) -> tuple[Channel, Message]:
        """Return a message that the person may see, and where it stands."""
        channel = self.conversation(who, channel_id)
        message = channel.messages.get(ts)
        if message is None or message.ephemeral_to not in {None, who.member.id}:
            raise ActError("This message is gone.")
        return channel, message

    async def say(self, who: Somebody, channel: Channel, text: str, thread_ts: str | None = None) -> str | None:
        """Post a message, or run a slash command where the text begins with one."""
        if channel.kind != "dm" and who.member.id not in channel.members:
            raise ActError(f"{who.member.real_name} is not in #{channel.name}")
        if text.startswith("/"):
            return await self._command(who, channel, text, in_thread=thread_ts is not None)
        content = Content(mentions.as_message(who.workspace, text))
        self._slack.messages.post(who.workspace, channel, who.member.id, content, thread_ts=thread_ts)
        return None

    async def _command(self, who: Somebody, channel: Channel, line: str, *, in_thread: bool) -> str | None:
        workspace, member = who.workspace, who.member
        name, _, text = line.partition(" ")
        known = next((each for each in workspace.app.commands if each["command"] == name), None)
        if known is None or "commands" not in workspace.app.scopes:
            sentence = f"{name} is not a valid command."
        elif in_thread:
            sentence = f"{name} is not supported in threads. Sorry!"
        else:
            text = text.strip()
            payload = interactions.command(
                workspace,
                member,
                channel,
                name=name,
                text=mentions.as_command(workspace, text, should_escape=bool(known.get("should_escape"))),
                trigger_id=self._slack.triggers.issue(workspace.id, member.id),
                response_url=self._slack.response_urls.issue(workspace, channel, member.id),
            )
            try:
                answer = await self._ask(who, "slash_commands", payload)
                if answer:
                    reply(self._slack.messages, workspace, channel, member.id, answer)
            except UndeliveredError as error:
                sentence = f"{name} failed because the app did not respond" + _because(error)
            except SlackError as error:
                self._complain(f"answer to {name}", error)
                sentence = f"{name} failed with the error “invalid_command_response”"
            else:
                return None
        self._slack.notify(workspace, member.id, sentence)
        return sentence

    async def use_in_message(
        self, who: Somebody, channel: Channel, message: Message, place: Place, value: Value
    ) -> str | None:
        """Press a button or choose something in a message, as the person saw it."""
        workspace, member = who.workspace, who.member
        source = channel.messages.get(message.ts, message)
        payload = interactions.block_actions_on_message(
            workspace,
            member,
            channel,
            source,
            self._action(place, value),
            typed={place.key: value},
            trigger_id=self._slack.triggers.issue(workspace.id, member.id),
            response_url=self._slack.response_urls.issue(workspace, channel, member.id, source),
        )
        return await self._interact(who, payload)

    async def use_in_view(self, who: Somebody, view: View, place: Place, value: Value) -> str | None:
        """Press a button or choose something in a modal or on the Home tab."""
        workspace, member = who.workspace, who.member
        action = self._action(place, value)
        if place.keeps_a_choice:
            self.type_in(who, view, place, value)
        payload = interactions.block_actions_in_view(
            workspace,
            member,
            view,
            action,
            trigger_id=self._slack.triggers.issue(workspace.id, member.id, view.id),
        )
        return await self._interact(who, payload)

    def type_in(self, who: Somebody, view: View, place: Place, value: Value) -> None:
        """Put a value into an input; the app hears of it with an action or the submission only."""
        try:
            inputs.slack_shape(place.element, value)
        except inputs.WrongValueError as error:
            raise ActError(str(error)) from error
        view.typed[place.key] = value
        view.errors.pop(place.block["block_id"], None)
        self._slack.modals.note(who.workspace, view)

    async def submit(self, who: Somebody, view: View) -> str | None:
        """Press a modal's submit button; what Slack's client itself finds wrong never reaches the app."""
        workspace, member = who.workspace, who.member
        if not view.content.get("submit"):
            raise ActError("this modal has nothing to submit")
        view.failure = None
        view.errors = inputs.problems(view.blocks, view.typed)
        self._slack.modals.note(workspace, view)
        if view.errors:
            return None
        trigger_id = self._slack.triggers.issue(workspace.id, member.id, view.id)
        payload = interactions.view_submission(workspace, member, view, trigger_id=trigger_id)
        try:
            answer_submission(self._slack, workspace, view, await self._ask(who, "interactive", payload))
        except UndeliveredError:
            view.failure = TROUBLE
        except SlackError as error:
            self._complain(f"answer to the submission of {view.content.get('callback_id')!r}", error)
            view.failure = TROUBLE
        self._slack.modals.note(workspace, view)
        return view.failure

    async def close(self, who: Somebody, *, whole_stack: bool) -> None:
        """Close the topmost modal or all of them; the app hears of those with `notify_on_close`."""
        workspace, member = who.workspace, who.member
        closed = self._slack.modals.close(workspace, member.id, whole_stack=whole_stack)
        if not closed:
            raise ActError(f"{member.real_name} has no modal open")
        for view in closed:
            if view.content.get("notify_on_close"):
                payload = interactions.view_closed(workspace, member, view, is_cleared=whole_stack)
                try:
                    await self._ask(who, "interactive", payload)
                except UndeliveredError:
                    continue

    def open_home(self, who: Somebody) -> None:
        """Open the app's Home tab."""
        workspace, member = who.workspace, who.member
        if not workspace.app.has_home:
            raise ActError(f"{workspace.app.name} has no Home tab")
        channel = self._slack.open_dm(workspace, member.id, workspace.app.bot_user_id)
        event: Json = {"type": "app_home_opened", "user": member.id, "channel": channel.id, "tab": "home"}
        home = workspace.homes.get(member.id)
        if home:
            event["view"] = shape_of_view(workspace, home)
        self._slack.deliveries.tell(workspace, "app_home_opened", event)

    async def use_shortcut(
        self, who: Somebody, callback_id: str, on: tuple[Channel, Message] | None = None
    ) -> str | None:
        """Use a global shortcut, or one from a message's menu."""
        workspace, member = who.workspace, who.member
        kind = "message" if on else "global"
        known = [each["callback_id"] for each in workspace.app.shortcuts if each["type"] == kind]
        if callback_id not in known:
            raise ActError(f"no {kind} shortcut {callback_id!r}; there are: {', '.join(known) or 'none'}")
        trigger_id = self._slack.triggers.issue(workspace.id, member.id)
        action_ts = self._slack.ids.ts()
        if on is None:
            payload = interactions.global_shortcut(
                workspace, member, callback_id=callback_id, trigger_id=trigger_id, action_ts=action_ts
            )
        else:
            payload = interactions.message_shortcut(
                workspace,
                member,
                *on,
                callback_id=callback_id,
                trigger_id=trigger_id,
                action_ts=action_ts,
                response_url=self._slack.response_urls.issue(workspace, on[0], member.id, on[1]),
            )
        return await self._interact(who, payload)

    def delete(self, who: Somebody, channel: Channel, message: Message) -> None:
        """Delete one's own message; an admin may delete anybody's, and everyone what only they see."""
        if not who.member.admin and who.member.id not in {message.author, message.ephemeral_to}:
            raise ActError("Only its author or an admin can delete a message.")
        self._slack.messages.delete(who.workspace, channel, message)

    def read(self, who: Somebody, channel: Channel) -> None:
        """Mark everything in a conversation as read."""
        channel.last_read[who.member.id] = max(channel.messages, default="0")
        self._slack.changes.note(who.workspace.id, channel.id, people={who.member.id})

    def _action(self, place: Place, value: Value) -> Json:
        try:
            return inputs.action(place, value, self._slack.ids.ts())
        except inputs.WrongValueError as error:
            raise ActError(str(error)) from error

    async def _interact(self, who: Somebody, payload: Json) -> str | None:
        try:
            await self._ask(who, "interactive", payload)
        except UndeliveredError as error:
            sentence = f"{who.workspace.app.name} did not respond" + _because(error)
            self._slack.notify(who.workspace, who.member.id, sentence)
            return sentence
        return None

    async def _ask(self, who: Somebody, kind: Kind, payload: Json) -> Json | None:
        if kind == "interactive" and not who.workspace.app.interactive:
            raise ActError("This app is not configured to handle interactive responses.")
        with self._waiting(who):
            return await self._slack.deliveries.ask(who.workspace, kind, payload)

    @contextmanager
    def _waiting(self, who: Somebody) -> Iterator[None]:
        waiting, user_id = who.workspace.waiting, who.member.id
        waiting[user_id] = waiting.get(user_id, 0) + 1
        self._slack.changes.note(who.workspace.id, "waiting", people={user_id})
        try:
            yield
        finally:
            waiting[user_id] -= 1
            self._slack.changes.note(who.workspace.id, "waiting", people={user_id})

    def _complain(self, what: str, error: SlackError) -> None:
        messages = error.body.get("response_metadata", {}).get("messages", [])
        self._slack.journal.complain(f"{what}: {error} {' '.join(messages)}".strip())


def _because(error: UndeliveredError) -> str:
    return " (it is not connected)" if error.reason == "not_connected" else ""

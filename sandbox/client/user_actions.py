"""What a person does in Slack's client: send, press, fill in, submit, close, open, delete."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sandbox.client import typed_text
from sandbox.events import interaction_payloads
from sandbox.events.envelopes import DeliveryKind, UndeliveredError
from sandbox.events.response_urls import post_reply
from sandbox.events.submissions import answer_submission
from sandbox.local_slack import LocalSlack
from sandbox.refusals import SlackError
from sandbox.workspace import inputs
from sandbox.workspace.api_objects import view_object
from sandbox.workspace.inputs import Place, Value
from sandbox.workspace.messages import Content
from sandbox.workspace.state import Channel, Json, Member, Message, View, Workspace

TROUBLE = "We had some trouble connecting. Try again?"


class ActionError(Exception):
    """Slack's client does not allow the action; the message says why."""


@dataclass(frozen=True, slots=True)
class Actor:
    """The person who acts, in their workspace."""

    workspace: Workspace
    member: Member


class UserActions:
    """Everything a person can do. Methods raise ActionError for what Slack's client does not allow.

    A coroutine returns when the app has answered, or Slack's three seconds are over; it returns None, or the sentence
    that tells the person how the app failed.
    """

    def __init__(self, slack: LocalSlack) -> None:
        """Act in this Slack."""
        self._slack = slack

    def conversation(self, who: Actor, channel_id: str) -> Channel:
        """Return a conversation that the person can open."""
        channel = next((each for each in who.workspace.visible_to(who.member.id) if each.id == channel_id), None)
        if channel is None:
            raise ActionError(f"{who.member.real_name} sees no conversation {channel_id}")
        return channel

    def message(self, who: Actor, channel_id: str, ts: str) -> tuple[Channel, Message]:
        """Return a message that the person can see, with its channel."""
        channel = self.conversation(who, channel_id)
        message = channel.messages.get(ts)
        if message is None or message.ephemeral_to not in {None, who.member.id}:
            raise ActionError("This message is gone.")
        return channel, message

    async def send_message(self, who: Actor, channel: Channel, text: str, thread_ts: str | None = None) -> str | None:
        """Post a message, or run a slash command if the text starts with a slash."""
        if channel.kind != "dm" and who.member.id not in channel.members:
            raise ActionError(f"{who.member.real_name} is not in #{channel.name}")
        if text.startswith("/"):
            return await self._command(who, channel, text, in_thread=thread_ts is not None)
        content = Content(typed_text.to_message_text(who.workspace, text))
        self._slack.messages.post(who.workspace, channel, who.member.id, content, thread_ts=thread_ts)
        return None

    async def _command(self, who: Actor, channel: Channel, line: str, *, in_thread: bool) -> str | None:
        workspace, member = who.workspace, who.member
        name, _, text = line.partition(" ")
        known = next((each for each in workspace.app.commands if each["command"] == name), None)
        if known is None or "commands" not in workspace.app.scopes:
            sentence = f"{name} is not a valid command."
        elif in_thread:
            sentence = f"{name} is not supported in threads. Sorry!"
        else:
            text = text.strip()
            payload = interaction_payloads.command(
                workspace,
                member,
                channel,
                name=name,
                text=typed_text.to_command_text(workspace, text, should_escape=bool(known.get("should_escape"))),
                trigger_id=self._slack.triggers.issue(workspace.id, member.id),
                response_url=self._slack.response_urls.issue(workspace, channel, member.id),
            )
            try:
                answer = await self._deliver(who, "slash_commands", payload)
                if answer:
                    post_reply(self._slack.messages, workspace, channel, member.id, answer)
            except UndeliveredError as error:
                sentence = f"{name} failed because the app did not respond" + _connection_hint(error)
            except SlackError as error:
                self._add_complaint(f"answer to {name}", error)
                sentence = f"{name} failed with the error “invalid_command_response”"
            else:
                return None
        self._slack.notify(workspace, member.id, sentence)
        return sentence

    async def use_in_message(
        self, who: Actor, channel: Channel, message: Message, place: Place, value: Value
    ) -> str | None:
        """Press a button or choose an option in a message, as the person saw it."""
        workspace, member = who.workspace, who.member
        source = channel.messages.get(message.ts, message)
        payload = interaction_payloads.block_actions_on_message(
            workspace,
            member,
            channel,
            source,
            self._action_of(place, value),
            typed={place.key: value},
            trigger_id=self._slack.triggers.issue(workspace.id, member.id),
            response_url=self._slack.response_urls.issue(workspace, channel, member.id, source),
        )
        return await self._send_interaction(who, payload)

    async def use_in_view(self, who: Actor, view: View, place: Place, value: Value) -> str | None:
        """Press a button or choose an option in a modal or on the Home tab."""
        workspace, member = who.workspace, who.member
        action = self._action_of(place, value)
        if place.keeps_a_choice:
            self.fill_in(who, view, place, value)
        payload = interaction_payloads.block_actions_in_view(
            workspace,
            member,
            view,
            action,
            trigger_id=self._slack.triggers.issue(workspace.id, member.id, view.id),
        )
        return await self._send_interaction(who, payload)

    def fill_in(self, who: Actor, view: View, place: Place, value: Value) -> None:
        """Enter a value into an input. The app receives it only with an action or the submission."""
        try:
            inputs.state_value(place.element, value)
        except inputs.WrongValueError as error:
            raise ActionError(str(error)) from error
        view.typed[place.key] = value
        view.errors.pop(place.block["block_id"], None)
        self._slack.modals.record_change(who.workspace, view)

    async def submit(self, who: Actor, view: View) -> str | None:
        """Submit a modal. If Slack's client itself finds errors, the app receives nothing."""
        workspace, member = who.workspace, who.member
        if not view.content.get("submit"):
            raise ActionError("this modal has nothing to submit")
        view.failure = None
        view.errors = inputs.client_errors(view.blocks, view.typed)
        self._slack.modals.record_change(workspace, view)
        if view.errors:
            return None
        trigger_id = self._slack.triggers.issue(workspace.id, member.id, view.id)
        payload = interaction_payloads.view_submission(workspace, member, view, trigger_id=trigger_id)
        try:
            answer_submission(self._slack.modals, workspace, view, await self._deliver(who, "interactive", payload))
        except UndeliveredError:
            view.failure = TROUBLE
        except SlackError as error:
            self._add_complaint(f"answer to the submission of {view.content.get('callback_id')!r}", error)
            view.failure = TROUBLE
        self._slack.modals.record_change(workspace, view)
        return view.failure

    async def close(self, who: Actor, *, whole_stack: bool) -> None:
        """Close the topmost modal or the whole stack; the app is notified of those with `notify_on_close`."""
        workspace, member = who.workspace, who.member
        closed = self._slack.modals.close(workspace, member.id, whole_stack=whole_stack)
        if not closed:
            raise ActionError(f"{member.real_name} has no modal open")
        for view in closed:
            if view.content.get("notify_on_close"):
                payload = interaction_payloads.view_closed(workspace, member, view, is_cleared=whole_stack)
                try:
                    await self._deliver(who, "interactive", payload)
                except UndeliveredError:
                    continue

    def open_home(self, who: Actor) -> None:
        """Open the app's Home tab, which sends the app `app_home_opened`."""
        workspace, member = who.workspace, who.member
        if not workspace.app.has_home:
            raise ActionError(f"{workspace.app.name} has no Home tab")
        channel = self._slack.open_dm(workspace, member.id, workspace.app.bot_user_id)
        event: Json = {"type": "app_home_opened", "user": member.id, "channel": channel.id, "tab": "home"}
        home = workspace.homes.get(member.id)
        if home:
            event["view"] = view_object(workspace, home)
        self._slack.deliveries.send_event(workspace, "app_home_opened", event)

    async def use_shortcut(self, who: Actor, callback_id: str, on: tuple[Channel, Message] | None = None) -> str | None:
        """Use a global shortcut, or a message shortcut on a message."""
        workspace, member = who.workspace, who.member
        kind = "message" if on else "global"
        known = [each["callback_id"] for each in workspace.app.shortcuts if each["type"] == kind]
        if callback_id not in known:
            raise ActionError(f"no {kind} shortcut {callback_id!r}; there are: {', '.join(known) or 'none'}")
        trigger_id = self._slack.triggers.issue(workspace.id, member.id)
        action_ts = self._slack.ids.ts()
        if on is None:
            payload = interaction_payloads.global_shortcut(
                workspace, member, callback_id=callback_id, trigger_id=trigger_id, action_ts=action_ts
            )
        else:
            payload = interaction_payloads.message_shortcut(
                workspace,
                member,
                *on,
                callback_id=callback_id,
                trigger_id=trigger_id,
                action_ts=action_ts,
                response_url=self._slack.response_urls.issue(workspace, on[0], member.id, on[1]),
            )
        return await self._send_interaction(who, payload)

    def delete(self, who: Actor, channel: Channel, message: Message) -> None:
        """Delete the person's own message, or one that only they see; an admin can delete any message."""
        if not who.member.admin and who.member.id not in {message.author, message.ephemeral_to}:
            raise ActionError("Only its author or an admin can delete a message.")
        self._slack.messages.delete(who.workspace, channel, message)

    def mark_read(self, who: Actor, channel: Channel) -> None:
        """Mark a conversation as read."""
        channel.last_read[who.member.id] = max(channel.messages, default="0")
        self._slack.changes.record(who.workspace.id, channel.id, people={who.member.id})

    def _action_of(self, place: Place, value: Value) -> Json:
        try:
            return inputs.action(place, value, self._slack.ids.ts())
        except inputs.WrongValueError as error:
            raise ActionError(str(error)) from error

    async def _send_interaction(self, who: Actor, payload: Json) -> str | None:
        try:
            await self._deliver(who, "interactive", payload)
        except UndeliveredError as error:
            sentence = f"{who.workspace.app.name} did not respond" + _connection_hint(error)
            self._slack.notify(who.workspace, who.member.id, sentence)
            return sentence
        return None

    async def _deliver(self, who: Actor, kind: DeliveryKind, payload: Json) -> Json | None:
        if kind == "interactive" and not who.workspace.app.interactive:
            raise ActionError("This app is not configured to handle interactive responses.")
        with self._waiting(who):
            return await self._slack.deliveries.deliver_and_wait(who.workspace, kind, payload)

    @contextmanager
    def _waiting(self, who: Actor) -> Iterator[None]:
        waiting, user_id = who.workspace.waiting, who.member.id
        waiting[user_id] = waiting.get(user_id, 0) + 1
        self._slack.changes.record(who.workspace.id, "waiting", people={user_id})
        try:
            yield
        finally:
            waiting[user_id] -= 1
            self._slack.changes.record(who.workspace.id, "waiting", people={user_id})

    def _add_complaint(self, what: str, error: SlackError) -> None:
        messages = error.body.get("response_metadata", {}).get("messages", [])
        self._slack.journal.add_complaint(f"{what}: {error} {' '.join(messages)}".strip())


def _connection_hint(error: UndeliveredError) -> str:
    return " (it is not connected)" if error.reason == "not_connected" else ""

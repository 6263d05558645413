"""A lead handed over, and what becomes of the handoff: accepted, claimed, declined, disqualified, reassigned."""

from functools import partial
from typing import Final

from slack_bolt import Ack

from handlers.plumbing import payloads
from handlers.plumbing.asking import ask, record_opening
from handlers.plumbing.context import Body, Now, Reply, Sessions, Transactions, Views, Workspace
from handlers.plumbing.drawing import draw
from handlers.plumbing.private_replies import show_again
from qualification.handoffs import decisions, handover
from qualification.handoffs.handover_form import HandOverForm
from qualification.people import people
from qualification.rules.handoffs.permissions import Action
from qualification.rules.refusals import OwnMessage
from qualification.views import forms

TYPED: Final = (
    *("company", "person", "email", "phone", "title", "did"),
    *("problem", "campaign", "size", "country", "value", "promised"),
)


def ask_for_lead(ack: Ack, body: Body, snapshot: Sessions, views: Views, workspace: Workspace) -> None:
    """Open the hand-over modal; the words after the command are the company."""
    asked = payloads.command(body)
    with snapshot() as session:
        choices = forms.hand_over(session, workspace.id, filled={"company": asked.text})
        reader = people.reader(session, workspace.id, asked.user_id)
    views.open(asked.trigger_id, draw(reader, "modals/hand_over", choices=choices))
    ack()


def ask_for_lead_by_button(ack: Ack, body: Body, snapshot: Sessions, views: Views, workspace: Workspace) -> None:
    """Open the hand-over modal, empty."""
    click = payloads.click(body)
    with snapshot() as session:
        choices = forms.hand_over(session, workspace.id)
        reader = people.reader(session, workspace.id, click.user_id)
    views.open(click.trigger_id, draw(reader, "modals/hand_over", choices=choices))
    ack()


def ask_for_lead_from_message(ack: Ack, body: Body, snapshot: Sessions, views: Views, workspace: Workspace) -> None:
    """Open the hand-over modal, filled in from a message; the bot's own messages are refused."""
    with snapshot() as session:
        used = payloads.shortcut(body, partial(people.name_of, session, workspace.id))
        if used.author == workspace.bot_user_id:
            raise OwnMessage
        choices = forms.hand_over_message(session, workspace.id, used.text, used.permalink)
        reader = people.reader(session, workspace.id, used.user_id)
    views.open(used.trigger_id, draw(reader, "modals/hand_over", choices=choices))
    ack()


def hand_over(ack: Ack, body: Body, transaction: Transactions, now: Now, workspace: Workspace) -> None:
    """Hand the lead over, and say in the same modal what became of it."""
    form = payloads.form(body)
    typed = HandOverForm(**{field: form.text(field) for field in TYPED}, source=form.choice("source"))
    with transaction() as session:
        result = handover.hand_over(
            session,
            workspace_id=workspace.id,
            by=form.user_id,
            name=form.user_name,
            form=typed,
            now=now(),
            permalink=payloads.permalink(body),
            lead_id=payloads.lead(body),
        )
        reader = people.reader(session, workspace.id, form.user_id)
    ack(response_action="update", view=draw(reader, "modals/handed_over", result=result))


def accept(ack: Ack, body: Body, transaction: Transactions, now: Now, reply: Reply, workspace: Workspace) -> None:
    """Make whoever pressed the owner of what was offered to them."""
    press = payloads.press(body)
    with transaction() as session:
        decisions.accept(session, press.command(workspace.id, now()))
    show_again(press, transaction, now, reply, workspace)
    ack()


def claim(ack: Ack, body: Body, transaction: Transactions, now: Now, reply: Reply, workspace: Workspace) -> None:
    """Make the first of a pool who pressed the owner."""
    press = payloads.press(body)
    with transaction() as session:
        decisions.claim(session, press.command(workspace.id, now()))
    show_again(press, transaction, now, reply, workspace)
    ack()


def ask_why_declined(
    ack: Ack, body: Body, snapshot: Sessions, transaction: Transactions, now: Now, views: Views, workspace: Workspace
) -> None:
    """Ask why the lead is not theirs."""
    press = payloads.press(body)
    ask(Action.DECLINE, "decline", press, snapshot, now, views, workspace)
    record_opening(press, transaction, now, workspace)
    ack()


def decline(ack: Ack, body: Body, transaction: Transactions, now: Now, workspace: Workspace) -> None:
    """Decline the lead: the next rep is asked."""
    decision = payloads.decision(body)
    with transaction() as session:
        decisions.decline(
            session, decision.command(workspace.id, now()), reason=decision.choice("reason"), note=decision.text("note")
        )
    ack()


def ask_why_disqualified(
    ack: Ack, body: Body, snapshot: Sessions, transaction: Transactions, now: Now, views: Views, workspace: Workspace
) -> None:
    """Ask for the reason to disqualify the lead."""
    press = payloads.press(body)
    ask(Action.DISQUALIFY, "disqualify", press, snapshot, now, views, workspace)
    record_opening(press, transaction, now, workspace)
    ack()


def explain_reason(ack: Ack, body: Body, snapshot: Sessions, now: Now, views: Views, workspace: Workspace) -> None:
    """Draw the modal anew for the reason picked: its description, and whether it needs a note.

    Every input keeps its block, so what was typed stays.
    """
    decision = payloads.decision(body)
    with snapshot() as session:
        form = forms.decision(
            session,
            Action.DISQUALIFY,
            decision.command(workspace.id, now()),
            picked=decision.choice("reason"),
        )
        reader = people.reader(session, workspace.id, decision.user_id)
    views.update(view_id=decision.view_id, view=draw(reader, "modals/disqualify", form=form))
    ack()


def disqualify(ack: Ack, body: Body, transaction: Transactions, now: Now, workspace: Workspace) -> None:
    """End the handoff with the reason picked."""
    decision = payloads.decision(body)
    with transaction() as session:
        decisions.disqualify(
            session, decision.command(workspace.id, now()), reason=decision.choice("reason"), note=decision.text("note")
        )
    ack()


def undo(ack: Ack, body: Body, transaction: Transactions, now: Now, workspace: Workspace) -> None:
    """Take the last decision back."""
    press = payloads.press(body)
    with transaction() as session:
        decisions.undo(session, press.command(workspace.id, now()))
    ack()


def reopen(ack: Ack, body: Body, transaction: Transactions, now: Now, workspace: Workspace) -> None:
    """Put an ended handoff back where it was."""
    press = payloads.press(body)
    with transaction() as session:
        decisions.reopen(session, press.command(workspace.id, now()))
    ack()


def ask_who_takes_it(ack: Ack, body: Body, snapshot: Sessions, now: Now, views: Views, workspace: Workspace) -> None:
    """Ask a manager whom to give the lead to."""
    ask(Action.REASSIGN, "reassign", payloads.press(body), snapshot, now, views, workspace)
    ack()


def reassign(ack: Ack, body: Body, transaction: Transactions, now: Now, workspace: Workspace) -> None:
    """Put the lead before whom the manager named."""
    decision = payloads.decision(body)
    with transaction() as session:
        decisions.reassign(
            session, decision.command(workspace.id, now()), to=decision.text("to"), note=decision.text("note")
        )
    ack()

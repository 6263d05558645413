"""Work on an accepted lead: contact, stage, verdict, value and note."""

from collections.abc import Callable
from types import MappingProxyType
from typing import Final

from slack_bolt import Ack

from handlers.plumbing import old_ids, payloads
from handlers.plumbing.asking import ask
from handlers.plumbing.context import Body, Now, Reply, Sessions, Transactions, Views, Workspace
from handlers.plumbing.private_replies import show_again
from handlers.reveal import reveal
from handlers.snooze import ask_snooze_day
from qualification.handoffs import progress, tasks
from qualification.rules.handoffs.permissions import Action
from qualification.rules.refusals import StaleCard

# What the menu's entries carry in `do`, and the modal that each opens.
MORE: Final = MappingProxyType(
    {
        "reassign": (Action.REASSIGN, "reassign"),
        "edit": (Action.EDIT, "edit_lead"),
        "disqualify": (Action.DISQUALIFY, "disqualify"),
    }
)


def ask_about_contact(ack: Ack, body: Body, snapshot: Sessions, now: Now, views: Views, workspace: Workspace) -> None:
    """Ask how the rep was in contact."""
    ask(Action.LOG_CONTACT, "log_contact", payloads.press(body), snapshot, now, views, workspace)
    ack()


def log_contact(ack: Ack, body: Body, transaction: Transactions, now: Now, workspace: Workspace) -> None:
    """Write the contact down."""
    decision = payloads.decision(body)
    with transaction() as session:
        progress.log_contact(
            session, decision.command(workspace.id, now()), kind=decision.choice("kind"), note=decision.text("note")
        )
    ack()


def set_stage(
    ack: Ack, body: Body, transaction: Transactions, snapshot: Sessions, now: Now, views: Views, workspace: Workspace
) -> None:
    """Move the lead to the stage picked; for lost, ask why first."""
    press = payloads.press(body)
    with transaction() as session:
        moved = progress.set_stage(session, press.command(workspace.id, now()), stage=press.stage)
    if not moved:
        ask(Action.SET_STAGE, "lose", press, snapshot, now, views, workspace)
    ack()


def lose(ack: Ack, body: Body, transaction: Transactions, now: Now, workspace: Workspace) -> None:
    """End the handoff as lost."""
    decision = payloads.decision(body)
    with transaction() as session:
        progress.lose(
            session, decision.command(workspace.id, now()), reason=decision.choice("reason"), note=decision.text("note")
        )
    ack()


def finish_task(ack: Ack, body: Body, transaction: Transactions, now: Now, reply: Reply, workspace: Workspace) -> None:
    """Note that the next step with the lead was done."""
    _settle_task(tasks.done, body, transaction, now, reply, workspace)
    ack()


def mark_task_not_done(
    ack: Ack, body: Body, transaction: Transactions, now: Now, reply: Reply, workspace: Workspace
) -> None:
    """Note that the next step with the lead was not done after all."""
    _settle_task(tasks.not_done, body, transaction, now, reply, workspace)
    ack()


def more(
    ack: Ack, body: Body, snapshot: Sessions, transaction: Transactions, now: Now, views: Views, workspace: Workspace
) -> None:
    """Open the modal of the menu's entry."""
    press = payloads.press(body)
    do = old_ids.ACTIONS.get(press.do, press.do)
    if do == "snooze":
        ask_snooze_day(ack, body, snapshot, transaction, now, views, workspace)
        return
    if do == "reveal":
        reveal(ack, body, transaction, now, views, workspace)
        return
    if do not in MORE:
        raise StaleCard
    ask(*MORE[do], press, snapshot, now, views, workspace)
    ack()


def edit(ack: Ack, body: Body, transaction: Transactions, now: Now, workspace: Workspace) -> None:
    """Change the lead's value and note."""
    decision = payloads.decision(body)
    with transaction() as session:
        progress.edit(
            session, decision.command(workspace.id, now()), value=decision.text("value"), note=decision.text("note")
        )
    ack()


def _settle_task(
    say: Callable[..., None], body: Body, transaction: Transactions, now: Now, reply: Reply, workspace: Workspace
) -> None:
    press = payloads.press(body)
    with transaction() as session:
        say(session, press.command(workspace.id, now()), task_id=press.task or 0)
    show_again(press, transaction, now, reply, workspace)

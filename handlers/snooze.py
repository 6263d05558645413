"""A lead snoozed until a day."""

from slack_bolt import Ack

from handlers.plumbing import payloads
from handlers.plumbing.asking import record_opening
from handlers.plumbing.context import Body, Now, Sessions, Transactions, Views, Workspace
from handlers.plumbing.drawing import draw
from qualification.handoffs import snooze
from qualification.people import people
from qualification.views import forms


def ask_snooze_day(
    ack: Ack, body: Body, snapshot: Sessions, transaction: Transactions, now: Now, views: Views, workspace: Workspace
) -> None:
    """Ask until when to snooze the lead, and why; from its button, or from the card's menu."""
    press = payloads.press(body)
    with snapshot() as session:
        form = forms.snooze_form(session, press.command(workspace.id, now()))
        reader = people.reader(session, workspace.id, press.user_id)
    views.open(press.trigger_id, draw(reader, "modals/snooze", form=form))
    record_opening(press, transaction, now, workspace)
    ack()


def snooze_lead(ack: Ack, body: Body, transaction: Transactions, now: Now, workspace: Workspace) -> None:
    """Snooze the lead until the day picked."""
    decision = payloads.decision(body)
    with transaction() as session:
        snooze.snooze(
            session, decision.command(workspace.id, now()), day=decision.text("date"), note=decision.text("note")
        )
    ack()

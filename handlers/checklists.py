"""The checklist modal: found by a few words or by the card's button, saved part by part."""

from typing import Any

from slack_bolt import Ack

from handlers.plumbing import payloads
from handlers.plumbing.context import Body, Now, Sessions, Transactions, Views, Workspace
from handlers.plumbing.drawing import draw
from handlers.plumbing.inputs import Command
from handlers.plumbing.lookups import record_lookup
from qualification.checklists import checklists
from qualification.handoffs.context import HandoffCommand
from qualification.people import people
from qualification.rules.refusals import LeadElsewhere
from qualification.views import lookups, search


def bant(
    ack: Ack, body: Body, snapshot: Sessions, transaction: Transactions, now: Now, views: Views, workspace: Workspace
) -> None:
    """Open the checklist of the lead that is meant; where several may be, let the person choose."""
    asked = payloads.command(body)
    try:
        view, lookup = _meant(asked, snapshot, now, workspace)
    except LeadElsewhere as elsewhere:
        # It says which lead that is, and who has it.
        record_lookup(lookups.of_refusal(elsewhere), asked.user_id, transaction, now, workspace)
        raise
    record_lookup(lookup, asked.user_id, transaction, now, workspace)
    views.open(asked.trigger_id, view)
    ack()


def _meant(
    asked: Command, snapshot: Sessions, now: Now, workspace: Workspace
) -> tuple[dict[str, Any], lookups.Lookup | None]:
    """Draw the checklist of the lead that is meant, or a choice of several."""
    with snapshot() as session:
        leads = search.meant(session, workspace.id, asked.user_id, asked.text, now=now())
        reader = people.reader(session, workspace.id, asked.user_id)
        if len(leads) > 1:
            view = draw(reader, "modals/pick_lead", leads=leads, query=asked.text or None)
        else:
            command = HandoffCommand(workspace.id, asked.user_id, leads[0].handoff_id, now())
            form = checklists.form(session, command)
            view = draw(reader, "modals/checklist", form=form)
        return view, lookups.of_checklists(session, workspace.id, leads) if asked.text else None


def open_checklist(ack: Ack, body: Body, snapshot: Sessions, now: Now, views: Views, workspace: Workspace) -> None:
    """Open the checklist of the card's lead."""
    press = payloads.press(body)
    with snapshot() as session:
        form = checklists.form(session, press.command(workspace.id, now()))
        reader = people.reader(session, workspace.id, press.user_id)
    views.open(press.trigger_id, draw(reader, "modals/checklist", form=form))
    ack()


def pick_lead(ack: Ack, body: Body, snapshot: Sessions, now: Now, workspace: Workspace) -> None:
    """Put the checklist of the lead chosen in the place of the choice."""
    filled = payloads.form(body)
    with snapshot() as session:
        command = HandoffCommand(workspace.id, filled.user_id, payloads.chosen_handoff(filled), now())
        form = checklists.form(session, command)
        reader = people.reader(session, workspace.id, filled.user_id)
    ack(response_action="update", view=draw(reader, "modals/checklist", form=form))


def save_part(ack: Ack, body: Body, transaction: Transactions, now: Now, views: Views, workspace: Workspace) -> None:
    """Save what is there as soon as a verdict is picked, and show how far it has come.

    Drawn without the view's hash: of two verdicts picked in quick succession the second would be refused for its hash,
    and it is the second that shows both.
    """
    decision = payloads.decision(body)
    with transaction() as session:
        form = checklists.save(session, decision.command(workspace.id, now()), given=payloads.changed_answers(body))
        reader = people.reader(session, workspace.id, decision.user_id)
    views.update(view_id=decision.view_id, view=draw(reader, "modals/checklist", form=form))
    ack()


def save(ack: Ack, body: Body, transaction: Transactions, now: Now, workspace: Workspace) -> None:
    """Save the rest and close."""
    decision = payloads.decision(body)
    with transaction() as session:
        checklists.save(session, decision.command(workspace.id, now()), given=payloads.changed_answers(body))
    ack(response_action="clear")

"""Two leads merged by hand: which other one is meant, what a merge would do, and the merge."""

from slack_bolt import Ack

from handlers.plumbing import payloads
from handlers.plumbing.context import Body, Now, Sessions, Transactions, Views, Workspace
from handlers.plumbing.drawing import draw
from handlers.plumbing.lookups import record_lookup
from qualification.handoffs import merge_by_hand
from qualification.people import people
from qualification.views import lookups, merge_form


def ask_which(
    ack: Ack, body: Body, snapshot: Sessions, transaction: Transactions, now: Now, views: Views, workspace: Workspace
) -> None:
    """Ask which other lead is the same person, with those that may be."""
    pick = payloads.pick(body)
    with snapshot() as session:
        form = merge_form.merge_form(session, workspace.id, pick.user_id, pick.lead)
        reader = people.reader(session, workspace.id, pick.user_id)
    record_lookup(lookups.of_candidates(form), pick.user_id, transaction, now, workspace)
    views.open(pick.trigger_id, draw(reader, "modals/merge_lead", form=form))
    ack()


def look_up(
    ack: Ack, body: Body, snapshot: Sessions, transaction: Transactions, now: Now, workspace: Workspace
) -> None:
    """Show what merging the chosen lead would do, or those that the words mean where they mean several or none."""
    filled = payloads.form(body)
    lead_id, other_id = payloads.lead(body) or 0, payloads.chosen_lead(filled)
    with snapshot() as session:
        reader = people.reader(session, workspace.id, filled.user_id)
        form = merge_form.merge_form(session, workspace.id, filled.user_id, lead_id, filled.text("query").strip())
        if other_id is None and form.query and len(form.candidates) == 1:
            other_id = form.candidates[0].lead_id
        if other_id is None:
            view = draw(reader, "modals/merge_lead", form=form)
        else:
            would = merge_by_hand.preview(session, workspace.id, filled.user_id, lead_id, other_id)
            view = draw(reader, "modals/merge_leads", would=would)
    record_lookup(lookups.of_candidates(form, other_id), filled.user_id, transaction, now, workspace)
    ack(response_action="update", view=view)


def merge(ack: Ack, body: Body, transaction: Transactions, now: Now, workspace: Workspace) -> None:
    """Merge the two leads, and say so in the same modal."""
    filled = payloads.form(body)
    with transaction() as session:
        kept_id, merged_id = payloads.lead(body) or 0, payloads.other_lead(body) or 0
        done = merge_by_hand.merge(session, workspace.id, filled.user_id, kept_id, merged_id, now=now())
        reader = people.reader(session, workspace.id, filled.user_id)
    ack(response_action="update", view=draw(reader, "modals/merged", done=done))

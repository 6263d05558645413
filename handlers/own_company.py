"""A lead that is at another company than the one of its domain: which one, and back again."""

from slack_bolt import Ack

from handlers.plumbing import payloads
from handlers.plumbing.context import Body, Now, Reply, Sessions, Transactions, Views, Workspace
from handlers.plumbing.drawing import draw
from handlers.plumbing.private_replies import show_again
from qualification.handoffs import own_company
from qualification.people import people


def ask_which(ack: Ack, body: Body, snapshot: Sessions, views: Views, workspace: Workspace) -> None:
    """Ask at which company the lead is; on top of the modal in which somebody pressed."""
    pick = payloads.pick(body)
    with snapshot() as session:
        form = own_company.form(session, workspace.id, pick.user_id, pick.lead)
        reader = people.reader(session, workspace.id, pick.user_id)
    show = views.push if body.get("view") else views.open
    show(pick.trigger_id, draw(reader, "modals/own_company", form=form))
    ack()


def set_company(ack: Ack, body: Body, transaction: Transactions, now: Now, workspace: Workspace) -> None:
    """Put the lead at the company that was typed, and say so in the same modal."""
    filled = payloads.form(body)
    with transaction() as session:
        done = own_company.set_company(
            session, workspace.id, filled.user_id, payloads.lead(body) or 0, filled.text("own_company"), now=now()
        )
        reader = people.reader(session, workspace.id, filled.user_id)
    ack(response_action="update", view=draw(reader, "modals/own_company_set", done=done))


def take_back(ack: Ack, body: Body, transaction: Transactions, now: Now, reply: Reply, workspace: Workspace) -> None:
    """Put the lead back at the company that it left."""
    pick = payloads.pick(body)
    with transaction() as session:
        own_company.take_back(session, workspace.id, pick.user_id, pick.lead, now=now())
    show_again(pick, transaction, now, reply, workspace)
    ack()

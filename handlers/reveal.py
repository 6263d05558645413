"""What is masked for a channel, shown to whoever may see it: *Reveal* on a card, in its menu and in its thread."""

from slack_bolt import Ack

from handlers.plumbing import payloads
from handlers.plumbing.context import Body, Now, Transactions, Views, Workspace
from handlers.plumbing.drawing import draw
from qualification.people import people
from qualification.views import revealed


def reveal(ack: Ack, body: Body, transaction: Transactions, now: Now, views: Views, workspace: Workspace) -> None:
    """Open what is masked in a modal, once the audit says who reads it."""
    press = payloads.press(body)
    with transaction() as session:
        words = revealed.reveal(session, press.command(workspace.id, now()))
        reader = people.reader(session, workspace.id, press.user_id)
    views.open(press.trigger_id, draw(reader, "modals/revealed", revealed=words))
    ack()

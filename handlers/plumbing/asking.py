"""The modals that ask why, who or how much before something is done about a handoff."""

from handlers.plumbing.context import Now, Sessions, Transactions, Views, Workspace
from handlers.plumbing.drawing import draw
from handlers.plumbing.inputs import Press
from qualification.handoffs import context
from qualification.people import people
from qualification.rules.handoffs.permissions import Action
from qualification.views import forms


def ask(
    action: Action, modal: str, press: Press, snapshot: Sessions, now: Now, views: Views, workspace: Workspace
) -> None:
    """Open the modal that asks what `action` needs to know; raises the refusal that the action itself would."""
    with snapshot() as session:
        form = forms.decision(session, action, press.command(workspace.id, now()))
        reader = people.reader(session, workspace.id, press.user_id)
    views.open(press.trigger_id, draw(reader, f"modals/{modal}", form=form))


def record_opening(press: Press, transaction: Transactions, now: Now, workspace: Workspace) -> None:
    """Record, once its modal is open, that the person asked has opened what they were offered; a receipt says so."""
    with transaction() as session:
        context.record_opening(session, press.command(workspace.id, now()))

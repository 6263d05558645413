"""Answers that only one person sees, drawn anew after a press in them: no worker edits those."""

from handlers.plumbing.context import Now, Reply, Transactions, Workspace
from handlers.plumbing.drawing import draw
from handlers.plumbing.inputs import Click
from qualification.people import people
from qualification.views import lead_page, overview


def show_again(click: Click, transaction: Transactions, now: Now, reply: Reply, workspace: Workspace) -> None:
    """Draw the private answer anew in which somebody pressed: a lead's page, or what /baton answers."""
    if click.response_url is None or not click.private:
        return
    with transaction() as session:
        if click.page is None:
            facts = overview.greet(session, workspace.id, click.user_id, name=click.user_name, now=now())
            reader = people.reader(session, workspace.id, click.user_id)
            answer = draw(reader, "replies/start", start=facts)
        else:
            page = lead_page.page(session, workspace.id, click.user_id, click.page)
            answer = draw(people.reader(session, workspace.id, click.user_id), "replies/lead", page=page)
    reply(click.response_url, {**answer, "replace_original": True})

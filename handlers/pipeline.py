"""What the pipeline holds: /pipeline, its answer shared with a channel, and how it is counted."""

from slack_bolt import Ack

from handlers import payloads
from handlers.context import Body, Now, Reply, Sessions, Views, Workspace
from handlers.drawing import draw
from qualification import people
from qualification import pipeline as figures


def pipeline(ack: Ack, body: Body, snapshot: Sessions, now: Now, workspace: Workspace) -> None:
    """Answer privately what was asked of the pipeline."""
    asked = payloads.question(body)
    with snapshot() as session:
        report = figures.ask(session, workspace.id, asked.user_id, asked.text, now=now())
        reader = people.reader(session, workspace.id, asked.user_id)
    ack(draw(reader, "replies/pipeline", report=report, shared_by=None))


def share(ack: Ack, body: Body, snapshot: Sessions, now: Now, reply: Reply, workspace: Workspace) -> None:
    """Say the same, as it is now, where everybody in the channel reads it."""
    asked = payloads.ask_again(body)
    with snapshot() as session:
        report = figures.ask(session, workspace.id, asked.user_id, asked.words, now=now())
        reader = people.reader(session, workspace.id, asked.user_id)
        sharer = people.by_slack_user(session, workspace.id, asked.user_id)
    if asked.response_url is not None and sharer is not None:
        answer = draw(reader, "replies/pipeline", report=report, shared_by=people.ref(sharer))
        reply(asked.response_url, {**answer, "replace_original": False})
    ack()


def explain(ack: Ack, body: Body, snapshot: Sessions, views: Views, workspace: Workspace) -> None:
    """Say what each figure counts."""
    click = payloads.click(body)
    with snapshot() as session:
        measures = figures.measures(session, workspace.id)
        reader = people.reader(session, workspace.id, click.user_id)
    views.open(click.trigger_id, draw(reader, "modals/measures", measures=measures))
    ack()

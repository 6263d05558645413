"""What the pipeline holds: /pipeline, its answer shared with a channel, and how it is counted."""

from functools import partial
from typing import Any

from slack_bolt import Ack, BoltContext

from handlers.plumbing import payloads
from handlers.plumbing.context import Body, Later, Now, Reply, Sessions, Views, Workspace
from handlers.plumbing.deadlines import done_in_time
from handlers.plumbing.drawing import draw
from qualification.people import people
from qualification.reporting import pipeline


def answer(
    ack: Ack,
    body: Body,
    context: BoltContext,
    snapshot: Sessions,
    now: Now,
    later: Later,
    reply: Reply,
    workspace: Workspace,
) -> None:
    """Answer privately what was asked of the pipeline; where that takes long, say so and answer a little later."""
    asked = payloads.question(body)
    count = partial(_draw_answer, snapshot, workspace, asked.user_id, asked.text, now)

    def send(drawn: dict[str, Any]) -> None:
        reply(str(body.get("response_url")), drawn)

    drawn = done_in_time(count, late=send, later=later, body=body, context=context)
    if drawn is None:
        with snapshot() as session:
            reader = people.reader(session, workspace.id, asked.user_id)
        drawn = draw(reader, "replies/counting")
    ack(drawn)


def share(
    ack: Ack,
    body: Body,
    context: BoltContext,
    snapshot: Sessions,
    now: Now,
    later: Later,
    reply: Reply,
    workspace: Workspace,
) -> None:
    """Say the same, as it is now, where everybody in the channel reads it."""
    asked = payloads.ask_again(body)
    count = partial(_draw_answer, snapshot, workspace, asked.user_id, asked.words, now, is_shared=True)

    def send(drawn: dict[str, Any] | None) -> None:
        if drawn is not None and asked.response_url is not None:
            reply(asked.response_url, {**drawn, "replace_original": False})

    send(done_in_time(count, late=send, later=later, body=body, context=context))
    ack()


def explain(ack: Ack, body: Body, snapshot: Sessions, views: Views, workspace: Workspace) -> None:
    """Say what each figure counts."""
    click = payloads.click(body)
    with snapshot() as session:
        conversion = pipeline.conversion(session, workspace.id, click.user_id)
        reader = people.reader(session, workspace.id, click.user_id)
    views.open(click.trigger_id, draw(reader, "modals/measures", conversion=conversion))
    ack()


def _draw_answer(
    snapshot: Sessions, workspace: Workspace, user_id: str, words: str, now: Now, *, is_shared: bool = False
) -> dict[str, Any]:
    """Draw the answer to these words, for whoever asks or, shared by them, for everybody."""
    with snapshot() as session:
        report = pipeline.ask(session, workspace.id, user_id, words, now=now())
        reader = people.reader(session, workspace.id, user_id)
        sharer = people.by_slack_user(session, workspace.id, user_id) if is_shared else None
    return draw(reader, "replies/pipeline", report=report, shared_by=people.ref(sharer) if sharer else None)

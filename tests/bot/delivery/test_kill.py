"""kill -9 at every point of a delivery leaves one message and a true card within 20 s of the restart."""

from collections.abc import Callable
from typing import Literal

import pytest

from sandbox.faults import Fault
from tests.warm import WarmProcess
from tests.worlds.deliveries import Desk

# Slack did nothing and never will; does it after the death; had done it.
Moment = Literal["never done", "done after the death", "done before"]
MOMENTS: tuple[Moment, ...] = ("never done", "done after the death", "done before")


def nothing(desk: Desk) -> None:
    """The first call of the kind is the one that is held."""
    del desk


def change(desk: Desk) -> None:
    """Let everything stand, then change it."""
    desk.settle(desk.worker())
    desk.change(1, "started a trial")


def reply(desk: Desk) -> None:
    """Let the card stand, then enqueue a line under it."""
    desk.settle(desk.worker())
    desk.clock.advance(5)
    desk.line(1, 2)


def lose_a_done_post(desk: Desk) -> None:
    """Lose the answer to a post that was done."""
    desk.sandbox.fault("chat.postMessage", "cut_after", channel=desk.channel(), times=1)
    desk.worker().run_once(desk.clock())
    desk.clock.advance(11)


def lose_a_post(desk: Desk) -> None:
    """Lose the answer to a post that was not done, so that it is to be made again."""
    desk.sandbox.fault("chat.postMessage", "cut_before", channel=desk.channel(), times=1)
    desk.worker().run_once(desk.clock())
    desk.clock.advance(11)


def leave_a_duplicate(desk: Desk) -> None:
    """Let a post be done so late that it was made again: the next search finds two."""
    late = desk.sandbox.fault("chat.postMessage", "hold_before", channel=desk.channel(), times=1)
    worker = desk.worker(seconds=0.3)
    worker.run_once(desk.clock())
    desk.clock.advance(11)
    worker.run_once(desk.clock())
    late.release()
    desk.sandbox.wait_for(lambda: len(desk.messages()) == 2)
    desk.clock.advance(11)


POINTS: dict[str, tuple[str, Callable[[Desk], None]]] = {
    "post": ("chat.postMessage", nothing),
    "reply": ("chat.postMessage", reply),
    "edit": ("chat.update", change),
    "home": ("views.publish", nothing),
    "opening": ("conversations.open", nothing),
    "search": ("conversations.history", lose_a_done_post),
    "second post": ("chat.postMessage", lose_a_post),
    "second search": ("conversations.history", leave_a_duplicate),
    "deletion": ("chat.delete", leave_a_duplicate),
}


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("point", POINTS)
def test_kill_9_leaves_one_message_and_a_true_card_within_20_s_of_the_restart(
    desk: Desk, database_url: str, warm: WarmProcess, point: str, moment: Moment
) -> None:
    method, prepare = POINTS[point]
    handoff = desk.handoff("asked for a demo")
    desk.card(handoff)
    desk.line(handoff, 1)
    desk.direct_card(handoff)
    desk.home()
    prepare(desk)
    hold = desk.sandbox.fault(method, "hold_after" if moment == "done before" else "hold_before", times=1)
    kill_9(desk, database_url, warm, hold)
    if moment == "never done":
        hold.abandon()
    else:
        hold.release()
    desk.sandbox.wait_for(lambda: all(call.done or call.status != 200 for call in desk.sandbox.calls(method)))
    desk.change(handoff, "asked for a demo, then bought")

    worker = desk.worker()
    with worker.presence():
        worker.begin()
        worker.run_once(desk.clock())
        desk.pass_time(worker, 20)
        cards = [message.text for message in desk.messages() if not message.is_reply]
        assert cards == ["asked for a demo, then bought"]
        assert [message.text for message in desk.direct_messages()] == ["asked for a demo, then bought"]
        assert desk.sandbox.person("Ana Ruiz", "Northwind").home is not None
        desk.settle(worker)
    lines = [message.text for message in desk.messages() if message.is_reply]
    assert lines == (["line 1", "line 2"] if point == "reply" else ["line 1"])
    assert len(desk.messages()) == 1 + len(lines)
    assert len(desk.direct_messages()) == 1


def kill_9(desk: Desk, database_url: str, warm: WarmProcess, hold: Fault) -> None:
    """Let a process deliver until Slack holds its call, and kill it there."""
    arguments = [
        database_url,
        desk.sandbox.api_url,
        desk.token,
        str(desk.workspace_id),
        desk.clock().isoformat(),
    ]
    # The end of the block kills it.
    with warm.start("tests.bot.delivery.deliver", *arguments):
        hold.wait_until_held(30)

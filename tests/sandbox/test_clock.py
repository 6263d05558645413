"""The real clock, and the manual clock that a test moves."""

import asyncio
import threading
from datetime import UTC, datetime, timedelta

import pytest

from sandbox.clock import Clock, ManualClock, RealClock

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def test_a_manual_clock_stands_still_until_it_is_moved() -> None:
    clock = ManualClock(NOON)
    assert clock() == clock() == NOON
    clock.advance(90)
    clock.advance(timedelta(minutes=1))
    assert clock() == NOON + timedelta(seconds=150)


def test_a_manual_clock_wants_a_zone() -> None:
    with pytest.raises(ValueError, match="aware"):
        ManualClock(NOON.replace(tzinfo=None))


def test_no_clock_runs_backwards() -> None:
    with pytest.raises(ValueError, match="backwards"):
        ManualClock(NOON).advance(-1)


def test_a_real_clock_keeps_its_shift() -> None:
    clock = RealClock()
    before = clock()
    clock.advance(timedelta(hours=1))
    assert timedelta(hours=1) <= clock() - before < timedelta(hours=1, minutes=1)


@pytest.mark.parametrize("clock", [ManualClock(NOON), RealClock()], ids=["manual", "real"])
def test_whoever_waits_is_woken_by_a_move_from_another_thread(clock: Clock) -> None:
    mover = threading.Thread(target=clock.advance, args=(timedelta(hours=1),))

    async def wait() -> datetime:
        asyncio.get_running_loop().call_soon(mover.start)  # runs as soon as this coroutine waits
        await clock.until(clock() + timedelta(hours=1))
        return clock()

    start = clock()
    assert asyncio.run(wait()) >= start + timedelta(hours=1)
    mover.join()


def test_a_moment_that_has_passed_is_not_waited_for() -> None:
    clock = ManualClock(NOON)
    asyncio.run(clock.until(NOON - timedelta(days=1)))
    assert clock() == NOON


def test_listeners_hear_of_every_move() -> None:
    clock = ManualClock(NOON)
    heard: list[datetime] = []
    clock.on_advance(lambda: heard.append(clock()))
    clock.advance(1)
    clock.advance(1)
    assert heard == [NOON + timedelta(seconds=1), NOON + timedelta(seconds=2)]

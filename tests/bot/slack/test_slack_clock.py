"""This machine's clock beside Slack's, as Slack's answers tell it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from bot.app import Baton
from bot.slack.slack_clock import SlackClock
from sandbox.clock import ManualClock

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


class Counter:
    """Seconds that a test counts."""

    def __init__(self) -> None:
        self.seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def counter() -> Counter:
    """Count seconds by hand."""
    return Counter()


@pytest.fixture
def slack_clock(counter: Counter) -> SlackClock:
    """Hear at noon that it is noon."""
    clock = SlackClock(counter)
    clock.hear({"Date": "Mon, 23 Nov 2026 12:00:00 GMT"})
    return clock


@pytest.mark.parametrize("off", [timedelta(0), timedelta(hours=1), timedelta(days=-1)])
def test_it_goes_on_by_itself_so_that_a_clock_which_is_set_is_seen_at_once(
    slack_clock: SlackClock, counter: Counter, off: timedelta
) -> None:
    counter.seconds += 90
    assert slack_clock.ahead(NOON + timedelta(seconds=90) + off) == off


def test_after_a_day_without_an_answer_nothing_is_said(slack_clock: SlackClock, counter: Counter) -> None:
    counter.seconds += 86_401
    assert slack_clock.ahead(NOON) is None


@pytest.mark.parametrize("headers", [{}, {"date": ""}, {"date": "at noon"}, {"Date": "Mon, 23 Nov 2026 12:00:00"}])
def test_an_answer_without_a_date_tells_nothing(counter: Counter, headers: dict[str, str]) -> None:
    clock = SlackClock(counter)
    clock.hear(headers)
    assert clock.ahead(NOON) is None


@pytest.mark.parametrize(("ahead", "direction"), [(3600, "ahead of"), (-86_400, "behind")])
def test_health_names_the_clock_that_is_off(
    baton: Baton, publish: Callable[[], None], clock: ManualClock, ahead: int, direction: str
) -> None:
    publish()
    baton.directories[0].look_up()
    assert baton.health().clocks == "ok"
    # Slack's clock and the machine's are one here: Slack's is said to have been another when it answered.
    off = ManualClock(clock() - timedelta(seconds=ahead))
    baton._slack_clock.hear({"Date": f"{off():%a, %d %b %Y %H:%M:%S} GMT"})  # noqa: SLF001 - what Slack said
    report = baton.health()
    assert report.clocks == f"this machine's clock is {abs(ahead)} s {direction} Slack's"
    assert not report.is_well

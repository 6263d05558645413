"""How often activities count."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qualification.rules.playbook.scoring_schema import Activity, Scoring
from qualification.rules.scoring.noise import Tally, Thing, is_by_scanner, tally

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
DEFAULT = {kind.key: kind for kind in Scoring().activities}


def kind(**limits: object) -> Activity:
    """Return a kind of activity with these limits."""
    return Activity.model_validate({"key": "opened", "name": "Opened", "points": 2, **limits})


def opened(*whats: str | None, apart: timedelta = timedelta(seconds=1)) -> list[Thing]:
    """Return these things, done one after the other."""
    return [Thing(what, NOON + place * apart) for place, what in enumerate(whats)]


@pytest.mark.parametrize(
    ("limits", "things", "expected"),
    [
        ({}, opened("a", "a", None), Tally(3)),
        ({"once_per": "what"}, opened(*["October newsletter"] * 26), Tally(26, repeated=25)),
        ({"once_per": "what"}, opened("a", "b", "c", "b"), Tally(4, repeated=1)),
        ({"once_per": "what"}, opened("October  newsletter", "october newsletter "), Tally(2, repeated=1)),
        ({"once_per": "what"}, opened(*["a"] * 9, apart=timedelta(days=30)), Tally(9, repeated=8)),
        ({"once_per": "what"}, opened(None, None, "a"), Tally(3)),
        ({"once_per": "what", "at_most": 2}, opened(None, None, "a", "a"), Tally(4, repeated=1, over=1)),
        ({"once_per": "what"}, [Thing(None, NOON, 7), Thing("b", NOON, 2)], Tally(9, repeated=1)),
        ({"once_per": "what"}, [Thing("a", NOON, 7), Thing("b", NOON, 2)], Tally(9, repeated=7)),
        ({"at_most": 2}, opened("a", "b", "c", apart=timedelta(days=90)), Tally(3, over=1)),
        ({"at_most": 2, "per": "24h"}, opened("a", "a", "a", "a", apart=timedelta(hours=10)), Tally(4)),
        ({"at_most": 2, "per": "24h"}, opened("a", "a", "a", apart=timedelta(hours=1)), Tally(3, over=1)),
        (
            {"at_most": 3, "per": "24h"},
            [Thing(None, NOON, 9), Thing(None, NOON + timedelta(days=1), 2)],
            Tally(11, over=6),
        ),
        ({"once_per": "what", "at_most": 3, "per": "24h"}, opened(*"abcdefghij"), Tally(10, over=7)),
    ],
)
def test_what_counts(limits: dict[str, object], things: list[Thing], expected: Tally) -> None:
    assert tally(kind(**limits), things) == expected
    assert expected.counted == expected.done - expected.repeated - expected.over


@pytest.mark.parametrize("key", ["email-opened", "email-clicked"])
def test_the_default_table_counts_different_mails_each_and_one_mail_once(key: str) -> None:
    assert tally(DEFAULT[key], opened("a", "b", "c")).counted == 3
    assert tally(DEFAULT[key], opened("a", "a", "a")).counted == 1


def test_a_request_for_sales_always_counts() -> None:
    assert not any(each.is_limited for each in DEFAULT.values() if each.handoff)


kinds = st.builds(
    lambda once, most, per: kind(once_per=once, at_most=most, per=per if most else None),
    st.sampled_from([None, "what"]),
    st.none() | st.integers(1, 4),
    st.sampled_from([None, "1h", "24h"]),
)
things = st.lists(
    st.builds(
        Thing,
        st.none() | st.sampled_from(["a", "A ", "b", "c"]),
        st.integers(0, 200).map(lambda h: NOON + timedelta(hours=h)),
    ),
    max_size=20,
)


@given(kinds, things, st.randoms(use_true_random=False))
def test_the_order_is_no_matter_and_one_more_never_counts_less_or_for_more_than_one(
    of: Activity, done: list[Thing], chance: random.Random
) -> None:
    shuffled = done[:]
    chance.shuffle(shuffled)
    counted = tally(of, done).counted
    assert tally(of, shuffled).counted == counted
    assert counted <= len(done)
    if not of.once_per or of.per is None:
        assert 0 <= counted - tally(of, done[1:]).counted <= 1


@pytest.mark.parametrize(
    ("fields", "is_scanner"),
    [
        ({"user_agent": "Mozilla/5.0 (compatible; Barracuda Sentinel (EE))"}, True),
        ({"User-Agent": "Mimecast/1.0"}, True),
        ({"userAgent": "Proof Point URL Defense"}, True),
        ({"user_agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/131.0"}, False),
        ({"user_agent": None}, False),
        ({"page": "How Barracuda works"}, False),
        ({}, False),
    ],
)
def test_programs_that_check_mail_are_known_by_their_agent(fields: dict[str, object], *, is_scanner: bool) -> None:
    assert is_by_scanner(fields) is is_scanner

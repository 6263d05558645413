"""What a lead's activities add up to."""

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qualification.rules.playbook.playbook import Scoring
from qualification.rules.scoring.points import is_ready, score

DEFAULT = Scoring()
KINDS = [kind.key for kind in DEFAULT.activities]


@pytest.mark.parametrize(
    ("done", "points"),
    [
        ({"content-download": 3, "email-opened": 3, "email-clicked": 3, "trial": 1}, 76),
        ({"pricing-page": 1, "email-opened": 2}, 19),
        ({"contact-form": 1}, 15),
        ({"blog-post": 1}, 2),
        ({"unsubscribed": 1}, -5),
        ({"shoe-size": 9}, 0),
        ({}, 0),
    ],
)
def test_the_seed_table_adds_up(done: dict[str, int], points: int) -> None:
    assert score(DEFAULT, done).points == points


def test_what_weighed_most_comes_first_and_what_hands_over_by_itself_before_that() -> None:
    done = {"email-opened": 3, "content-download": 3, "pricing-page": 1, "demo-request": 1, "unsubscribed": 1}
    weights = score(DEFAULT, done).weights
    assert [(each.name, each.times, each.points) for each in weights] == [
        ("Demo requested", 1, 0),
        ("Content downloaded", 3, 30),
        ("Pricing page visited", 1, 15),
        ("Welcome e-mail opened", 3, 6),
        ("Unsubscribed", 1, -5),
    ]


@pytest.mark.parametrize(
    ("since", "ready"),
    [
        ({"demo-request": 1}, True),
        ({"trial": 1, "unsubscribed": 20}, True),
        ({"content-download": 5}, True),
        ({"content-download": 4, "email-opened": 4}, False),
        ({"content-download": 5, "unsubscribed": 1}, False),
        ({}, False),
    ],
)
def test_a_lead_is_ready_by_one_request_or_by_its_points(since: dict[str, int], ready: bool) -> None:  # noqa: FBT001
    assert is_ready(DEFAULT, since) is ready


@given(st.lists(st.sampled_from(KINDS), max_size=30), st.randoms(use_true_random=False))
def test_the_order_in_which_activities_come_is_no_matter(done: list[str], chance: random.Random) -> None:
    shuffled = done[:]
    chance.shuffle(shuffled)
    assert score(DEFAULT, Counter(done)) == score(DEFAULT, Counter(shuffled))
    assert score(DEFAULT, Counter(done)).points == sum(score(DEFAULT, {kind: 1}).points for kind in done)

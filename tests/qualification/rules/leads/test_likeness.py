"""What can be said of one person, and what only of two."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qualification.rules.leads.likeness import (
    SEVERAL,
    KnownAddress,
    are_two,
    is_somebody_else,
    name_of_address,
    names_differ,
)

NAMES = st.none() | st.lists(st.sampled_from(["ivy", "i.", "bo", "chen", "li"]), max_size=3).map(" ".join)


@pytest.mark.parametrize(
    ("one", "other", "differ"),
    [
        ("ivy chen", "bo li", True),
        ("ivy chen", "ivy li", True),
        ("ivy chen", "ivy", False),
        ("i. chen", "ivy chen", False),
        ("chen ivy", "ivy chen", False),
        ("ivy chen", None, False),
        ("ivy chen", SEVERAL, True),
        (SEVERAL, SEVERAL, True),
    ],
)
def test_names_are_of_two_people_unless_one_may_be_short_for_the_other(one: str, other: str, *, differ: bool) -> None:
    assert names_differ(one, other) is names_differ(other, one) is differ


def test_another_address_with_another_name_is_somebody_else() -> None:
    ivy = [KnownAddress("ivy@acme.example", "ivy chen")]
    assert is_somebody_else("bo li", {"bo@bolt.example"}, ivy)
    assert not is_somebody_else("bo li", {"ivy@acme.example"}, ivy)
    assert not is_somebody_else("bo li", (), ivy)
    assert not is_somebody_else(None, {"bo@bolt.example"}, ivy)
    assert not is_somebody_else("ivy chen", {"bo@bolt.example"}, ivy)


def test_whoever_was_merged_by_hand_may_have_any_name_beside_a_known_address() -> None:
    both = [
        KnownAddress("a@acme.example", "ivy chen", by_hand=True),
        KnownAddress("b@bolt.example", "bo li", by_hand=True),
    ]
    assert not is_somebody_else("bo li", {"b@bolt.example"}, both)
    assert is_somebody_else("bo li", {"c@bolt.example"}, both)


@given(st.lists(st.tuples(st.sampled_from("abc"), NAMES), min_size=1, max_size=8))
def test_an_address_keeps_a_name_that_differs_from_any_that_it_was_not_given_with(said: list[tuple[str, str]]) -> None:
    known: dict[str, str | None] = {}
    for key, name in said:
        known[key] = name_of_address(known.get(key), name)
    for key, name in said:
        for other, kept in known.items():
            is_apart = any(names_differ(name, each) for address, each in said if address == other)
            assert (
                not is_apart
                or names_differ(name, kept)
                or are_two([KnownAddress(key, known[key])], [KnownAddress(other, kept)])
                or key == other
            )

"""Nobody reads or changes what isn't theirs: every request, as everybody there can be."""

import pytest

from tests.handlers.rights_matrix import BEGIN, DOCUMENT, END, ROWS, Matrix, listeners, matrix
from tests.worlds.rights import GONE, PEOPLE, Told

# Whoever is outside may say that they are away, open their empty Home tab, and hand a lead over.
OPEN_TO_ALL = frozenset(
    {
        "`/baton` (away)",
        "`view away`",
        "`home_previous`",
        "`home_next`",
        "`event app_home_opened`",
        "`view hand_over` (the address of a lead that sales has)",
    }
)
MAY_SEE_CONTACT = frozenset({"whose it is", "manager", "administrator"})


def test_every_listener_is_tried() -> None:
    assert sorted({row.listener for row in ROWS}) == sorted(set(listeners()))


@pytest.fixture(scope="module")
def tried() -> Matrix:
    return matrix()


def test_whoever_is_outside_or_has_left_changes_and_sees_nothing(tried: Matrix) -> None:
    for name, cells in tried.requests.items():
        for kind in GONE:
            assert (name, kind, cells[kind].told) == (name, kind, Told.NOTHING)
            assert not cells[kind].changed or name in OPEN_TO_ALL, (name, kind)
    for name, seen in tried.messages.items():
        assert all(seen[kind] < Told.CONTACT for kind in GONE & seen.keys()), name


def test_contact_details_are_told_only_to_whose_lead_it_is_and_who_is_over_them(tried: Matrix) -> None:
    for name, cells in tried.requests.items():
        for kind in PEOPLE.keys() - MAY_SEE_CONTACT:
            assert cells[kind].told < Told.CONTACT, (name, kind)
    for name, seen in tried.messages.items():
        assert all(told < Told.CONTACT for kind, told in seen.items() if kind not in MAY_SEE_CONTACT), name


def test_a_rep_or_manager_elsewhere_and_another_marketer_see_nothing_of_it(tried: Matrix) -> None:
    for kind in ("team colleague", "rep elsewhere", "manager elsewhere", "marketer"):
        seen = {name for name, cells in tried.requests.items() if cells[kind].told > Told.NOTHING}
        assert seen == {"`view hand_over` (the address of a lead that sales has)"}, kind


def test_the_document_says_what_was_found(tried: Matrix) -> None:
    """After a right was changed on purpose: python -m tests.handlers.rights_matrix."""
    written = DOCUMENT.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]
    assert written == str(tried)

"""Lists that are read a page at a time."""

from hypothesis import given
from hypothesis import strategies as st

from qualification.rules.values.pagination import page_slice


@given(count=st.integers(0, 2000), size=st.integers(1, 50), wanted=st.integers(-5, 2**63))
def test_a_page_lies_within_its_list_whatever_is_wanted(count: int, size: int, wanted: int) -> None:
    page = page_slice(count, size, wanted)
    assert 0 <= page.skip <= max(0, count - 1)
    assert (page.previous is None) == (page.skip == 0)
    assert (page.following is None) == (page.skip + size >= count)


@given(count=st.integers(0, 300), size=st.integers(1, 50))
def test_from_page_to_page_each_entry_is_met_once(count: int, size: int) -> None:
    met: list[int] = []
    number: int | None = 1
    while number is not None:
        page = page_slice(count, size, number)
        assert page.number == number
        met.extend(range(page.skip, min(page.skip + size, count)))
        number = page.following
    assert met == list(range(count))


def test_a_page_that_is_there_no_more_is_the_last_one() -> None:
    assert page_slice(11, 5, 9) == page_slice(11, 5, 3)
    assert page_slice(0, 5, 9) == page_slice(0, 5, 1)

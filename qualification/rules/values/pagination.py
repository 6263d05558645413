"""Lists that are read a page at a time."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PageSlice:
    """A page by its number, from 1; how many entries are skipped before it; the pages beside it, None where none is."""

    number: int
    skip: int
    previous: int | None
    following: int | None


def page_slice(count: int, size: int, wanted: int) -> PageSlice:
    """Return the page that is wanted of a list of `count`, `size` to a page; the last one where it is there no more."""
    pages = max(1, -(-count // size))
    number = min(max(1, wanted), pages)
    return PageSlice(
        number=number,
        skip=(number - 1) * size,
        previous=number - 1 if number > 1 else None,
        following=number + 1 if number < pages else None,
    )

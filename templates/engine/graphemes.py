"""Where a text may be cut so that no visible character is torn."""

from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate, takewhile

from wcwidth import iter_graphemes

ELLIPSIS = "…"
_NEAR = 200
_UNBREAKABLE = "\xa0\u202f"


def units(text: str) -> int:
    """Return the length as Slack may count it: in UTF-16 units, never less than Python's own count."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def _counted(text: str, limit: int) -> int:
    """Return the last position that leaves at most `limit` units before it."""
    return bisect_right(range(min(len(text), limit) + 1), limit, key=lambda end: units(text[:end])) - 1


def _ends(text: str, limit: int) -> Iterator[int]:
    """Yield where the visible characters end that leave at most `limit` units before it."""
    last = _counted(text, limit)
    return takewhile(lambda end: end <= last, accumulate(map(len, iter_graphemes(text))))


def _parting(text: str, limit: int) -> int:
    """Return where a reader would part the text: behind a line end near the limit, else behind a blank there."""
    ends = [*_ends(text, limit)] or [_counted(text, limit)]
    near = [at for at in reversed(ends) if at > ends[-1] - _NEAR and text[at - 1].isspace()]
    lines = (at for at in near if text[at - 1] == "\n")
    blanks = (at for at in near if text[at - 1] not in _UNBREAKABLE)
    return next(lines, next(blanks, ends[-1]))


def cut(text: str, limit: int) -> str:
    """Return the text, shortened to at most `limit` units with an ellipsis at the end if it is longer."""
    if units(text) <= limit:
        return text
    return text[: max(_ends(text, limit - 1), default=0)].rstrip() + ELLIPSIS


def pieces(text: str, limit: int) -> list[str]:
    """Return the whole text in pieces of at most `limit` units, parted where a reader would part it."""
    found = []
    at = 0
    # Only what may stand in the next piece is looked at, and the character behind it: a long text has many pieces.
    while units(near := text[at : at + limit + 1]) > limit:
        end = _parting(near, limit)
        found.append(near[:end])
        at += end
    return [*found, near] if near else found

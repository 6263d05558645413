"""Where a text may be cut so that no visible character is torn."""

import unicodedata

ELLIPSIS = "…"
_JOINER = "\u200d"
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_REGIONAL = range(0x1F1E6, 0x1F200)
_TAGS = range(0xE0020, 0xE0080)
_JAMO = range(0x1160, 0x1200)
_NEAR = 200
_UNBREAKABLE = "\xa0\u202f"


def units(text: str) -> int:
    """Return the length as Slack may count it: in UTF-16 units, never less than Python's own count."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def _extends(character: str) -> bool:
    """Return whether the character belongs to the one before it."""
    code = ord(character)
    return (
        character == _JOINER
        or code in _SKIN_TONES
        or code in _TAGS
        or code in _JAMO
        or unicodedata.category(character) in {"Mn", "Mc", "Me"}
    )


def _is_whole(text: str, position: int) -> bool:
    """Return whether the text may be cut before the character at `position`."""
    if position in {0, len(text)}:
        return True
    if _extends(text[position]) or text[position - 1] == _JOINER or text[position - 1 : position + 1] == "\r\n":
        return False
    flags = 0
    while flags < position and ord(text[position - 1 - flags]) in _REGIONAL:
        flags += 1
    return not (flags % 2 and ord(text[position]) in _REGIONAL)


def _counted(text: str, limit: int) -> int:
    """Return the last position that leaves at most `limit` units before it."""
    limit = max(limit, 0)
    position = min(len(text), limit)
    # A character takes one unit or two: so many fewer are one too few only where the next one takes two.
    while (over := units(text[:position]) - limit) > 0:
        position -= (over + 1) // 2
    return position


def _fitting(text: str, limit: int) -> int:
    """Return the last position that is whole and leaves at most `limit` units before it."""
    position = _counted(text, limit)
    while not _is_whole(text, position):
        position -= 1
    return position


def _parting(text: str, end: int) -> int:
    """Return where a reader would part the text, not after `end`: behind a line end near it, else behind a blank."""
    near = [at for at in range(end, max(end - _NEAR, 0), -1) if text[at - 1].isspace() and _is_whole(text, at)]
    lines = (at for at in near if text[at - 1] == "\n")
    blanks = (at for at in near if text[at - 1] not in _UNBREAKABLE)
    return next(lines, next(blanks, end))


def cut(text: str, limit: int) -> str:
    """Return the text, shortened to at most `limit` units with an ellipsis at the end if it is longer."""
    if units(text) <= limit:
        return text
    return text[: _fitting(text, limit - 1)].rstrip() + ELLIPSIS


def pieces(text: str, limit: int) -> list[str]:
    """Return the whole text in pieces of at most `limit` units, parted where a reader would part it."""
    found = []
    while units(text) > limit:
        end = _parting(text, _fitting(text, limit) or _counted(text, limit))
        found.append(text[:end])
        text = text[end:]
    return [*found, text] if text else found

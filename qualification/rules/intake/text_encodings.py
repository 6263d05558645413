"""The text of what comes over the wire, whatever encoding its sender wrote it in."""

import codecs
from typing import Final

# What browsers mean by latin-1: encoding.spec.whatwg.org/#names-and-labels.
_WESTERN: Final = "cp1252"
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def decoded(raw: bytes, named: str | None = None) -> str:
    """Return the bytes as text: by their mark, in the encoding that their sender named, as UTF-8, or as Windows-1252.

    Raises nothing. Bytes that are text in none of them become replacement characters.
    """
    marked = next((encoding for mark, encoding in _MARKS if raw.startswith(mark)), None)
    for encoding in filter(None, (marked, _known(named), "utf-8")):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode(_WESTERN, errors="replace")


def _known(named: str | None) -> str | None:
    """Return the codec of that name, None if there is none; Windows-1252 for latin-1, as browsers have it."""
    try:
        found = codecs.lookup((named or "").strip().strip("\"'"))
    except (LookupError, ValueError):
        return None
    # Python has codecs that turn bytes into bytes, such as zip.
    if not found._is_text_encoding:  # noqa: SLF001 - the only place where Python says so
        return None
    return _WESTERN if found.name in {"iso8859-1", "ascii"} else found.name

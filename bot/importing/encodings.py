"""The encoding of a file that doesn't say it."""

import codecs
from pathlib import Path
from typing import Final

from charset_normalizer import from_bytes

from bot.importing.tables import NoTable

# Bytes of a chunk in which a file's encoding is looked for, and of the text kept before the letters that decide.
_CHUNK: Final = 1 << 20
_BEFORE: Final = 1000
# How much of a file, in bytes, shows its encoding.
_SAMPLE: Final = 200_000
# The encodings that exports use besides Unicode. Among all encodings, a rare one would often fit better by chance.
_LIKELY: Final = (
    *("cp1250", "cp1251", "cp1252", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "iso8859_2", "koi8_r"),
    *("cp932", "gb18030", "big5", "euc_kr", "euc_jp"),
)
# Text is UTF-16 if more than one byte in ten is zero: in Western text every second one is.
_OFTEN: Final = 10
# Text is damaged UTF-8 if it has more than ten valid letters for each invalid one.
_MANY: Final = 10
# A smaller share of letters outside ASCII is too little to guess an encoding by frequency.
_FEW: Final = 0.3
_WESTERN_SIGNS: Final = frozenset(
    "\u2013\u2014\u2018\u2019\u201a\u201c\u201d\u201e\u2026\u20ac\u00a0\u00a7\u00ab\u00b0\u00bb\u00b4"
)
# What Turkish letters look like in cp1252, where they stand for letters that only Icelandic has together.
_ONLY_TURKISH: Final = frozenset("şŞğĞıİ".encode("cp1254").decode("cp1252"))
_TURKISH: Final = _ONLY_TURKISH | frozenset("çÇöÖüÜâÂîÎûÛ") | _WESTERN_SIGNS
_MUCH_KANA: Final = 0.1
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def encoding_of(path: Path) -> str:
    """Return the encoding of the byte order mark, else UTF-8 where all is valid, else the likeliest by the letters."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    before = b""
    with path.open("rb") as file:
        head = file.read(_CHUNK)
        for mark, encoding in _MARKS:
            if head.startswith(mark):
                return encoding
        if head[:_SAMPLE].count(b"\0") * _OFTEN > len(head[:_SAMPLE]):
            return "utf-16-be" if head[:1] == b"\0" else "utf-16-le"
        chunk = head
        try:
            while chunk:
                decoder.decode(chunk)
                before, chunk = chunk, file.read(_CHUNK)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            # The invalid letter may begin at the end of the chunk before.
            part = before[-_BEFORE:] + chunk
            if _is_damaged(before + chunk):
                raise NoTable("it is UTF-8 with a few invalid characters; correct them, or use --encoding") from None
            return _by_letters(part)
    return "utf-8"


def _is_damaged(chunk: bytes) -> bool:
    """Say whether this is UTF-8 but for a few letters: text in another encoding is hardly ever valid by chance."""
    text = chunk.decode("utf-8", errors="replace")
    wrong = text.count("\ufffd")
    right = sum(not char.isascii() for char in text) - wrong
    return right > _MANY * wrong


def _by_letters(chunk: bytes) -> str:
    """Guess the encoding from the bytes outside ASCII, the only ones that differ between encodings.

    A few accents among plain letters, as in Western Europe, are too few to guess by frequency: that is cp1252.
    """
    first = next(index for index, byte in enumerate(chunk) if byte >= 0x80)  # noqa: PLR2004 - beyond ASCII
    part = chunk[max(0, first - _BEFORE) : first + _SAMPLE]
    if (japanese := _japanese(part)) is not None:
        return japanese
    western = part.decode("cp1252", errors="replace")
    special = [char for char in western if not char.isascii()]
    if special and set(special) <= _TURKISH and not _ONLY_TURKISH.isdisjoint(special):
        return "cp1254"
    if len(special) < _FEW * len(western) and all(char.isalpha() or char in _WESTERN_SIGNS for char in special):
        return "cp1252"
    best = from_bytes(part, cp_isolation=[*_LIKELY]).best()
    return best.encoding if best is not None and best.encoding != "ascii" else "cp1252"


def _japanese(part: bytes) -> str | None:
    """Return the Japanese encoding in which a good part of the letters are kana, which no other text has by chance."""

    def kana(encoding: str) -> float:
        special = [char for char in part.decode(encoding, errors="replace") if not char.isascii()]
        # The last letter may be cut in two.
        if sum(char == "\ufffd" for char in special) > 1:
            return 0
        return sum("\u3041" <= char <= "\u30ff" for char in special) / max(1, len(special))

    best = max(("cp932", "euc_jp"), key=kana)
    return best if kana(best) >= _MUCH_KANA else None

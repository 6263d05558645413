"""The words of a label or of a short answer, folded for comparison."""

import re
import unicodedata
from typing import Final

# A longer label is a sentence, and would cost time.
LONGEST: Final = 120
# What people write who have no umlauts on their keyboard.
UMLAUTS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})

_CAMEL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_WORD: Final = re.compile(r"\d+|[^\W\d_]+")
# Letters that no decomposition reaches.
_PLAIN: Final = str.maketrans({"ı": "i", "ł": "l", "ø": "o", "đ": "d", "æ": "ae", "œ": "oe"})


def fold_words(label: str) -> list[str]:
    """Return the words of a label as they are compared: without case, accents and signs, numbers apart.

    What stands beyond `LONGEST` characters is cut off, so that a longer label is none that is known.
    """
    text = _CAMEL.sub(" ", unicodedata.normalize("NFKC", label[: LONGEST + 1]))
    text = unicodedata.normalize("NFKD", text.casefold()).translate(_PLAIN)
    text = "".join(char for char in text if unicodedata.category(char) not in {"Mn", "Cf"})
    return _WORD.findall(unicodedata.normalize("NFKC", text))


def folded_names(names: str, separator: str | None = None) -> frozenset[str]:
    """Return the names between the separators as `fold_words` leaves them, those with umlauts in both spellings."""
    spelt = (each for name in names.split(separator) for each in (name, name.translate(UMLAUTS)))
    return frozenset("".join(fold_words(each)) for each in spelt) - {""}

"""The names of months and days of the week in the languages that exports and people write dates in."""

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from babel import Locale

from qualification.rules.values.folding import fold_name

LANGUAGES: Final = ("en", "de", "tr", "pl", "fr", "es", "it", "pt", "nl")
_WIDTHS: Final = ("wide", "abbreviated")
# Short forms that Unicode CLDR writes otherwise.
_ALSO: Final[Mapping[str, int]] = MappingProxyType(
    {"sept": 9, "janner": 1, "feber": 2, "mrz": 3, "maerz": 3, "mrt": 3, "set": 9, "okt": 10, "oct": 10, "out": 10,
     "dec": 12, "dez": 12, "dic": 12, "aug": 8, "jun": 6, "jul": 7, "mai": 5, "maj": 5, "fev": 2, "gen": 1}
)  # fmt: skip


@lru_cache(maxsize=1)
def months() -> Mapping[str, int]:
    """Return the number of each month by its folded name, long or short; a name of two months is left out."""
    meanings: dict[str, set[int]] = {}
    for language in LANGUAGES:
        for context in ("format", "stand-alone"):
            for width in _WIDTHS:
                for number, name in Locale(language).months[context][width].items():
                    meanings.setdefault(_folded(str(name)), set()).add(int(number))
    known = {name: numbers.pop() for name, numbers in meanings.items() if len(numbers) == 1 and name.isalpha()}
    return MappingProxyType({**_ALSO, **known})


@lru_cache(maxsize=1)
def weekdays() -> frozenset[str]:
    """Return the folded names of the days of the week, long and short."""
    names = (
        name
        for language in LANGUAGES
        for context in ("format", "stand-alone")
        for width in _WIDTHS
        for name in Locale(language).days[context][width].values()
    )
    return frozenset(_folded(str(name)) for name in names)


def _folded(name: str) -> str:
    return fold_name(name).replace(".", "")

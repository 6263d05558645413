"""Countries, by code or by name."""

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from babel import Locale
from babel.core import get_global

from qualification.rules.field_errors import FieldFault, Unreadable
from qualification.rules.values.country_names import ALSO_CALLED
from qualification.rules.values.folding import unescaped

_ALPHA_2 = 2
_ALPHA_3 = 3
_LONGEST = 200
_LANGUAGES = ("en", "de", "ja", "tr", "pl", "fr", "es", "pt", "it", "nl")
_IN_BRACKETS = re.compile(r"([^()\[\]]+)[(\[]([^()\[\]]+)[)\]]")
_APART = re.compile(r"\s*[,/|;>\N{EN DASH}\N{EM DASH}]\s*|\s+-\s+")
_FIRST_FLAG, _LAST_FLAG = 0x1F1E6, 0x1F1FF
_FLAG = re.compile(f"[{chr(_FIRST_FLAG)}-{chr(_LAST_FLAG)}]")
# Codes of the United States' states that are codes of countries too: "San Francisco, CA" is not in Canada.
_STATES = frozenset("AL AR AZ CA CO DE GA ID IL IN KY LA MA MD ME MN MO MS MT NC NE PA SC SD TN VA".split())  # noqa: SIM905
_ARTICLES = frozenset(["the", "la", "le", "les", "die", "de", "los", "el"])

# Codes that Unicode CLDR names and ISO 3166-1 does not assign; XK (Kosovo) is kept, for companies are there.
_NOT_COUNTRIES = frozenset(["AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"])


def check_country(text: str) -> str:
    """Return the ISO 3166-1 alpha-2 code of a country, by its code of two or three letters or by its name.

    Names are those of Unicode CLDR in English, German, Japanese, Turkish, Polish, French, Spanish, Portuguese, Italian
    and Dutch, with or without accents, and the official ones of ISO 3166 in either order ("Korea, Republic of"). A code
    may stand behind the name, and a country behind a region ("Bavaria, Germany" and "EMEA / Germany" are DE). What
    people of a country are called is no country. Raises Unreadable for anything else.
    """
    code = _of(text) if len(text) <= _LONGEST else None
    if code is None:
        raise Unreadable("country", text, FieldFault.BAD_COUNTRY)
    return code


# Rows of a file name a few countries over and over.
@lru_cache(maxsize=1024)
def _of(text: str) -> str | None:
    """Read a country by its name, with what may stand around it."""
    flags = "".join(chr(ord(char) - _FIRST_FLAG + ord("A")) for char in text if _FIRST_FLAG <= ord(char) <= _LAST_FLAG)
    text = " ".join(unescaped(_FLAG.sub(" ", text)).split()) or flags
    found = _by_word(text)
    if found is not None:
        return found
    brackets = _IN_BRACKETS.fullmatch(text)
    if brackets is not None:
        outside, inside = brackets.groups()
        whole = _by_name(f"{outside} {inside}") or _by_name(f"{inside} {outside}")
        named, within = _by_word(outside), _by_word(inside)
        return whole or (named or within if None in {named, within} or named == within else None)
    first, comma, second = (part.strip() for part in text.partition(","))
    if comma and (turned := _by_word(f"{second} {first}") or (_by_word(first) if _fold(second) in _ARTICLES else None)):
        return turned
    return _of_parts([part for part in _APART.split(text) if part])


def _of_parts(parts: list[str]) -> str | None:
    """Read the one country among places: the last of "Springfield, Ohio, USA", the first of "Germany / Bavaria"."""
    if len(parts) < len(("place", "country")):
        return None
    *places, last = parts
    if _by_word(last) == "US" and len(last) > _ALPHA_2:
        # Before it stand states, of which some are called as countries are: Georgia, CA, DE.
        return None if _names_of(places) - {"GE"} else "US"
    codes = {code for part in parts if part.upper() not in _STATES and (code := _by_word(part))}
    is_a_state = any(part.upper() in _STATES or _fold(part) == "georgia" for part in parts)
    if last == "US" and codes <= {"US", "GE"}:
        return "US"
    return codes.pop() if len(codes) == 1 and not (is_a_state and not _names_of(parts) - {"GE"}) else None


def _names_of(parts: list[str]) -> set[str]:
    return {code for part in parts if (code := _by_name(part))}


def _by_word(text: str) -> str | None:
    folded = _fold(text)
    code = _by_name(text) or countries().get(folded) or _by_alias(folded.upper().replace(" ", ""))
    return code or _names().get(folded)


def _by_name(text: str) -> str | None:
    folded = _fold(text)
    if len(folded) <= _ALPHA_3 and folded.isascii():
        return ALSO_CALLED.get(folded)
    return countries().get(folded) or ALSO_CALLED.get(folded) or _names().get(folded)


@lru_cache(maxsize=1)
def _names() -> Mapping[str, str]:
    """Return the code of each country by its folded name in all languages; a name of two countries is left out."""
    meanings: dict[str, set[str]] = {}
    for language in _LANGUAGES:
        for code, name in Locale(language).territories.items():
            if len(code) == _ALPHA_2 and code.isalpha() and code not in _NOT_COUNTRIES:
                meanings.setdefault(_fold(str(name)), set()).add(str(code))
    return MappingProxyType({name: codes.pop() for name, codes in meanings.items() if len(codes) == 1})


@lru_cache(maxsize=1)
def countries() -> Mapping[str, str]:
    """Return the code of each country by its folded code and by its folded English name."""
    names = {code: name for code, name in Locale("en").territories.items() if len(code) == _ALPHA_2 and code.isalpha()}
    by_word = {_fold(word): code for code, name in names.items() if code not in _NOT_COUNTRIES for word in (name, code)}
    return MappingProxyType(by_word)


def region_of(country: str | None, zone: str | None) -> str | None:
    """Return the country whose telephone numbers somebody writes: the one that is known, else that of a time zone.

    None where the zone belongs to no country, as UTC does.
    """
    return country or (_country_of_zone(zone) if zone else None)


@lru_cache(maxsize=1024)
def _country_of_zone(zone: str) -> str | None:
    territories: Mapping[str, str] = get_global("zone_territories")
    aliases: Mapping[str, str] = get_global("zone_aliases")
    code = territories.get(zone) or territories.get(aliases.get(zone, ""))
    return code if code in countries().values() else None


def _by_alias(code: str) -> str | None:
    """Look up ISO 3166-1 alpha-3 codes and the likes of UK."""
    if len(code) not in {_ALPHA_2, _ALPHA_3} or not code.isalpha():
        return None
    aliases: Mapping[str, list[str]] = get_global("territory_aliases")
    now = aliases.get(code, [])
    return now[0] if len(now) == 1 and now[0] in countries().values() else None


def _fold(text: str) -> str:
    """Compare without case, accents, dots and a leading article."""
    apart = unicodedata.normalize("NFKD", text)
    plain = "".join(char for char in apart if unicodedata.category(char) not in {"Mn", "Cf"})
    words = (
        plain.casefold().replace(".", "").replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").replace("&", " and ").split()
    )
    if len(words) > 1 and words[0] == "the":
        words = words[1:]
    return " ".join("saint" if word == "st" and len(words) > 1 else word for word in words)

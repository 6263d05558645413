"""Countries, by code or by name."""

import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from babel import Locale
from babel.core import get_global

from qualification.rules.field_errors import FieldFault, Unreadable

_ALPHA_2 = 2
_ALPHA_3 = 3

# Codes that Unicode CLDR names and ISO 3166-1 does not assign; XK (Kosovo) is kept, for companies are there.
_NOT_COUNTRIES = frozenset(["AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"])

_ALSO_CALLED: Mapping[str, str] = MappingProxyType(
    {
        "america": "US",
        "bosnia": "BA",
        "burma": "MM",
        "cape verde": "CV",
        "congo": "CG",
        "czech republic": "CZ",
        "democratic republic of the congo": "CD",
        "drc": "CD",
        "east timor": "TL",
        "el": "GR",
        "england": "GB",
        "great britain": "GB",
        "holland": "NL",
        "hong kong": "HK",
        "ivory coast": "CI",
        "korea": "KR",
        "macao": "MO",
        "macau": "MO",
        "macedonia": "MK",
        "myanmar": "MM",
        "northern ireland": "GB",
        "palestine": "PS",
        "republic of ireland": "IE",
        "republic of korea": "KR",
        "russian federation": "RU",
        "scotland": "GB",
        "slovak republic": "SK",
        "swaziland": "SZ",
        "turkey": "TR",
        "uae": "AE",
        "united states of america": "US",
        "vatican": "VA",
        "viet nam": "VN",
        "wales": "GB",
    }
)


def check_country(text: str) -> str:
    """Return the ISO 3166-1 alpha-2 code for a code of two or three letters or an English name; raise Unreadable."""
    folded = _fold(text)
    code = countries().get(folded) or _ALSO_CALLED.get(folded) or _by_alias(folded.upper().replace(" ", ""))
    if code is None:
        raise Unreadable("country", text, FieldFault.BAD_COUNTRY)
    return code


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

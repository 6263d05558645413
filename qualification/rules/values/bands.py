"""Bands of numbers as forms and tools write them, down to the text of their lower end."""

import re
import unicodedata
from decimal import Decimal
from typing import Final, NamedTuple

from qualification.rules.values.month_names import months

# Powers of ten, in capitals. Spanish "mil" and Polish "mil" differ by a thousand: it is left out, and so unreadable.
MULTIPLES: Final = {
    "K": 3, "TH": 3, "THOUSAND": 3, "THOUSANDS": 3, "TSD": 3, "TAUSEND": 3, "BIN": 3, "BİN": 3, "TYS": 3, "TYSIĄC": 3,
    "TYSIĄCE": 3, "TYSIĘCY": 3, "MILLE": 3, "MILA": 3, "DUIZEND": 3, "千": 3, "万": 4, "萬": 4, "LAKH": 5, "LAKHS": 5,
    "M": 6, "MM": 6, "MN": 6, "MIO": 6, "MLN": 6, "MILLION": 6, "MILLIONS": 6, "MILLIONEN": 6, "MILYON": 6,
    "MİLYON": 6, "MILION": 6, "MILIONY": 6, "MILIONÓW": 6, "MILLONES": 6, "MILLÓN": 6, "MILIONI": 6, "MILIONE": 6,
    "MILHÕES": 6, "MILJOEN": 6, "CRORE": 7, "CRORES": 7, "億": 8, "亿": 8, "BN": 9, "MRD": 9, "BILLION": 9,
    "BILLIONS": 9, "MILLIARDE": 9, "MILLIARDEN": 9, "MILYAR": 9, "MİLYAR": 9, "MLD": 9, "MILIARD": 9,
}  # fmt: skip

_SPACES: Final = re.compile(r"\s+")


def _any_of(words: str) -> str:
    """Return a pattern of these words, the longest first; a word of letters ends where no letter follows."""
    listed = sorted((word.strip() for word in words.split(";")), key=len, reverse=True)
    patterns = (re.escape(word).replace(r"\ ", r"\s") for word in listed)
    ends = (r"(?!\w)" if word[-1].isascii() and word[-1].isalnum() else "" for word in listed)
    return "|".join(map("".join, zip(patterns, ends, strict=True)))


_ABOUT_OR_MORE: Final = _any_of(
    """
    ~; ≈; ±; +; about; approx.; approx; approximately; around; circa; ca.; ca; c.; roughly; some; est.; estimated;
    currently; etwa; rund; ungefähr; zirka; geschätzt; yaklaşık; yaklasik; około; okolo; ok.; 約; およそ; environ;
    aproximadamente; unos; cerca de; ongeveer; >=; >; ≥; ≧; over; more than; greater than; above; at least; minimum;
    min.; min; from; starting at; upwards of; beyond; exceeding; über; ueber; mehr als; mindestens; ab; von;
    größer als; oberhalb; en az; ponad; powyżej; powyzej; co najmniej; więcej niż; wiecej niz; od; plus de; más de;
    mas de; desde; a partir de; più di; oltre; da; mais de; acima de; meer dan; vanaf; between; zwischen; de
    """
)
_AND_MORE: Final = _any_of(
    """
    +; plus; or more; and more; and above; and up; or above; or greater; & more; & up; und mehr; oder mehr; u. mehr;
    und darüber; ve üzeri; ve uzeri; ve üstü; üzeri; üstü; veya daha fazla; ve daha fazla; i więcej; lub więcej;
    i powyżej; 以上; 超; ~; et plus; ou plus; y más; o más; e oltre; o più; ou mais; en meer; of meer; arası; arasında;
    employees or more
    """
)
_LESS: Final = _any_of(
    """
    <=; <; ≤; ≦; less than; fewer than; under; below; up to; at most; maximum; max.; max; bis; bis zu; weniger als;
    unter; höchstens; maximal; en fazla; en çok; poniżej; ponizej; mniej niż; mniej niz; do; najwyżej; 最大; jusqu'à;
    moins de; hasta; menos de; fino a; meno di; até; abaixo de; tot; minder dan; maximaal; no more than;
    not more than
    """
)
_AND_LESS: Final = _any_of(
    """
    or less; or fewer; and below; and less; or below; oder weniger; und weniger; veya daha az; ve altı; altı;
    altında; 以下; 未満; まで; lub mniej; i mniej; et moins; ou moins; o menos; o meno; ou menos; of minder
    """
)
_BETWEEN_WORDS: Final = _any_of(
    "to; through; thru; bis; and; und; ile; do; a; à; al; até; tot; ve; i; y; et; en; e; with"
)

_LEADING: Final = re.compile(rf"(?:{_ABOUT_OR_MORE})\s?", re.IGNORECASE)
_UNKNOWN: Final = re.compile(rf"(?:{_LESS})|.*\d.*(?:{_AND_LESS})\s?\Z", re.IGNORECASE)
_TRAILING: Final = re.compile(rf"(?<=[\w.€$£¥])\s?(?:{_AND_MORE})\Z", re.IGNORECASE)
_PLUS: Final = re.compile(r"(?<=[\w.])\s?\+(?=\s|[€$£¥]|\Z)")
_BETWEEN: Final = re.compile(rf"\s?(?:-|~|—|‒|―|〜|→|から|\.\.\.?|…)\s?|\s(?:{_BETWEEN_WORDS})\s", re.IGNORECASE)
_PARTS: Final = re.compile(r"(?P<before>[^\d]*)(?P<number>\d(?:[\d.,' ]*\d)?)(?P<after>[^\d]*)")
_LONGEST_FIRST: Final = "|".join(sorted(map(re.escape, MULTIPLES), key=len, reverse=True))
_MULTIPLE: Final = re.compile(rf"\s?(?:{_LONGEST_FIRST})\.?(?![^\W\d_])", re.IGNORECASE)
_GROUPED: Final = re.compile(r"\d{1,3}(?:[.,' ]\d{3})+")
_MONTH: Final = re.compile(r"(\d{1,2})[-. ]{1,2}([^\W\d_]{3,10})\.?|([^\W\d_]{3,10})\.?[-. ]{1,2}(\d{1,2})")
_MOST_LEADING: Final = 3


class Band(NamedTuple):
    """The text of the lower end, and that of the upper end where one is written."""

    lower: str
    upper: str | None = None


def tidy_number(text: str) -> str:
    """Bring digits, spaces, minus signs and apostrophes of all scripts to ASCII; drop invisible characters."""
    shown = (
        char
        for char in unicodedata.normalize("NFKC", text)
        if unicodedata.category(char) not in {"Cf", "Cc"} or char in "\t\n"
    )
    same = "".join(str(unicodedata.decimal(char)) if char.isdecimal() else char for char in shown)
    for unlike, like in (("\N{MINUS SIGN}", "-"), ("\N{EN DASH}", "-"), ("\N{RIGHT SINGLE QUOTATION MARK}", "'"),
                         ("\N{ARABIC DECIMAL SEPARATOR}", "."), ("\N{ARABIC THOUSANDS SEPARATOR}", ",")):  # fmt: skip
        same = same.replace(unlike, like)
    return _SPACES.sub(" ", same).strip()


def band_of(text: str) -> Band | None:
    """Return the ends of a band, in a tidied text; one number is a band without an upper end.

    Words such as about, over, or more fall away. A multiple and a currency that are written once hold for both ends
    ("10-20k €" begins at 10k €), but not for a lower end that is as large as the upper one ("500-1k"). None where the
    lower end is not known, as of "less than 10k", and where there are more than two ends.
    """
    for _ in range(_MOST_LEADING):
        match = _LEADING.match(text)
        if match is None:
            break
        text = text[match.end() :]
    if _UNKNOWN.match(text):
        return None
    text = _TRAILING.sub("", _PLUS.sub("", text)).strip()
    ends = [match.span() for match in _BETWEEN.finditer(text) if _has_digit(text[: match.start()])]
    ends = [(start, end) for start, end in ends if _has_digit(text[end:])]
    if not ends:
        return Band(text)
    if len(ends) > 1:
        return None
    lower, upper = text[: ends[0][0]].strip(), text[ends[0][1] :].strip()
    return Band(_completed(lower, upper), upper)


def month_band(text: str) -> int | None:
    """Return the lower end of a band that a spreadsheet took for a date: 11 of Nov-50 (11-50), 2 of 10-Feb (2-10).

    Whichever of the two was written first, the lower end is the smaller one.
    """
    match = _MONTH.fullmatch(text)
    if match is None:
        return None
    number, name = (match[1], match[2]) if match[1] else (match[4], match[3])
    month = months().get(name.casefold().replace("ä", "a"))
    return min(month, int(number)) or None if month else None


def _has_digit(text: str) -> bool:
    return any(char.isdigit() for char in text)


def _completed(lower: str, upper: str) -> str:
    """Write at the lower end what is only written at the upper one."""
    low, high = _PARTS.fullmatch(lower), _PARTS.fullmatch(upper)
    if low is None or high is None:
        return lower
    own, multiple = _MULTIPLE.match(low["after"]), _MULTIPLE.match(high["after"])
    shared = multiple[0] if multiple and not own and _rough(low["number"]) < _rough(high["number"]) else ""
    beside = low["after"][own.end() :] if own else low["after"]
    if low["before"].strip() or beside.strip():
        return f"{low['before']}{low['number']}{shared}{low['after']}"
    currency = high["after"][multiple.end() :] if multiple else high["after"]
    return f"{high['before']}{low['number']}{low['after']}{shared}{currency}"


def _rough(number: str) -> Decimal:
    """Read a number, to compare two that are written alike."""
    if _GROUPED.fullmatch(number):
        return Decimal(re.sub(r"\D", "", number))
    whole, _, fraction = re.sub("[' ]", "", number).replace(",", ".").partition(".")
    return Decimal(f"{whole}.{re.sub(r'[^0-9]', '', fraction) or 0}")

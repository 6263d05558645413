"""Headcounts of companies, as forms, tools, spreadsheets and people write them."""

import re
from decimal import Decimal
from functools import lru_cache
from typing import Final

from qualification.rules.field_errors import FieldFault, Unreadable
from qualification.rules.values.bands import MULTIPLES, band_of, month_band, tidy_number
from qualification.rules.values.folding import fold_label, fold_name


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


# No company has more; what is above was typed by somebody who did not want to say.
MOST_EMPLOYEES: Final = 10_000_000

_LONGEST: Final = 200
_GROUPED: Final = r"\d{1,3}(?:%s\d{3})+"
_WHOLE: Final = re.compile(
    rf"\d{{1,9}}|{_GROUPED % '[,]'}|{_GROUPED % '[.]'}|{_GROUPED % '[ ]'}|{_GROUPED % chr(39)}"
    r"|\d{1,2}(?:,\d{2})+,\d{3}"
)
_NUMBERS: Final = re.compile(r"\d(?:[\d.,']*\d)?")
_WITHOUT_DECIMALS: Final = re.compile(r"(\d+)[.,]0{1,2}")
_MULTIPLIED: Final = re.compile(r"(\d{1,6})(?:[.,](\d{1,2}))? ?([^\W\d_]+)\.?")
_HEADS: Final = re.compile(
    r"""\s?(?:\b(?:employees?|people|persons?|staff|heads?|headcount|ftes?|workers|members|seats|team\ members|personnel
    |mitarbeiter\w*|beschäftigte\w*|angestellte\w*|personen|leute|mann|ma\b|vollzeit\w*
    |kişi|kisi|çalışan\w*|calisan\w*|personel\w*|pracownik\w*|pracownic\w*|os[oó]b\w*|zatrudnion\w*
    |employ[ée]s?|salari[ée]s?|personnes|collaborateurs|empleados|trabajadores|personas|dipendenti|addetti|persone
    |funcion[áa]rios|colaboradores|empregados|pessoas|medewerkers|werknemers|mensen)\b|人|名|社員|従業員)\s?""",
    re.IGNORECASE | re.VERBOSE,
)
_SIZE_LABEL: Final = re.compile(
    r"\s?(?:company size|team size|size|firmengröße|unternehmensgröße)\s?[:=]\s?", re.IGNORECASE
)
_IN_BRACKETS: Final = re.compile(r"([^()\[\]]*)[(\[]([^()\[\]]*)[)\]]\s?")
_ALONE: Final = _listed(
    """
    selfemployed justme onlyme myself myselfonly justmyself solo solopreneur freelancer freelance soletrader
    soleproprietor oneman onemanband soleproprietorship selbststandig selbstandig freiberufler freiberuflich
    einzelunternehmer soloselbststandig einmannbetrieb nurich serbest serbestmeslek kendim jednoosobowa
    jednoosobowadzialalnosc samozatrudniony tylkoja 個人事業主 フリーランス 自営業
    ひとり 一人 autonomo independant autoentrepreneur
    liberoprofessionista zzp zzper
    """
)


def parse_size(text: str) -> int:
    """Read a number of employees; of a band its lower end: 51 of "51-200 employees", 1000 of "1K–5K".

    "Nov-50" is what a spreadsheet makes of 11-50; "Self-employed" is 1. A band without a lower end ("less than 10"), a
    number with decimals, and more than 10,000,000 are nothing: raise Unreadable for these and for anything else.
    """
    size = _size(text) if len(text) <= _LONGEST else None
    if size is None or not 1 <= size <= MOST_EMPLOYEES:
        raise Unreadable("size", text, FieldFault.BAD_SIZE)
    return size


def only_whole_number(text: str) -> int | None:
    """Return the one whole number of a text ("Team of 25 people", "0"); None where it has decimals or company.

    None too beside a word that may multiply it ("5 mil"), and after one that may make it less (a minus, "up to").
    """
    tidy = tidy_number(text[:_LONGEST])
    found = _NUMBERS.findall(tidy)
    if len(text) > _LONGEST or len(found) != 1 or not _WHOLE.fullmatch(found[0]) or band_of(tidy) is None:
        return None
    before, _, after = tidy.partition(found[0])
    word = re.match(r"\s?([^\W\d_]+)", after)
    may_multiply = after[:1].isalpha() or (word is not None and word[1].upper() in {*MULTIPLES, "MIL"})
    return None if may_multiply or before.endswith("-") else int(re.sub(r"\D", "", found[0]))


# Forms and tools write few different ones, over and over.
@lru_cache(maxsize=1024)
def _size(text: str) -> int | None:
    if _WHOLE.fullmatch(text):
        return int(re.sub(r"\D", "", text))
    tidy = tidy_number(text)
    if not any(char.isdigit() for char in tidy):
        return 1 if fold_label(fold_name(tidy)) in _ALONE else None
    brackets = _IN_BRACKETS.fullmatch(tidy)
    if brackets:
        with_digits = [part for part in brackets.groups() if any(char.isdigit() for char in part)]
        tidy = with_digits[0] if len(with_digits) == 1 else tidy
    month = month_band(tidy.strip())
    if month:
        return month
    band = band_of(_HEADS.sub(" ", _SIZE_LABEL.sub("", tidy)).strip())
    if band is None:
        return None
    lower = _one(band.lower)
    upper = _one(band.upper) if band.upper is not None else lower
    if lower is None or upper is None or lower > upper:
        return None
    return max(lower, 1) if band.upper is not None and upper else lower


def _one(text: str) -> int | None:
    """Read one number."""
    text = text.strip().rstrip(".")
    if _WHOLE.fullmatch(text):
        return int(re.sub(r"\D", "", text))
    whole = _WITHOUT_DECIMALS.fullmatch(text)
    if whole:
        return int(whole[1][:_LONGEST])
    multiplied = _MULTIPLIED.fullmatch(text)
    power = MULTIPLES.get(multiplied[3].upper()) if multiplied else None
    if multiplied is None or power is None:
        return None
    size = Decimal(f"{multiplied[1]}.{multiplied[2] or 0}").scaleb(power)
    return int(size) if size == size.to_integral_value() else None

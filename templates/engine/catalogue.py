"""The words of a reader's language, and numbers, money, places and times as that language writes them."""

import gettext
import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton, format_time
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_currency, format_decimal, get_currency_precision

from templates.engine.marks import Prose, Style, prose, value

_CATALOGUES = Path(__file__).parent.parent / "locale"
_SOURCE = "en"
_LETTER_THEN_DIGIT = re.compile(r"(?<=[A-Za-z])(?=\d)")


# Of methods of languages, which are few and live as long as the process.
_remembered = lru_cache(maxsize=1024)


@cache
def translations(language: str) -> gettext.NullTranslations:
    """Return a language's catalogue, read from its .po file; one that knows no word when there is none."""
    file = _CATALOGUES / language / "LC_MESSAGES" / "messages.po"
    if not file.is_file():
        return gettext.NullTranslations()
    compiled = BytesIO()
    with file.open("rb") as source:
        write_mo(compiled, read_po(source, locale=language))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def languages() -> tuple[str, ...]:
    """Return the languages that people can read: English, and each with a catalogue."""
    return (_SOURCE, *sorted(folder.name for folder in _CATALOGUES.iterdir() if folder.is_dir()))


def read_locale(tag: str | None) -> Locale:
    """Return the locale of a BCP 47 tag such as `de-DE`; English for one that is unknown or has no catalogue."""
    try:
        locale = Locale.parse((tag or _SOURCE).replace("-", "_"))
    except (ValueError, TypeError, UnknownLocaleError):
        return Locale.parse(_SOURCE)
    if locale.language != _SOURCE and not (_CATALOGUES / locale.language).is_dir():
        return Locale.parse(_SOURCE)
    return locale


def read_zone(name: str | None) -> ZoneInfo:
    """Return the time zone of that name; UTC for one this machine does not know."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class Words:
    """One language. What is put into a sentence is marked as foreign, unless it is prose itself."""

    locale: Locale
    translations: gettext.NullTranslations

    def gettext(self, message: str, **facts: object) -> Prose:
        """Return the sentence in this language."""
        return _filled(self.translations.gettext(message), facts)

    def ngettext(self, one: str, many: str, num: int, **facts: object) -> Prose:
        """Return the sentence that goes with this number."""
        return _filled(self.translations.ngettext(one, many, num), {"num": self.number(num), **facts})

    def pgettext(self, context: str, message: str, **facts: object) -> Prose:
        """Return a word that needs its context to be translated."""
        return _filled(self.translations.pgettext(context, message), facts)

    @_remembered
    def number(self, number: int) -> Prose:
        """Return a whole number with its thousands grouped."""
        return Prose(format_decimal(number, locale=self.locale))

    @_remembered
    def money(self, minor: int, currency: str) -> Prose:
        """Return an amount of minor units (cents, or yen where there are none), without needless zeros."""
        digits = get_currency_precision(currency)
        amount = Decimal(minor).scaleb(-digits)
        if amount == amount.to_integral_value():
            pattern = str(self.locale.currency_formats["standard"].pattern).replace(".00", "")
            text = format_currency(amount, currency, pattern, locale=self.locale, currency_digits=False)
        else:
            text = format_currency(amount, currency, locale=self.locale)
        return value(_LETTER_THEN_DIGIT.sub("\xa0", text))

    @_remembered
    def country(self, code: str) -> Prose:
        """Return the name of the country with that ISO 3166-1 code; what is no code is shown as it is."""
        return value(str(self.locale.territories.get(code.upper(), code)))

    @_remembered
    def clock(self, at: datetime, style: Style, zone: ZoneInfo) -> str:
        """Return the time as words, for places where Slack cannot show it in the reader's own zone."""
        there = at.astimezone(zone)
        day = format_skeleton("MMMd", there, locale=self.locale)
        if style is Style.DAY:
            return day
        time = format_time(there, "short", tzinfo=zone, locale=self.locale)
        return str(self.translations.gettext("%(day)s, %(time)s %(zone)s")) % {
            "day": day,
            "time": time,
            "zone": there.tzname(),
        }

    @_remembered
    def day(self, day: date) -> Prose:
        """Return a day in words, with its year."""
        return value(format_date(day, "full", locale=self.locale))

    def pattern(self, style: Style) -> str:
        """Return the pattern by which Slack writes a moment in the reader's zone."""
        return str(self.translations.gettext(_PATTERNS[style]))


def gettext_noop(message: str) -> str:
    """Mark a message for the catalogue."""
    return message


_PATTERNS = {
    Style.DAY_AND_TIME: gettext_noop("{date_short_pretty} at {time}"),
    Style.DAY: gettext_noop("{date_short_pretty}"),
}


def _filled(message: str, facts: dict[str, object]) -> Prose:
    marked = {name: prose(fact if isinstance(fact, str) else str(fact)) for name, fact in facts.items()}
    return Prose(message % marked)


@lru_cache(maxsize=64)
def words_for(tag: str | None) -> Words:
    """Return the words for a reader whose Slack speaks that language."""
    locale = read_locale(tag)
    return Words(locale, translations(locale.language))

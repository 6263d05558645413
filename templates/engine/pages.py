"""Pages of HTML for a browser: whole by themselves, without scripts, every value escaped."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context

from templates.engine.catalogue import languages, read_locale, read_zone, translations

_FOLDER: Final = Path(__file__).parent.parent
_SUFFIX: Final = ".html.j2"
_SOURCE: Final = "en"
# A browser lists a few languages; nobody reads more.
_MOST_LANGUAGES: Final = 20


def page(name: str, facts: Mapping[str, object], *, zone: str) -> str:
    """Return the page that a template makes of the facts; it shows times in that IANA zone."""
    return _environment().get_template(name + _SUFFIX).render({**facts, "zone": read_zone(zone)})


def public_page(name: str, facts: Mapping[str, object], *, language: str) -> str:
    """Return the page that a template makes of the facts for somebody on the web, in one of our languages."""
    locale = read_locale(language)
    return _translated(locale.language).get_template(name + _SUFFIX).render({**facts, "language": locale.language})


def readers_language(accepted: str, default: str = _SOURCE) -> str:
    """Return the first of our languages that a reader wants, by a header Accept-Language or a tag such as de-AT."""
    wanted: list[tuple[float, str]] = []
    for each in accepted.split(",", _MOST_LANGUAGES)[:_MOST_LANGUAGES]:
        tag, *parameters = each.split(";")
        weights = [text.strip()[2:] for text in parameters if text.strip().startswith("q=")]
        try:
            weight = float(weights[0]) if weights else 1.0
        except ValueError:
            weight = 0.0
        if weight > 0:
            wanted.append((-weight, tag.strip().replace("_", "-").partition("-")[0].lower()))
    ours = languages()
    return next((tag for _, tag in sorted(wanted, key=lambda each: each[0]) if tag in ours), default)


@pass_context
def _moment(context: Context, at: datetime) -> str:
    """Return a moment in the page's zone, with the zone's name."""
    zone: ZoneInfo = context["zone"]
    there = at.astimezone(zone)
    return f"{format_datetime(there, 'd MMM yyyy, HH:mm:ss', locale='en')} {there.tzname()}"


def _filled_columns(rows: Sequence[Mapping[str, object]]) -> list[str]:
    """Return the columns of a table in which any of its rows holds something."""
    return [name for name in rows[0] if any(row[name] is not None for row in rows)] if rows else []


def _label(column: str) -> str:
    """Return a column's name as words."""
    return column.replace("_", " ").capitalize()


@cache
def _translated(language: str) -> Environment:
    """Return the environment of a language, of which there are few."""
    made = _new_environment(["jinja2.ext.i18n"])
    made.install_gettext_translations(translations(language), newstyle=True)  # type: ignore[attr-defined]
    return made


@lru_cache(maxsize=1)
def _environment() -> Environment:
    made = _new_environment([])
    made.filters |= {"filled_columns": _filled_columns, "label": _label, "moment": _moment}
    made.tests["moment"] = lambda value: isinstance(value, datetime)
    return made


def _new_environment(extensions: Sequence[str]) -> Environment:
    return Environment(
        extensions=extensions,
        loader=FileSystemLoader(_FOLDER),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )

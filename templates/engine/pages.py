"""Pages of HTML for a browser: whole by themselves, without scripts, every value escaped."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context

from templates.engine.catalogue import read_zone

_FOLDER: Final = Path(__file__).parent.parent
_SUFFIX: Final = ".html.j2"


def page(name: str, facts: Mapping[str, object], *, zone: str) -> str:
    """Return the page that a template makes of the facts; it shows times in that IANA zone."""
    return _environment().get_template(name + _SUFFIX).render({**facts, "zone": read_zone(zone)})


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


@lru_cache(maxsize=1)
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(_FOLDER),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters |= {"filled_columns": _filled_columns, "label": _label, "moment": _moment}
    made.tests["moment"] = lambda value: isinstance(value, datetime)
    return made

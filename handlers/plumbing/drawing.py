"""Templates drawn for whoever reads them: in their language, and with their time on the clock."""

from typing import Any

import templates
from qualification.people.people import Reader


def draw(reader: Reader, name: str, **facts: object) -> dict[str, Any]:
    """Return the payload of a template for this reader."""
    return templates.render(name, locale=reader.locale, zone=reader.zone, **facts)


def say(reader: Reader, name: str, **facts: object) -> str:
    """Return the text of a reply in plain words for this reader."""
    return templates.sentence(name, locale=reader.locale, zone=reader.zone, **facts)

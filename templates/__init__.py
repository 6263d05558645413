"""Everything a person reads in Slack: Block Kit payloads made from plain facts, in the reader's language.

A template is a JSON text with Jinja2 in it. Whatever it is given is foreign: it is written out by the structure it
stands in, so that it reads as it was typed and can never mention, link, format or break anything.
"""

from templates.engine import environment
from templates.engine.catalogue import languages, read_zone, words_for
from templates.engine.environment import source
from templates.engine.structure import Reader, resolve, resolve_plain

__all__ = ["load", "render", "sentence"]


def render(name: str, *, locale: str | None = "en", zone: str | None = "UTC", **facts: object) -> dict[str, object]:
    """Return the payload of a template such as `messages/lead_card`: a message, a view or a private reply.

    `locale` is a BCP 47 tag, `zone` an IANA name; both are the reader's, English and UTC stand in for unknown ones. The
    same arguments give the same bytes. Raises `jinja2.TemplateNotFound` for an unknown name and
    `jinja2.UndefinedError` for a missing fact.
    """
    reader = _reader(locale, zone)
    return resolve(source(name, reader.words, facts), reader)


def sentence(name: str, *, locale: str | None = "en", zone: str | None = "UTC", **facts: object) -> str:
    """Return a reply's text in plain words on one line, for places that take neither markup nor blocks.

    A mention becomes the name, a moment is written in `zone`. Raises like `render`.
    """
    reader = _reader(locale, zone)
    return resolve_plain(str(source(name, reader.words, facts)["text"]), reader)


def load() -> None:
    """Load every template in every language, so that the first reader waits for none."""
    environment.load_all(words_for(language) for language in languages())


def _reader(locale: str | None, zone: str | None) -> Reader:
    return Reader(words_for(locale), read_zone(zone))

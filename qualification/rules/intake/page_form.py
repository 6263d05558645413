"""What a form in a public page says to us beside what the visitor filled in: its key, a honeypot, its language."""

from dataclasses import dataclass
from typing import Final

# The field that holds the page's publishable key, where it isn't in the form's address.
KEY: Final = "_key"
# The field that says in which language the page is, such as de.
LANGUAGE: Final = "_lang"
# Fields that no visitor sees and only programs fill in: ours, and those of pages that were made for FormSubmit and
# Netlify (formsubmit.co/documentation, docs.netlify.com/manage/forms/spam-filters).
HONEYPOTS: Final = frozenset({"_gotcha", "_honey", "bot-field"})


@dataclass(frozen=True, slots=True)
class PageForm:
    """A form of a page: what the visitor filled in, and what the page says beside it."""

    filled_in: object
    key: str | None = None
    language: str | None = None
    is_trapped: bool = False


def read(payload: object) -> PageForm:
    """Take a payload apart; one that isn't a form is all filled in."""
    if not isinstance(payload, dict):
        return PageForm(payload)
    own = {KEY, LANGUAGE, *HONEYPOTS}
    filled_in = {name: value for name, value in payload.items() if name not in own}
    trapped = any(payload.get(name) not in (None, "", [], {}) for name in HONEYPOTS)
    return PageForm(filled_in, _text(payload.get(KEY)), _text(payload.get(LANGUAGE)), is_trapped=trapped)


def _text(value: object) -> str | None:
    return (value.strip() or None) if isinstance(value, str) else None

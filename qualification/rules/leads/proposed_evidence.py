"""What a lead answered elsewhere, a quiz for example, to an item of a checklist: proposed, until a person says so.

It stands among the lead's further fields, so that it is merged, exported and erased with them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

# An entry of a lead's fields for each item, so that what comes later adds to what came before.
_PREFIX: Final = "checklist."
# What fits beside a question in the checklist's modal.
LONGEST_WORDS: Final = 1000


@dataclass(frozen=True, slots=True)
class Proposal:
    """The lead's words about an item, and the name of the sender that they came from."""

    words: str
    source: str


def as_fields(words: Mapping[str, object], source: str) -> dict[str, object]:
    """Return what is to be kept among a lead's fields, from words by the key of their item; blank ones are left out."""
    said = {item: str(text).strip()[:LONGEST_WORDS] for item, text in words.items()}
    return {f"{_PREFIX}{item}": {"words": text, "source": source} for item, text in said.items() if text}


def proposals(fields: Mapping[str, Any] | None) -> dict[str, Proposal]:
    """Return what is proposed among a lead's fields, by item; an entry of another shape is none."""
    found = {}
    for name, value in (fields or {}).items():
        match value:
            case {"words": str(words), "source": str(source)} if name.startswith(_PREFIX) and words.strip():
                found[name.removeprefix(_PREFIX)] = Proposal(words[:LONGEST_WORDS], source)
    return found

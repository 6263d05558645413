"""What was answered in a form: labels with their answers, flat and in order, whatever shape its tool gives them.

A label is what the visitor read: a title says more than a key or a reference, and a key says more than a type. What
labels mean is in `field_names`.
"""

import re
import threading
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Final, TypeAlias

from qualification.rules.values import named_fields, normalization
from qualification.rules.values.field_names import meaning
from qualification.rules.values.form_shapes import Answer, folded, holds, listed, walk
from qualification.rules.values.label_words import LONGEST

Answers: TypeAlias = dict[str, object]

# No form asks more; a list of leads is split before it comes here.
_MOST_ANSWERS: Final = 1000
_MOST_KEPT: Final = 100
# Several names for one thing: "Company / organisation".
_EITHER: Final = re.compile(r"\s*[/|]\s*")
_TYPES: Final[Mapping[str, str]] = {
    "email": "Email", "inputemail": "Email", "phone": "Phone", "phonenumber": "Phone", "inputphonenumber": "Phone",
    "tel": "Phone",
}  # fmt: skip


def answers(payload: object) -> Answers:
    """Return the answers by their labels, those with the same label as a list; at most 1000 of them.

    Where no label means an address or a phone number, the first question of that type does, and then the single answer
    that is an address. Those two are under `Email` and `Phone`.
    """
    memory = _memory.last
    if memory is not None and memory[0] is payload:
        return memory[1]
    read = [*islice(walk(payload, "", 0), _MOST_ANSWERS)]
    labelled = [(_label(each.labels), each) for each in read if holds(each.value)]
    known = {meaning(label) for label, _ in labelled}
    for label in ("Email", "Phone"):
        found = None if meaning(label) in known else _unlabelled(label, labelled)
        if found is not None:
            labelled[found] = (label, labelled[found][1])
    flat: Answers = {}
    for label, each in labelled:
        flat[label] = [*listed(flat[label]), *listed(each.value)] if label in flat else each.value
    _memory.last = (payload, flat)
    return flat


def meant(payload: object, means: object) -> object:
    """Return the first answer that means this, such as 'email'; of addresses the first that is one."""
    found = all_meant(payload, means)
    if means == "email":
        return next((each for each in found if _is_address(each)), next(iter(found), None))
    return next(iter(found), None)


def more_meant(payload: object, means: object) -> list[str]:
    """Return the further answers that mean this, beside the one that `meant` returns: a second address or number."""
    chosen = meant(payload, means)
    return [str(each) for each in all_meant(payload, means) if each != chosen and isinstance(each, str | int)]


def all_meant(payload: object, means: object) -> list[object]:
    """Return every answer that means this, the preferred one first, each once."""
    return named_fields.all_meant(answers(payload), means)


def refused(payload: object) -> bool | None:
    """Say whether a question that asks for refusals was answered with yes; None where there is none."""
    return named_fields.refused(answers(payload))


def others(payload: object) -> Answers:
    """Return the answers to questions that mean none of a lead's fields, by their labels; at most 100 of them."""
    kept = ((label, value) for label, value in answers(payload).items() if meaning(label) is None)
    return dict(islice(kept, _MOST_KEPT))


def _label(labels: Iterable[str]) -> str:
    """Return the first of the names that means something, or one of its halves that does; else the first name."""
    named = [*labels]
    for label in named:
        if meaning(label) is not None:
            return label
        halves = _EITHER.split(label[:LONGEST])
        known = {meaning(half) for half in halves} - {None}
        if len(halves) > 1 and len(known) == 1:
            return next(half for half in halves if meaning(half) is not None)
    return next(iter(named), "")


def _unlabelled(label: str, labelled: list[tuple[str, Answer]]) -> int | None:
    """Return the place of the answer that no label tells of: the first of that type, else the single address."""
    free = [place for place, (known, _) in enumerate(labelled) if meaning(known) is None]
    typed = next((place for place in free if _TYPES.get(folded(labelled[place][1].kind)) == label), None)
    if typed is not None or label != "Email":
        return typed
    addresses = [place for place in free if _is_address(labelled[place][1].value)]
    distinct = {str(labelled[place][1].value).strip().casefold() for place in addresses}
    return addresses[0] if len(distinct) == 1 else None


def _is_address(value: object) -> bool:
    try:
        return isinstance(value, str) and "@" in value and bool(normalization.check_email(value))
    except normalization.Unreadable:
        return False


class _Memory(threading.local):
    """The latest payload and its answers: a mapping asks a dozen questions about each."""

    last: tuple[object, Answers] | None = None


_memory = _Memory()

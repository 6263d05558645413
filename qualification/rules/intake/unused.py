"""What of a payload makes no difference to the leads and activities that it becomes."""

from collections.abc import Iterator
from datetime import datetime
from itertools import islice

from qualification.rules.intake.mapping import map_payload
from qualification.rules.playbook.sender import Sender
from qualification.rules.values.form_shapes import answer_of, holds
from qualification.rules.values.paths import Path, written

# Each is left out once and the payload read anew: more than this takes too long for somebody who waits.
MOST_LOOKED_AT = 300
# In place of the id that is made of the whole payload.
_DELIVERY = "delivery"


def unused(sender: Sender, payload: object, now: datetime) -> list[str]:
    """Return the paths of the values that change nothing if they are left out, in their order; at most 300 are tried.

    A question with its answer counts as one: what it is called and its type are used where the answer is.
    """
    as_it_is = repr(map_payload(sender, payload, received_id=_DELIVERY, now=now))
    found: dict[Path, bool] = {}
    left = payload
    for path, shown in islice(_leaves(payload, (), None), MOST_LOOKED_AT):
        without = _without(left, path)
        is_used = repr(map_payload(sender, without, received_id=_DELIVERY, now=now)) != as_it_is
        found[shown] = is_used or found.get(shown, False)
        # Of two values that say the same one is used.
        left = left if is_used else without
    return [written(shown) for shown, is_used in found.items() if not is_used]


def _leaves(value: object, path: Path, question: Path | None) -> Iterator[tuple[Path, Path]]:
    """Yield the path of each value that holds something, and that of the question around it, or else its own again.

    Of a question only the answer is yielded.
    """
    if isinstance(value, dict):
        answer = answer_of(value) if path else None
        for name, inner in value.items():
            if answer is None or name == answer:
                yield from _leaves(inner, (*path, str(name)), question or (path if answer else None))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _leaves(inner, (*path, index), question)
    elif holds(value):
        yield path, question or path


def _without(value: object, path: Path) -> object:
    """Return a copy in which nothing stands at the path."""
    if not path:
        return None
    step, *rest = path
    if isinstance(value, dict):
        return {name: _without(inner, tuple(rest)) if str(name) == step else inner for name, inner in value.items()}
    if isinstance(value, list):
        return [_without(inner, tuple(rest)) if index == step else inner for index, inner in enumerate(value)]
    return value

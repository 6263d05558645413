"""What a description of a lead lost on its way in: fields that couldn't be kept as they were written."""

import json
from dataclasses import dataclass, replace
from typing import Final

from qualification.rules.values.normalization import storable

# Characters of a lost field that are kept as they were written.
LONGEST_WRITTEN: Final = 300


@dataclass(frozen=True, slots=True)
class Loss:
    """A field that was cut or left out.

    `field` is its path, such as lead.size. `reason` says what is wrong in words that follow the field's name, and never
    repeats what was written. `written` is what was written, shortened; "" where the rest of it stands in the field.
    """

    field: str
    reason: str
    written: str = ""

    def inside(self, path: str) -> "Loss":
        """Return the loss with its field below the path, such as `lead`."""
        return replace(self, field=f"{path}.{self.field}")


def written(value: object) -> str:
    """Return a value as it is kept beside: text as it is, else as JSON; at most LONGEST_WRITTEN characters."""
    if isinstance(value, str):
        text = value
    else:
        try:
            text = json.dumps(value, ensure_ascii=False, default=str)
        except (ValueError, RecursionError):
            return ""
    text = storable(text).strip()
    return text if len(text) <= LONGEST_WRITTEN else f"{text[: LONGEST_WRITTEN - 1]}…"

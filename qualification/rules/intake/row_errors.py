"""What is wrong with a row, field by field, in sentences that never repeat what the sender wrote."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from qualification.rules.field_errors import FieldFault, Unreadable

NO_COUNTRY = "isn't a country"
NO_SIZE = "isn't a number of employees"
NO_TIME = "isn't a valid date and time"
NO_ZONE = "has no time zone"
ERASED = "is somebody who was erased here, and must not come back: baton suppressions lift lets them"

UNREADABLE: Mapping[FieldFault, str] = {
    FieldFault.BAD_EMAIL: "isn't a valid e-mail address",
    FieldFault.BAD_COUNTRY: NO_COUNTRY,
    FieldFault.BAD_SIZE: NO_SIZE,
    FieldFault.BAD_VALUE: "isn't an amount of money",
    FieldFault.NEGATIVE_VALUE: "can't be negative",
    FieldFault.AMBIGUOUS_VALUE: "can be read in two ways; write it like 12000.50",
    FieldFault.UNKNOWN_CURRENCY: "has an unknown currency; write its code, such as EUR",
}
# The sentence for each type of error that pydantic reports.
_REASONS: Mapping[str, str] = {
    "string_type": "isn't text",
    "missing": "is missing",
    "extra_forbidden": "isn't a known field; anything else goes into fields",
    "string_too_long": "is longer than {max_length} characters",
    "string_too_short": "is empty",
    "too_long": "is longer than {max_length} characters",
    "timezone_aware": NO_ZONE,
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "dict_type": "must be an object of names and values",
    "model_type": "must be an object of names and values",
    "less_than_equal": "is more than {le}",
    "greater_than_equal": "is less than {ge}",
}


@dataclass(frozen=True, slots=True)
class RowError:
    """What is wrong with one field, by its path such as lead.email; the reason never repeats the field's value."""

    field: str
    reason: str


class InvalidRow(Exception):
    """A row that cannot be ingested; `errors` names every field that is wrong."""

    def __init__(self, errors: tuple[RowError, ...]) -> None:
        """Keep every error, so that the sender can correct all of them at once."""
        super().__init__(f"{len(errors)} errors")
        self.errors = errors

    def inside(self, path: str) -> tuple[RowError, ...]:
        """Return the errors with their fields below the path, such as `lead`."""
        return tuple(RowError(f"{path}.{each.field}" if each.field else path, each.reason) for each in self.errors)


def validation_errors(error: ValidationError) -> Iterator[RowError]:
    """Yield a row error for each error that pydantic found."""
    for detail in error.errors(include_url=False, include_input=False):
        yield error_of(detail)


def error_of(detail: ErrorDetails) -> RowError:
    """Return the row error for an error that pydantic found."""
    return RowError(".".join(str(step) for step in detail["loc"]), _reason(detail))


def _reason(detail: ErrorDetails) -> str:
    """Return the sentence for an error without the value itself, which may be personal."""
    context = detail.get("ctx", {})
    fault = context.get("error")
    if isinstance(fault, Unreadable):
        return UNREADABLE.get(fault.fault, "can't be read")
    if isinstance(fault, ValueError):
        return str(fault)
    if detail["type"].startswith("datetime"):
        return NO_TIME
    sentence = _REASONS.get(detail["type"])
    return sentence.format_map(context) if sentence else detail["msg"].lower()

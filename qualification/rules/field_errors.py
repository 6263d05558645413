"""What may be wrong with one field of a form."""

from enum import StrEnum


class FieldFault(StrEnum):
    """What is wrong with one field of a form; the words are in the templates."""

    REQUIRED = "required"
    TOO_LONG = "too_long"
    BAD_EMAIL = "bad_email"
    BAD_COUNTRY = "bad_country"
    BAD_SIZE = "bad_size"
    BAD_VALUE = "bad_value"
    NEGATIVE_VALUE = "negative_value"
    AMBIGUOUS_VALUE = "ambiguous_value"
    UNKNOWN_CURRENCY = "unknown_currency"
    BAD_DATE = "bad_date"
    PAST_DATE = "past_date"
    FAR_DATE = "far_date"
    UNKNOWN_CHOICE = "unknown_choice"
    NOTE_REQUIRED = "note_required"
    SAME_COMPANY = "same_company"


class Unreadable(ValueError):
    """A text that cannot be read as what a field asks for; `fault` says why."""

    def __init__(self, field: str, text: str, fault: FieldFault) -> None:
        """Keep the field's name, the text as typed and what is wrong with it."""
        super().__init__(f"{field}: {fault}: {text!r}")
        self.field = field
        self.text = text
        self.fault = fault

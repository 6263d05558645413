"""Refusals: each with a name of its own, and facts that stay."""

import re

import pytest

from qualification.rules import refusals
from qualification.rules.field_errors import FieldFault
from qualification.rules.refusals import AlreadyTaken, InvalidFields, NoteRequired, Refusal

EVERY = [
    each
    for each in vars(refusals).values()
    if isinstance(each, type) and issubclass(each, Refusal) and each is not Refusal
]


@pytest.mark.parametrize("refusal", EVERY)
def test_a_refusal_is_named_after_its_class(refusal: type[Refusal]) -> None:
    assert refusal.name == re.sub(r"(?<!^)(?=[A-Z])", "_", refusal.__name__).lower()


def test_no_two_refusals_share_a_name() -> None:
    assert len({refusal.name for refusal in EVERY}) == len(EVERY) > 20


def test_facts_cannot_be_changed_on_the_way_to_the_reader() -> None:
    refusal = AlreadyTaken(owner=None)
    with pytest.raises(TypeError):
        refusal.facts["owner"] = "somebody else"  # type: ignore[index]


def test_a_form_keeps_every_fault() -> None:
    fields = {"email": FieldFault.BAD_EMAIL, "size": FieldFault.BAD_SIZE}
    refusal = InvalidFields(fields)
    fields.clear()
    assert refusal.fields == {"email": "bad_email", "size": "bad_size"} == refusal.facts["fields"]


def test_a_missing_note_is_shown_at_its_field() -> None:
    assert NoteRequired(reason="Other").fields == {"note": FieldFault.NOTE_REQUIRED}
    assert NoteRequired(reason="Other").facts["reason"] == "Other"

"""Rows in which something is wrong, read so that it costs that field and never the lead."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qualification.rules.intake import lenient
from qualification.rules.intake.row_errors import InvalidRow
from qualification.rules.leads.lead_input import MOST_FIELDS, MOST_FURTHER, ActivityInput, LeadInput

NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)
IVY = {"email": "ivy@acme.example"}


def read(**fields: object) -> LeadInput:
    return lenient.read(LeadInput, {**IVY, **fields})


@pytest.mark.parametrize(
    ("fields", "kept", "lost"),
    [
        ({"name": "I" * 400}, {"name": "I" * 299 + "…"}, ["name"]),
        ({"id": "7" * 300}, {}, ["id"]),
        ({"source": "s" * 50}, {}, ["source"]),
        ({"country": "Atlantis"}, {}, ["country"]),
        ({"size": "99999999"}, {}, ["size"]),
        ({"size": {"from": 1}}, {}, ["size"]),
        ({"name": 7}, {"name": "7"}, []),
        ({"name": True}, {}, ["name"]),
        ({"name": {"value": "Ivy"}}, {"name": "Ivy"}, []),
        ({"problem": ["Slow", "Late"]}, {"problem": "Slow, Late"}, []),
        ({"colour": "red"}, {"fields": {"colour": "red"}}, ["colour"]),
        ({"colour": "red", "fields": {"colour": "blue"}}, {"fields": {"colour": "blue"}}, ["colour"]),
        ({"fields": "all"}, {}, ["fields"]),
        ({"fields": {"a": float("nan"), "b": 1}}, {"fields": {"b": 1}}, ["fields.a"]),
        ({"losses": [1]}, {}, ["losses"]),
        ({"do_not_contact": "perhaps"}, {"do_not_contact": True}, ["do_not_contact"]),
        ({"do_not_contact": "nein"}, {"do_not_contact": False}, []),
        ({"do_not_contact": "hayır"}, {"do_not_contact": False}, []),
        ({"do_not_contact": "Tak"}, {"do_not_contact": True}, []),
        ({"do_not_contact": "unknown"}, {}, []),
        ({"do_not_contact": {"a": 1}}, {"do_not_contact": True}, ["do_not_contact"]),
        ({"emails": ["b@acme.example", "nonsense", None]}, {"emails": ("b@acme.example",)}, ["emails"]),
        ({"email": "ivy@acme.example; i@b.example"}, {"emails": ("i@b.example",)}, []),
        ({"phone": "+49 30 123456 / +49 30 123457"}, {"phone": "+49 30 123456", "phones": ("+49 30 123457",)}, []),
        ({"phones": ["", "+49 30 1234567"]}, {"phone": "+49 30 1234567"}, []),
    ],
)
def test_a_wrong_field_costs_that_field(fields: dict[str, Any], kept: dict[str, Any], lost: list[str]) -> None:
    lead = read(**fields)
    assert lead.model_dump(exclude_defaults=True, exclude={"losses"}) == {**IVY, **kept}
    assert [loss.field for loss in lead.losses] == lost


def test_what_was_written_is_kept_beside_and_never_in_a_reason() -> None:
    (loss,) = read(country="Atlantis").losses
    assert (loss.written, "Atlantis" in loss.reason) == ("Atlantis", False)
    (loss,) = read(size=[1, 2]).losses
    assert loss.written == "[1, 2]"
    (loss,) = read(country="A" * 90 + "\x00").losses
    assert loss.written == "A" * 90


def test_of_many_fields_as_many_are_kept_as_there_is_room_for() -> None:
    many = {f"f{number}": number for number in range(MOST_FIELDS + 3)}
    lead = read(fields=many)
    assert [*lead.fields] == [*many][:MOST_FIELDS]
    assert [loss.field for loss in lead.losses] == [f"fields.f{MOST_FIELDS + each}" for each in range(3)]
    lead = read(emails=[f"a{number}@acme.example" for number in range(MOST_FURTHER + 2)])
    assert (len(lead.emails), len(lead.losses)) == (MOST_FURTHER, 2)


@pytest.mark.parametrize("nobody", [{}, {"name": "Ivy"}, {"email": "ivy"}, {"size": "12"}, [], "ivy", None])
def test_where_nobody_can_be_found_every_error_is_told(nobody: object) -> None:
    with pytest.raises(InvalidRow) as caught:
        lenient.read(LeadInput, nobody)
    assert caught.value.errors


def test_an_activity_without_an_id_has_the_same_one_when_it_comes_again_that_day() -> None:
    form = {"kind": "demo-request", "lead": IVY}
    first, again = (lenient.read_activity(form, now=NOW) for _ in range(2))
    assert isinstance(first, ActivityInput)
    assert first == again
    later = lenient.read_activity(form, now=NOW.replace(day=25))
    assert isinstance(later, ActivityInput)
    assert later.id != first.id
    dated = {**form, "at": "2026-11-24T09:00:00Z"}
    one, two = (lenient.read_activity(dated, now=NOW.replace(day=day)) for day in (24, 25))
    assert one == two


def test_an_activity_that_says_nothing_of_what_was_done_leaves_its_lead() -> None:
    lead = lenient.read_activity({"id": "1", "lead": IVY}, now=NOW)
    assert isinstance(lead, LeadInput)
    assert [error.field for error in lenient.lost_of(lead)] == ["activity.kind"]


odd = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from([*LeadInput.model_fields, "colour"]), odd))
def test_whatever_is_posted_with_an_address_is_a_lead(fields: dict[str, Any]) -> None:
    lead = lenient.read(LeadInput, {**fields, "id": "7"})
    assert lead.id == "7"
    assert lead == LeadInput.model_validate(lead.model_dump())


@given(odd | st.fixed_dictionaries({"lead": odd, "kind": odd, "at": odd, "id": odd}))
def test_whatever_is_posted_is_read_or_refused(posted: object) -> None:
    try:
        entry = lenient.read_activity(posted, now=NOW)
    except InvalidRow as invalid:
        assert invalid.errors  # noqa: PT017
    else:
        assert isinstance(entry, ActivityInput | LeadInput)

"""What was answered in a form, whatever its tool calls and nests it."""

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qualification.rules.values import form_answers
from qualification.rules.values.form_answers import answers, meant, more_meant, others, refused
from tests.qualification.rules.values.test_expressions import JSON

LEA = "lea@weber.example"


@pytest.mark.parametrize(
    ("payload", "found"),
    [
        # The name of a field, however it is written, and wherever it stands.
        ({"Email-2": LEA}, {"email": LEA}),
        ({"Your email address *": LEA}, {"email": LEA}),
        ({"data": {"attributes": {"E-Mail (geschäftlich)": LEA}}}, {"email": LEA}),
        ({"contact": {"email": LEA, "company": {"name": "Acme"}}}, {"email": LEA, "company": "Acme", "name": None}),
        ({"Company / organisation": "Acme"}, {"company": "Acme"}),
        ({"Telefon | Handy": "030 1"}, {"phone": "030 1"}),
        ({"wrapped": {"value": LEA, "label": "Email"}}, {"email": LEA}),
        ({"email": {"value": LEA, "versions": [1]}}, {"email": LEA}),
        ({"field_1": {"label": "Full Name", "value": "Lea Weber"}}, {"name": "Lea Weber"}),
        ([{"name": "email", "values": [LEA]}, {"name": "full_name", "values": ["Lea"]}], {"email": LEA, "name": "Lea"}),
        ({"name": {"first": "Lea", "last": "Weber"}}, {"first_name": "Lea", "last_name": "Weber", "name": None}),
        ({"phone": {"area": "030", "phone": "5550199"}}, {"phone": "030 5550199"}),
        ({"q12_phoneNumber4": {"full": "(030) 5550199"}, "slug": "x"}, {"phone": "(030) 5550199"}),
        # What is beside the answers is about the form.
        ({"name": "Contact", "id": 7, "fields": {"name": "Lea", "email": LEA}}, {"name": "Lea", "email": LEA}),
        ({"form": {"name": "Contact"}, "page": {"name": "Home"}, "email": LEA}, {"name": None}),
        # A label says more than a key, and a key more than a type.
        (
            [{"key": "email", "label": "Phone", "value": "030 1"}, {"key": "x", "label": "Mail", "value": LEA}],
            {"email": LEA, "phone": "030 1"},
        ),
        (
            [{"label": "Of a friend", "type": "email", "value": "f@x.example"}, {"label": "Email", "value": LEA}],
            {"email": LEA},
        ),
        ([{"label": "Where to?", "type": "email", "value": LEA}, {"label": "Your wish", "value": "x"}], {"email": LEA}),
        ([{"label": "How to call you?", "type": "tel", "value": "030 1"}], {"phone": "030 1"}),
        # The single address, where no name tells.
        ({"a": "Lea", "b": f" {LEA} ", "c": "x"}, {"email": f" {LEA} "}),
        ({"a": LEA, "b": LEA.upper()}, {"email": LEA}),
        ({"a": LEA, "b": "other@weber.example"}, {"email": None}),
        # A slip stays theirs, and isn't replaced by the address of somebody else.
        ({"email": "lea@weber", "recommended by": "f@x.example"}, {"email": "lea@weber"}),
        ({"email": "", "Work email": "no", "E-mail": LEA}, {"email": LEA}),
    ],
)
def test_the_answer_that_means_this_is_found(payload: object, found: dict[str, object]) -> None:
    assert {means: meant(payload, means) for means in found} == found


def test_further_addresses_and_numbers_are_found_each_once() -> None:
    form = {
        "Email": LEA,
        "Email 2": "lea.w@acme.example",
        "Secondary email": LEA,
        "Phone": 493055501,
        "Mobile": "0171 1",
    }
    assert (meant(form, "email"), more_meant(form, "email")) == (LEA, ["lea.w@acme.example"])
    assert (meant(form, "phone"), more_meant(form, "phone")) == (493055501, ["0171 1"])
    assert more_meant({}, "email") == []


def test_options_are_told_by_what_they_say() -> None:
    options = [{"id": "o1", "text": "Sheets"}, {"id": "o2", "text": "Paper"}]
    assert answers({"fields": [{"label": "Today", "value": ["o2", "o1", "o9"], "options": options}]}) == {
        "Today": ["Paper", "Sheets", "o9"]
    }


def test_what_means_none_of_a_leads_fields_is_kept() -> None:
    form = {"email": LEA, "Plan": "team", "Seats": 12, "Empty": " ", "Plan ": None, "Email opt out": "yes", "a": []}
    assert others(form) == {"Plan": "team", "Seats": 12}
    assert refused(form) is True
    assert len(others({f"colour {number}": "x" for number in range(500)})) == 100


def test_the_same_question_asked_twice_keeps_both_answers() -> None:
    asked = [{"question": "Plan", "answer": "team"}, {"question": "Plan", "answer": ["pro", "max"]}]
    assert answers(asked) == {"Plan": ["team", "pro", "max"]}


def test_a_payload_is_taken_apart_once_and_the_next_one_anew() -> None:
    first, second = {"email": LEA}, {"email": "other@weber.example"}
    assert answers(first) is answers(first)
    assert meant(second, "email") == "other@weber.example"
    assert meant(dict(first), "email") == LEA


@given(JSON, st.sampled_from(["email", "name", "phone", "nothing"]))
def test_no_payload_is_too_odd(payload: object, means: str) -> None:
    meant(payload, means)
    assert all(isinstance(each, str) for each in more_meant(payload, means))
    assert not {*others(payload)} - {*answers(payload)}


def test_a_large_payload_takes_a_time_that_grows_with_it() -> None:
    def seconds(entries: int) -> float:
        payload: dict[str, Any] = {
            "data": {"rows": [{"label": f"Q {number}", "value": "x"} for number in range(entries)]}
        }
        began = time.thread_time()
        form_answers.answers(payload)
        return time.thread_time() - began

    assert len(answers({f"q {number}": "x" for number in range(100_000)})) == 1000
    assert min(seconds(40_000) for _ in range(3)) < 9 * max(0.02, min(seconds(10_000) for _ in range(3)))

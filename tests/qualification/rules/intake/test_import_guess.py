"""What the columns of a file mean by their names, where no map says it."""

from collections import Counter
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qualification.rules.intake import import_guess
from qualification.rules.intake.import_guess import ConsentChoices, Guess
from qualification.rules.intake.import_rows import read_row
from qualification.rules.leads.lead_input import ImportRow
from tests.qualification.rules.intake.test_mapping import playbook

LONDON = ZoneInfo("Europe/London")


def guess(*columns: str, rows: list[dict[str, str]] | None = None, choices: ConsentChoices | None = None) -> Guess:
    return import_guess.guess(columns, playbook(), sample=rows or (), choices=choices or import_guess.NO_CHOICES)


def lead(guessed: Guess, **cells: str) -> dict[str, Any]:
    found = read_row(guessed.mapped, cells, LONDON)
    assert isinstance(found, ImportRow), found
    return found.lead.model_dump(exclude_defaults=True)


def test_columns_are_understood_by_their_names_and_the_rest_is_kept() -> None:
    cells = {
        "First Name": "Ivy",
        "Last name": "Chen",
        "E-Mail Address": "ivy@acme.example",
        "Company": "Acme",
        "# Employees": "51-200",
        "Lead Source": "demo",
        "Shoe size": "38",
        "_why": "x",
    }
    assert lead(guess(*cells), **cells) == {
        "name": "Ivy Chen",
        "email": "ivy@acme.example",
        "company": "Acme",
        "size": 51,
        "source": "demo",
        "fields": {"Lead Source": "demo", "Shoe size": "38"},
    }


@pytest.mark.parametrize("empty", ["", "  ", "-", "N/A", "not an address"])
def test_where_a_column_says_nothing_the_next_of_its_meaning_does(empty: str) -> None:
    guessed = guess("Name", "Email", "Email (2)", "Phone", "Work phone number")
    found = lead(
        guessed,
        **{"Name": "Rosa", "Email": empty, "Email (2)": "rosa@t.example", "Phone": "", "Work phone number": "1"},
    )
    assert (found["email"], found["phone"]) == ("rosa@t.example", "1")
    assert guessed.uses["email"] == ("Email", "Email (2)")
    assert guessed.kept == ()


def test_an_address_at_work_goes_before_one_at_home() -> None:
    guessed = guess("Person - Email - Home", "Person - Email - Work")
    both = {"Person - Email - Home": "me@home.example", "Person - Email - Work": "me@work.example"}
    assert lead(guessed, **both)["email"] == "me@work.example"


def test_where_no_name_tells_the_column_of_addresses_is_found_by_its_values() -> None:
    rows = [{"Wer": "Ivy", "Kanal": "ivy@acme.example", "Lead Owner": "ana@us.example"}] * 3
    guessed = guess("Wer", "Kanal", "Lead Owner", rows=rows)
    assert lead(guessed, **rows[0])["email"] == "ivy@acme.example"
    two = [{"a": "ivy@acme.example", "b": "joe@acme.example"}]
    assert "email" not in guess("a", "b", rows=two).uses


def test_the_kind_that_facebook_writes_before_a_number_goes() -> None:
    assert lead(guess("id", "phone_number"), id="l:1", phone_number="p:+493023125101")["phone"] == "+493023125101"


@pytest.mark.parametrize(
    ("column", "value", "refused"),
    [
        ("Unsubscribed from all email", "true", True),
        ("Email Opt Out", "1", True),
        ("Email Opt Out", "0", False),
        ("Person - Marketing status", "unsubscribed", True),
        ("Person - Marketing status", "subscribed", False),
        ("Permission", "no", True),
        ("Opt-in", "yes", False),
        ("Abgemeldet am", "1.3.2026", True),
    ],
)
def test_whoever_refused_contact_is_known_whatever_the_column_is_called(column: str, value: str, refused: bool) -> None:  # noqa: FBT001
    found = lead(guess("email", column), **{"email": "a@b.example", column: value})
    assert found["do_not_contact"] is refused


def test_one_refusal_among_several_columns_is_enough() -> None:
    cells = {"email": "a@b.example", "Opt-in": "yes", "Hard bounces": "2", "Email status": "verified"}
    assert lead(guess(*cells), **cells)["do_not_contact"] is True


def test_values_that_say_neither_yes_nor_no_are_found_with_their_count() -> None:
    rows = [{"email": "a", "Marketing status": each} for each in ("pending", "subscribed", "pending", "", "unsure")]
    columns = ("email", "Marketing status")
    assert import_guess.unclear_consents(columns, rows) == {"Marketing status": Counter(pending=2, unsure=1)}
    assert import_guess.unclear_consents(columns, rows, ConsentChoices(ignored=frozenset({"Marketing status"}))) == {}
    said = ConsentChoices({"Marketing status": frozenset({"pending"})})
    assert import_guess.unclear_consents(columns, rows, said) == {}


def test_what_a_person_said_of_a_column_counts() -> None:
    columns = ("email", "Marketing status")
    said = guess(*columns, choices=ConsentChoices({"Marketing status": frozenset({"Pending"})}))
    found = {
        value: lead(said, email="a@b.example", **{"Marketing status": value}).get("do_not_contact")
        for value in ("pending", "unsubscribed", "subscribed", "unsure")
    }
    assert found == {"pending": True, "unsubscribed": True, "subscribed": False, "unsure": None}
    ignored = guess(*columns, choices=ConsentChoices(ignored=frozenset({"Marketing status"})))
    assert lead(ignored, email="a@b.example", **{"Marketing status": "unsubscribed"}) == {
        "email": "a@b.example",
        "fields": {"Marketing status": "unsubscribed"},
    }


def test_columns_beyond_the_most_that_are_stored_are_named() -> None:
    guessed = guess("email", *(f"x{chr(97 + index % 26)}{index}" for index in range(130)))
    assert (len(guessed.kept), len(guessed.dropped)) == (100, 30)


@given(st.lists(st.text(min_size=1, max_size=20), min_size=1, max_size=10, unique=True))
def test_a_guess_can_always_be_read(columns: list[str]) -> None:
    cells = dict.fromkeys(columns, "x")
    read_row(import_guess.guess(columns, playbook(), sample=[cells]).mapped, cells, LONDON)


def test_further_addresses_and_numbers_are_kept_behind_the_first() -> None:
    cells = {
        "Email": "a@b.example",
        "Secondary Email": "c@d.example",
        "Phone": "",
        "Mobile": "1",
        "Handy": "2",
        "Tel": "1",
    }
    found = lead(guess(*cells), **cells)
    assert (found["email"], found["emails"]) == ("a@b.example", ("c@d.example",))
    assert (found["phone"], found["phones"]) == ("1", ("2",))

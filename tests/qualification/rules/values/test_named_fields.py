"""The fields of a form by what their names mean."""

import pytest

from qualification.rules.values.named_fields import all_meant, full_name, meant, refused


def test_the_first_field_of_a_meaning_that_holds_something_is_its_value() -> None:
    form = {
        "email": "",
        "Work E-Mail": "  ",
        "Deine E-Mail-Adresse": {"value": "ivy@acme.example"},
        "mail 2": "b@c.example",
    }
    assert meant(form, "email") == "ivy@acme.example"
    assert all_meant(form, "email") == ["ivy@acme.example", "b@c.example"]
    assert meant({"phone": ["", "030 1"]}, "phone") == "030 1"
    assert meant({"size": 0}, "size") == 0
    assert meant({"Email opt out": "ivy@acme.example"}, "email") is None
    assert meant("email", "email") is None


@pytest.mark.parametrize(
    ("first", "last", "name"),
    [
        ("Ivy", "Chen", "Ivy Chen"),
        ("Ivy", "Ivy Chen", "Ivy Chen"),
        ("太郎", "山田", "山田 太郎"),
        ("Ivy", None, "Ivy"),
        (None, " Chen ", "Chen"),
        ("", "", None),
        ("Al", "Alvarez", "Al Alvarez"),
    ],
)
def test_two_halves_make_one_name(first: object, last: object, name: str | None) -> None:
    assert full_name(first, last) == name


def test_a_refusal_is_found_whatever_it_is_called_and_a_missing_consent_is_none() -> None:
    assert refused({"email": "a@b.example", "Email opt out": "on"}) is True
    assert refused({"Unsubscribed": "no", "Abgemeldet": "ja"}) is True
    assert refused({"Unsubscribed": "no"}) is False
    assert refused({"Newsletter opt-in": "no"}) is None
    assert refused({"Unsubscribed": "who knows"}) is None
    assert refused([]) is None

"""Messages read as somebody would who fills a form from them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qualification.rules.intake.message_parser import fields
from qualification.rules.values import normalization

BOT = """New demo request
:bust_in_silhouette: Name: Ivy Chen
Company: Acme GmbH
E-Mail: ivy@acme.example
Phone: 030 555 0199
Job title: Head of Operations
Country: Germany
Company size: 250 employees
Deal value: 12.500 €
Message: We lose leads,
and reports take a week.

Sent from the pricing page"""


def test_labelled_lines_fill_their_fields_and_the_rest_is_what_they_did() -> None:
    assert fields(BOT, "EUR") == {
        "person": "Ivy Chen",
        "company": "Acme GmbH",
        "email": "ivy@acme.example",
        "phone": "030 555 0199",
        "title": "Head of Operations",
        "country": "Germany",
        "size": "250",
        "value": "12.500 €",
        "problem": "We lose leads,\nand reports take a week.",
        "did": "New demo request\n\nSent from the pricing page",
    }


def test_what_a_colleague_writes_gives_what_is_plain_and_no_name() -> None:
    text = "Ivy of Acme asked about prices! Reach her at ivy@acme.example or +49 (30) 555-0199."
    assert fields(text, "EUR") == {
        "email": "ivy@acme.example",
        "phone": "+49 (30) 555-0199",
        "company": "acme.example",
        "did": "Ivy of Acme asked about prices! Reach her at … or ….",
    }


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Name: Ivy Chen | Email: ivy@gmail.com | Company: Acme", ("Ivy Chen", "Acme", "ivy@gmail.com")),
        ("• Name: Ivy Chen\n• Firma: Acme", ("Ivy Chen", "Acme", None)),
        ("Vorname: Ivy\nNachname: Chen", ("Ivy Chen", None, None)),
        ("Name:\n\nIvy Chen", ("Ivy Chen", None, None)),
        ("Prénom: Ivy\nSociété: Acme\nAdresse e-mail: ivy@gmail.com", ("Ivy", "Acme", "ivy@gmail.com")),
        ("Email status: ok\nName of event: Expo", (None, None, None)),
        ("Name: Ivy Chen <ivy@acme.example>", ("Ivy Chen", "acme.example", "ivy@acme.example")),
        ("Write to ivy@gmail.com", (None, None, "ivy@gmail.com")),
        ("IVY@acme.example is ivy@acme.example", (None, "acme.example", "ivy@acme.example")),
        ("Owner: ana@northwind.example\nEmail: ivy@acme.example", (None, "acme.example", "ivy@acme.example")),
    ],
)
def test_labels_are_found_however_they_are_set(text: str, found: tuple[str | None, ...]) -> None:
    read = fields(text, "EUR")
    assert (read.get("person"), read.get("company"), read.get("email")) == found


@pytest.mark.parametrize(
    ("text", "empty"),
    [
        ("ivy@acme.example and joe@bolt.example", {"email", "company"}),
        ("+49 30 5550199 and +49 30 5550200", {"phone"}),
        ("We grew by +5 000 000, order 4711 0815 1234", {"phone"}),
        ("Name: Ivy, Company: Acme", {"person", "company"}),
        ("Name: Ivy Chen\nName: Joe Doe", {"person"}),
        ("Name: https://acme.example", {"person"}),
        ("Company: n/a", {"company"}),
        ("Company: -", {"company"}),
        ("Email: not given", {"email"}),
        ("Phone: see below", {"phone"}),
        ("Employees: fewer than 200", {"size"}),
        ("Country: Atlantis", {"country"}),
        ("Value: a lot", {"value"}),
        ("Form name: Contact", {"person"}),
    ],
)
def test_what_is_in_doubt_is_left_where_it_stands(text: str, empty: set[str]) -> None:
    read = fields(text, "EUR")
    assert not empty & read.keys()
    assert read["did"] == text


@given(
    st.text()
    | st.lists(
        st.sampled_from(["Name", "Message", "Email", "Size", "Value", "Phone", ":", ": ", " | ", "\n", "\t", "•", "9"])
        | st.from_regex(r"[+(]?\d{1,9}[ -.]?", fullmatch=True)
        | st.emails()
        | st.text(max_size=9)
    ).map("".join)
)
def test_whatever_the_text_the_form_takes_what_is_read(text: str) -> None:
    read = fields(text, "EUR")
    assert all(value.strip() for value in read.values())
    assert len(read.get("company", "")) <= 300
    assert len(read.get("person", "")) <= 300
    assert len(read.get("phone", "")) <= 60
    if "email" in read:
        assert normalization.check_email(read["email"]) == read["email"]
        assert read["email"] not in read.get("did", "")
    if "size" in read:
        normalization.parse_size(read["size"])
    if "country" in read:
        normalization.check_country(read["country"])
    if "value" in read:
        normalization.parse_money(read["value"], "EUR")


@pytest.mark.parametrize("piece", ["x", "a:", "•", ":a", "+1 ", "@", "a@", "Name\n", "Message:\n", " | ", "y\n"])
def test_a_text_as_long_as_slack_allows_is_read_in_no_time(piece: str) -> None:
    """Whatever would send a pattern astray: the modal has three seconds to open."""
    assert fields(piece * (40_000 // len(piece)), "EUR").keys() <= {"did", "problem"}

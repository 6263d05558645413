"""Nobody's address or number reaches a channel inside a sentence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qualification.rules.handoffs.event_types import Declined, Edited
from qualification.rules.handoffs.states import HandoffState
from qualification.rules.values.masking import masked, masked_all


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("Write to ivy.chen@acme.example, please.", "Write to …@…, please."),
        ("ivy+news@mail.acme.co.uk", "…@…"),
        ("<mailto:ivy@acme.example|ivy@acme.example>", "<mailto:…@…|…@…>"),
        ("Mail (ivy@acme.example).", "Mail (…@…)."),
        ("Ivy: ivy@acme.example!", "Ivy: …@…!"),
        ("ivy\uff20acme.example", "…@…"),
        ("ivy\uff20acme\u3002example", "…@…"),
        ("/thanks?email=ivy%40acme.example&plan=team", "/thanks?email=…@…&plan=team"),
        ("Call 0046 70 123 45 67", "Call +46 …"),
        ("+10 000 000 SEK a year", "+10 000 000 SEK a year"),
        ("müller@büro.example and jürgen@büro.example", "…@… and …@…"),
        ("Call +46 70 123 45 67 after five", "Call +46 … after five"),
        ("Call +49 (30) 555-0199.", "Call +49 …."),
        ("tel:+16502530000 or ivy@acme.example", "tel:+1 … or …@…"),
        ("Ivy @ Acme: 20 000 000 a year, 2026-11-30 at 10:15", "Ivy @ Acme: 20 000 000 a year, 2026-11-30 at 10:15"),
        ("Meet @ana at 5 @ the fair", "Meet @ana at 5 @ the fair"),
        (
            "Order 4711-0815, 192.168.10.20, ISBN 978-3-16-148410-0",
            "Order 4711-0815, 192.168.10.20, ISBN 978-3-16-148410-0",
        ),
        ("", ""),
    ],
)
def test_addresses_and_numbers_are_masked_and_nothing_else(written: str, told: str) -> None:
    assert masked(written, None) == told


@pytest.mark.parametrize(
    ("country", "written", "told"),
    [
        ("DE", "Call 0170 1234567", "Call +49 …"),
        ("GB", "Call 020 7946 0018 today", "Call +44 … today"),
        ("JP", "03-1234-5678", "+81 …"),
        ("TR", "0212 555 01 99", "+90 …"),
        ("PL", "22 123 45 67", "+48 …"),
        ("DE", "20000 Euro for 2027", "20000 Euro for 2027"),
        ("NO", "Budget 45 000 000 NOK", "Budget 45 000 000 NOK"),
        ("JP", "予算 0312345678円 yen", "予算 +81 …円 yen"),
        ("XX", "Call 0170 1234567", "Call 0170 1234567"),
    ],
)
def test_a_number_as_it_is_written_at_home_is_masked_where_the_country_is_known(
    country: str, written: str, told: str
) -> None:
    assert masked(written, country) == told


@given(st.text(alphabet="ab@. +49170(){}<>\n", max_size=60))
def test_what_is_masked_stays_as_it_is_when_masked_again(text: str) -> None:
    assert masked(masked(text, "DE"), "DE") == masked(text, "DE")


def test_every_text_of_an_event_is_masked() -> None:
    event = masked_all(Declined(reason="Other", note="ivy@acme.example knows +46 70 123 45 67"), None)
    assert event == Declined(reason="Other", note="…@… knows +46 …")
    edited = masked_all(Edited(changes=(("note", None, "Ask ivy@acme.example"), ("value", None, "5 EUR"))), None)
    assert edited.changes == (("note", None, "Ask …@…"), ("value", None, "5 EUR"))
    assert masked_all(HandoffState.WON, None) is HandoffState.WON

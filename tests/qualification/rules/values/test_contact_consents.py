"""Refusals, permissions and states of contact, as marketing tools write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qualification.rules.values.contact_consents import Kind, UnclearConsent, kind_of, refuses


@pytest.mark.parametrize(
    ("label", "value"),
    [
        ("Unsubscribed from all email", "true"),
        ("Email Opt Out", "1"),
        ("Email Opt Out", 1),
        ("Email Opt Out", True),
        ("HasOptedOutOfEmail", "TRUE"),
        ("Person - Marketing status", "unsubscribed"),
        ("Marketing status", "no consent"),
        ("Subscription status", "Bounced"),
        ("Permission", "no"),
        ("Opt-in", "0"),
        ("GDPR consent", "No"),
        ("GDPR consent", "withdrawn"),
        ("Subscribed", "false"),
        ("Unsubscribed at", "2026-05-04 10:12"),
        ("Unsubscribe reason", "too many mails"),
        ("UNSUB_TIME", "Mar 1, 2026"),
        ("Email Bounced Date", "1/3/2026"),
        ("Hard bounces", "2"),
        ("Email status", "hard bounced"),
        ("Lead Status", "Do Not Contact"),
        ("Consent withdrawn", "x"),
        ("Abgemeldet", "ja"),
        ("Einwilligung", "nein"),
        ("Einwilligung", "widerrufen"),
        ("配信停止", "はい"),
        ("オプトイン", "いいえ"),
        ("Ticari ileti izni", "Hayır"),
        ("Zgoda na kontakt", "nie"),
        ("Wypisany", "TAK"),
        ("Consentement", "non"),
        ("Dado de baja", "Sí"),
        ("Consenso marketing", "NO"),
        ("Descadastrado", "sim"),
        ("Toestemming", "nee"),
    ],
)
def test_who_said_no_is_left_alone(label: str, value: object) -> None:
    assert refuses(label, value) is True


@pytest.mark.parametrize(
    ("label", "value"),
    [
        ("Unsubscribed from all email", "false"),
        ("Email Opt Out", "0"),
        ("Email Opt Out", "0.0"),
        ("Person - Marketing status", "subscribed"),
        ("Marketing contact status", "Non-marketing contact"),
        ("Opt-in", "yes"),
        ("Opt-in", "2026-03-01"),
        ("GDPR consent", "given"),
        ("Marketing emails bounced", "0"),
        ("Abgemeldet", "nein"),
        ("オプトイン", "はい"),
    ],
)
def test_who_agreed_may_be_contacted(label: str, value: object) -> None:
    assert refuses(label, value) is False


@pytest.mark.parametrize(
    ("label", "value"),
    [
        ("Email Opt Out", ""),
        ("Opt-in", None),
        ("Opt-in", "-"),
        ("GDPR consent", "n/a"),
        ("Lead Status", "Open"),
        ("Email status", "verified"),
        ("Consent date", "2026-03-01"),
        ("Company", "Do Not Contact Ltd"),
        ("Cookie consent", "no"),
        ("Bounce rate", "40"),
        ("Subscription plan", "no"),
    ],
)
def test_what_says_nothing_of_contact_decides_nothing(label: str, value: object) -> None:
    assert refuses(label, value) is None


@pytest.mark.parametrize(
    ("label", "value"), [("Email Opt Out", "perhaps"), ("Marketing status", "pending"), ("Opt-in", "B2B list 4")]
)
def test_a_value_that_says_neither_is_no_answer(label: str, value: str) -> None:
    with pytest.raises(UnclearConsent):
        refuses(label, value)


def test_a_refusal_that_a_plain_field_could_hold_is_told_from_a_permission() -> None:
    assert kind_of("Email Opt Out") is Kind.REFUSAL
    assert kind_of("Opt-in") is Kind.PERMISSION
    assert kind_of("Email") is None


@given(st.text(max_size=200), st.text(max_size=200) | st.integers() | st.none() | st.booleans() | st.floats())
def test_nothing_that_is_written_stops_the_reading(label: str, value: object) -> None:
    try:
        assert refuses(label, value) in {True, False, None}
    except UnclearConsent:
        assert kind_of(label) is not None

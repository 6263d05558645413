"""What is looked at before a lead is announced by itself."""

import pytest

from qualification.rules.playbook.playbook import Gate
from qualification.rules.scoring.gates import Applicant, fitting, stopped_by
from qualification.rules.values.email_domains import is_free_mail

GATES = tuple(
    Gate.model_validate(each)
    for each in (
        {"name": "Do not contact", "when": {"do_not_contact": True}, "outcome": "hold"},
        {"name": "Competitor", "when": {"domain": "rival.example"}, "outcome": "disqualify", "reason": "not-a-buyer"},
        {"name": "Support", "when": {"words": ["password", "cancel my plan"]}, "outcome": "hold"},
        {"name": "Links", "when": {"links": 3}, "outcome": "hold"},
        {"name": "Machine", "when": {"markup": True}, "outcome": "hold"},
        {"name": "Free mail", "when": {"free_mail": True, "asked": False}, "outcome": "hold"},
    )
)


@pytest.mark.parametrize(
    ("applicant", "gate"),
    [
        (Applicant(email="ivy@acme.example", said=("We would like a demo",)), None),
        (Applicant(email="ivy@acme.example", do_not_contact=True), "Do not contact"),
        (Applicant(email="x@rival.example"), "Competitor"),
        (Applicant(email="x@Mail.Rival.Example"), "Competitor"),
        (Applicant(email="x@notrival.example"), None),
        (Applicant(said=("I forgot my PASSWORD.",)), "Support"),
        (Applicant(said=("passwordless login for 300 people",)), None),
        (Applicant(said=("Please cancel my plan",)), "Support"),
        (Applicant(said=("See https://a.example www.b.example http://c.example",)), "Links"),
        (Applicant(said=("See https://a.example and https://b.example",)), None),
        (Applicant(said=("https://a.example,https://b.example|https://c.example",)), "Links"),
        (Applicant(said=("https://a.example", "www.b.example", " https://c.example/d ")), None),
        (Applicant(said=("See https://a.example", "https://b.example and https://c.example")), None),
        (Applicant(said=("buy [url=x]now[/url]",)), "Machine"),
        (Applicant(said=("<a href='x'>now</a>",)), "Machine"),
        (Applicant(said=("a < b and c > d",)), None),
        (Applicant(email="ivy@gmail.com"), "Free mail"),
        (Applicant(email="ivy@gmail.com", asked=True), None),
        (Applicant(email="x@rival.example", do_not_contact=True), "Do not contact"),
        (Applicant(), None),
    ],
)
def test_the_first_gate_whose_every_condition_fits_stops(applicant: Applicant, gate: str | None) -> None:
    stopped = stopped_by(GATES, applicant)
    assert (stopped.name if stopped else None) == gate


def test_every_gate_that_fits_is_told_in_order() -> None:
    applicant = Applicant(email="ivy@gmail.com", said=("I forgot my password",), do_not_contact=True)
    assert [gate.name for gate in fitting(GATES, applicant)] == ["Do not contact", "Support", "Free mail"]


@pytest.mark.parametrize("domain", ["gmail.com", "yahoo.fr", "outlook.com.br", "gmx.net", "hotmail.co.uk", "web.de"])
def test_providers_where_anybody_has_an_address_tell_no_company(domain: str) -> None:
    assert is_free_mail(domain)


@pytest.mark.parametrize(
    "domain", ["northwind.example", "yahoo-partners.com", "outlook.northwind.com", "live.company", ""]
)
def test_a_company_of_a_like_name_is_one(domain: str) -> None:
    assert not is_free_mail(domain)

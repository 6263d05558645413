"""What is looked at before a lead is announced by itself."""

import pytest

from qualification.rules.playbook.playbook import Gate
from qualification.rules.scoring.gates import GateInput, fitting, stopped_by
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
    ("gate_input", "gate"),
    [
        (GateInput(email="ivy@acme.example", said=("We would like a demo",)), None),
        (GateInput(email="ivy@acme.example", do_not_contact=True), "Do not contact"),
        (GateInput(email="x@rival.example"), "Competitor"),
        (GateInput(email="x@gmail.com", emails=("x@gmail.com", "x@rival.example")), "Competitor"),
        (GateInput(email="x@gmail.com", emails=("x@gmail.com", "x@acme.example")), None),
        (GateInput(email="x@Mail.Rival.Example"), "Competitor"),
        (GateInput(email="x@notrival.example"), None),
        (GateInput(said=("I forgot my PASSWORD.",)), "Support"),
        (GateInput(said=("passwordless login for 300 people",)), None),
        (GateInput(said=("Please cancel my plan",)), "Support"),
        (GateInput(said=("See https://a.example www.b.example http://c.example",)), "Links"),
        (GateInput(said=("See https://a.example and https://b.example",)), None),
        (GateInput(said=("https://a.example,https://b.example|https://c.example",)), "Links"),
        (GateInput(said=("https://a.example", "www.b.example", " https://c.example/d ")), None),
        (GateInput(said=("See https://a.example", "https://b.example and https://c.example")), None),
        (GateInput(said=("buy [url=x]now[/url]",)), "Machine"),
        (GateInput(said=("<a href='x'>now</a>",)), "Machine"),
        (GateInput(said=("a < b and c > d",)), None),
        (GateInput(email="ivy@gmail.com"), "Free mail"),
        (GateInput(email="ivy@gmail.com", asked=True), None),
        (GateInput(email="x@rival.example", do_not_contact=True), "Do not contact"),
        (GateInput(), None),
    ],
)
def test_the_first_gate_whose_every_condition_fits_stops(gate_input: GateInput, gate: str | None) -> None:
    stopped = stopped_by(GATES, gate_input)
    assert (stopped.name if stopped else None) == gate


def test_every_gate_that_fits_is_told_in_order() -> None:
    gate_input = GateInput(email="ivy@gmail.com", said=("I forgot my password",), do_not_contact=True)
    assert [gate.name for gate in fitting(GATES, gate_input)] == ["Do not contact", "Support", "Free mail"]


@pytest.mark.parametrize("domain", ["gmail.com", "yahoo.fr", "outlook.com.br", "gmx.net", "hotmail.co.uk", "web.de"])
def test_providers_where_anybody_has_an_address_tell_no_company(domain: str) -> None:
    assert is_free_mail(domain)


@pytest.mark.parametrize(
    "domain", ["northwind.example", "yahoo-partners.com", "outlook.northwind.com", "live.company", ""]
)
def test_a_company_of_a_like_name_is_one(domain: str) -> None:
    assert not is_free_mail(domain)

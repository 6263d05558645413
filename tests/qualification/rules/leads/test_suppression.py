"""By what somebody is recognised who must not come back, also by hashes that were made before keys were folded anew."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qualification.rules.leads.lead_data import LeadData
from qualification.rules.leads.suppression import Recogniser, mailbox_keys, recognisers_in, recognisers_named
from qualification.rules.values.email_domains import domains_above
from qualification.rules.values.former_folding import former_company, former_name
from qualification.rules.values.normalization import fold_mailbox


def test_an_address_is_recognised_as_it_was_folded_before_and_as_it_is_now() -> None:
    assert mailbox_keys("Ivy.Stone@googlemail.com") == ("ivystone@gmail.com", "ivy.stone@googlemail.com")
    assert mailbox_keys("ivy@acme.example") == ("ivy@acme.example",)
    assert mailbox_keys("") == ()


def test_a_name_at_a_company_is_recognised_as_it_was_folded_before_and_as_it_is_now() -> None:
    found = {*recognisers_in(LeadData(name="José Çelik", company="Çelik A.Ş.", website="www.mail.celik.com.tr"))}
    for name in ("jose celik", "josé çelik"):
        for company in ("celik", "çelik aş", "celik.com.tr", "mail.celik.com.tr"):
            assert Recogniser("name", (name, company)) in found
            assert Recogniser("name without address", (name, company)) in found


def test_a_place_that_counted_as_a_company_before_is_recognised_still() -> None:
    found = {*recognisers_in(LeadData(name="Ivy Stone", email="ivy@mozmail.com"))}
    assert Recogniser("name", ("ivy stone", "mozmail.com")) in found


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("ivy@acme.example; jo@bolt.example", {"ivy@acme.example", "jo@bolt.example"}),
        ("+49 30 901820 / +49 40 428880", {"+4930901820", "+4940428880"}),
        ("+49 30 901820; ivy@acme.example; @bolt.example", {"+4930901820", "ivy@acme.example", "bolt.example"}),
        ("acme.example bolt.example, *@x.example", {"acme.example", "bolt.example", "x.example"}),
        ("WWW.Acme.Example.", {"acme.example"}),
        ("*.acme.example", {"acme.example"}),
        ("www.de", {"www.de"}),
        ("xn--dhlnetz-5wa.example", {"d\u00e4hlnetz.example"}),
        ("see acme.example", set()),
        ("ana ruiz@x.example", set()),
        ("see below", set()),
        ("", set()),
    ],
)
def test_a_cell_names_all_that_stand_in_it(text: str, named: set[str]) -> None:
    found = {word for each in recognisers_named(text) for word in each.words}
    assert {word for word in found if not word.isdecimal()} == named


@pytest.mark.parametrize(
    ("email", "domains"),
    [
        ("ivy@mail.acme.example", {"mail.acme.example", "acme.example"}),
        ("ivy@a.mail.acme.co.uk", {"a.mail.acme.co.uk", "mail.acme.co.uk", "acme.co.uk"}),
        ("ivy@notacme.example.", {"notacme.example"}),
    ],
)
def test_a_domain_holds_those_below_it_and_no_other(email: str, domains: set[str]) -> None:
    found = recognisers_in(LeadData(email=email))
    assert {each.words[0] for each in found if each.how == "domain"} == domains


def test_of_a_deep_domain_few_parents_are_compared() -> None:
    assert len(domains_above(f"ivy@{'a.' * 100}acme.example")) == 11


@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=40))
def test_whatever_is_said_is_recognised_by_its_keys_once_each(name: str, email: str, company: str) -> None:
    data = LeadData(name=name or None, email=email or None, company=company or None)
    found = [*recognisers_in(data)]
    assert len({*found}) == len(found)
    if email and fold_mailbox(email):
        assert Recogniser("email", (fold_mailbox(email),)) in found
    assert former_name(former_name(name)) == former_name(name)
    assert former_company(company) or not company.split()

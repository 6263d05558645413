"""The keys by which a described lead is found again."""

from datetime import UTC, datetime

import pytest

from qualification.rules.leads.lead_data import CompanyData, LeadData


def test_the_external_key_needs_both_the_sender_and_its_id() -> None:
    assert LeadData(sender="crm", external_id="7").external_key == ("crm", "7")
    assert LeadData(external_id="7").external_key is None
    assert LeadData(sender="crm").external_key is None


@pytest.mark.parametrize("email", ["ivy@acme.example", "IVY@Acme.Example", "ivy+news@acme.example"])
def test_the_email_key_is_the_mailbox_however_it_is_written(email: str) -> None:
    assert LeadData(email=email).email_key == "ivy@acme.example"


def test_the_name_key_folds_case_and_blanks_and_fits_its_column() -> None:
    assert LeadData(name=" Ivy  CHEN").name_key == "ivy chen"
    assert len(LeadData(name="\u00df" * 300).name_key or "") == 300


def test_a_lead_without_name_and_address_has_no_keys() -> None:
    nobody = LeadData(lead_id=7)
    assert (nobody.external_key, nobody.email_key, nobody.name_key, nobody.company_data) == (None, None, None, None)


def test_a_company_is_described_by_its_name_and_the_domain_of_a_business_address() -> None:
    lead = LeadData(company="Acme Ltd", email="ivy@acme.example", size=12, country="DE")
    assert lead.company_data == CompanyData(
        name="Acme Ltd", name_key="acme", is_named=True, domain="acme.example", size=12, country="DE"
    )


def test_a_domain_stands_in_for_a_companys_name_and_free_mail_does_not() -> None:
    by_domain = LeadData(email="ivy@acme.example").company_data
    assert by_domain is not None
    assert (by_domain.name, by_domain.is_named, by_domain.domain) == ("acme.example", False, "acme.example")
    assert LeadData(email="ivy@gmail.com").company_data is None


def test_a_domain_that_the_playbook_calls_shared_stands_for_no_company() -> None:
    shared = frozenset(["guild.example"])
    assert LeadData(email="ivy@mail.guild.example", shared_domains=shared).company_data is None
    named = LeadData(company="Acme", email="ivy@guild.example", shared_domains=shared).company_data
    assert named is not None
    assert (named.name, named.domain) == ("Acme", None)


def test_two_descriptions_that_say_the_same_are_equal_whether_or_not_their_keys_were_used() -> None:
    one, other = (LeadData(email="ivy@acme.example", known_since=datetime(2026, 3, 1, tzinfo=UTC)) for _ in range(2))
    assert one.email_key
    assert one == other

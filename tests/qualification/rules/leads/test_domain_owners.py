"""Whose a domain is, by the words that it shares with a company's name."""

import pytest

from qualification.rules.leads.domain_owners import speaks_of
from qualification.rules.values.normalization import fold_company


@pytest.mark.parametrize(
    ("name", "domain", "speaks"),
    [
        ("Kestrel Optik GmbH", "kestreloptik.example", True),
        ("Kestrel Optik", "mail.kestrel.example", True),
        ("Bayerische Motoren Werke", "bmw.example", True),
        ("Müller Stahl", "mueller-stahl.example", True),
        ("Café Noir", "cafe-noir.example", True),
        ("3M", "3m.example", True),
        ("Ries Bau", "kestreloptik.example", False),
        ("AB Nord", "abacus.example", False),
        ("An Example", "kestrel.example", False),
    ],
)
def test_a_domain_speaks_of_a_company_by_a_word_or_its_initials(name: str, domain: str, *, speaks: bool) -> None:
    assert speaks_of(fold_company(name), domain) is speaks

"""Places that many share, and the domains of companies."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qualification.rules.values.email_domains import domain_of_company, is_free_mail, is_shared, registrable, speaks_of


@pytest.mark.parametrize(
    "address",
    [
        "fox@privaterelay.appleid.com", "fox@duck.com", "fox@mozmail.com", "fox@users.noreply.github.com",
        "fox@mailinator.com", "fox@yopmail.com", "fox@guerrillamail.com", "fox@simplelogin.com", "fox@passmail.net",
        "fox@gmx.at", "fox@yahoo.co.jp", "fox@mail.yahoo.co.uk", "fox@docomo.ne.jp", "fox@wp.pl", "fox@mynet.com",
        "fox@seznam.cz", "fox@GoogleMail.com", "fox@0-mail.com", "Fox <fox@web.de>",
    ],
)  # fmt: skip
def test_an_address_that_anybody_may_have_tells_no_company(address: str) -> None:
    assert domain_of_company(None, address) is None
    assert is_free_mail(address.strip(">").rpartition("@")[2])


@pytest.mark.parametrize(
    "website",
    [
        "https://www.facebook.com/invented-0101", "linkedin.com/company/invented", "http://invented.wixsite.com/home",
        "https://sites.google.com/view/invented", "invented.myshopify.com", "forms.gle/abc", "form.typeform.com/to/x",
        "https://medium.com/@invented", "instagram.com/invented", "192.0.2.7", "localhost", "n/a", "invented", "www.",
    ],
)  # fmt: skip
def test_a_page_at_a_shared_place_tells_no_company(website: str) -> None:
    assert domain_of_company(website, None) is None


@pytest.mark.parametrize(
    ("website", "email", "domain"),
    [
        ("https://www.mail.kestrel.co.uk/x?y#z", None, "kestrel.co.uk"),
        ("KESTREL.COM.TR:8080", None, "kestrel.com.tr"),
        (None, "eva@mail.kestrel.co.uk", "kestrel.co.uk"),
        ("facebook.com/kestrel", "eva@kestrel.example", "kestrel.example"),
        ("https://eva:secret@kestrel.example/", None, "kestrel.example"),
        ("info@kestrel.example", None, "kestrel.example"),
        ("https://www.xn--dhlnetz-5wa.example", None, "dählnetz.example"),
        (None, "Eva <eva@dählnetz.example>", "dählnetz.example"),
        ("kestrel.example, kestrel.com", None, "kestrel.example"),
        (None, "eva@github.com", "github.com"),
        ("live.company", None, "live.company"),
        (None, "eva@outlook.northwind.com", "northwind.com"),
    ],
)
def test_a_company_is_known_by_what_somebody_registered(website: str | None, email: str | None, domain: str) -> None:
    assert domain_of_company(website, email) == domain


def test_the_playbooks_own_list_is_shared_too() -> None:
    own = frozenset(["campus.example"])
    assert domain_of_company("mail.campus.example", "eva@campus.example", own) is None
    assert domain_of_company(None, "eva@campus.example") == "campus.example"
    assert is_shared("a.campus.example", own)


@pytest.mark.parametrize(
    ("name", "domain"),
    [
        ("Bayerische Motoren Werke AG", "bmw.de"),
        ("Kestrel GmbH", "getkestrel.io"),
        ("Müller Bau", "mueller-bau.de"),
        ("Söhne & Partner", "soehne.example"),
        ("ÇELİK A.Ş.", "www.celik.com.tr"),
        ("Deutsche Bahn", "bahn.de"),
        ("Dahl Netz", "dählnetz.example"),
        ("Ernst & Young", "ey.com"),
        ("AT&T", "att.com"),
        ("O'Dell Stone", "odellstone.example"),
        ("3M Company", "3m.com"),
    ],
)
def test_a_domain_speaks_of_its_company(name: str, domain: str) -> None:
    assert speaks_of(name, domain)


@pytest.mark.parametrize(
    ("name", "domain"),
    [
        ("Smith Steel", "facebook.com"),
        ("Kestrel", "northwind.example"),
        ("Alpha Group", "group.example"),
        ("Art House", "smart.example"),
        ("", "kestrel.example"),
        ("!!!", "kestrel.example"),
        ("Kestrel", ""),
    ],
)
def test_a_domain_of_others_does_not(name: str, domain: str) -> None:
    assert not speaks_of(name, domain)


@given(st.text(max_size=80), st.text("ab.@:/?#&xn-üI漢\N{ZERO WIDTH SPACE} ", max_size=60))
def test_any_text_tells_a_domain_or_none(name: str, text: str) -> None:
    for domain in (domain_of_company(text, None), domain_of_company(None, text)):
        if domain is not None:
            assert registrable(domain) == domain
            assert domain_of_company(domain, None) == domain
    assert speaks_of(name, text) in {True, False}

"""Addresses, however they are typed, copied and exported."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qualification.rules.field_errors import Unreadable
from qualification.rules.values.emails import check_email, emails_in, fold_domain, fold_email, fold_mailbox

SIGNS = st.text("ab.@<>()[]{},;:\"'/&#%+=\\ \n\N{ZERO WIDTH SPACE}üıİß \N{FULLWIDTH COMMERCIAL AT}", max_size=40)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("Ida Bruun <ida@bruun.example>", "ida@bruun.example"),
        ('"Kern, Olaf" <olaf@kernstahl.example>', "olaf@kernstahl.example"),
        ("Kern, Olaf <olaf@kernstahl.example>", "olaf@kernstahl.example"),
        ("'mio@sandbau.example'", "mio@sandbau.example"),
        ("\N{ZERO WIDTH SPACE}lia@rothlack.example\N{NO-BREAK SPACE}", "lia@rothlack.example"),
        ("<jan@wolfzaun.example>", "jan@wolfzaun.example"),
        ("Ida Bruun ida@bruun.example", "ida@bruun.example"),
        ("mailto:eva@x.example?subject=A%20demo&cc=ben@x.example", "eva@x.example"),
        ("MAILTO:eva%40x.example", "eva@x.example"),
        ("eva&#64;x.example", "eva@x.example"),
        ("&lt;eva@x.example&gt;", "eva@x.example"),
        ("eva\N{FULLWIDTH COMMERCIAL AT}x\N{FULLWIDTH FULL STOP}example", "eva@x.example"),
        ("E-Mail: eva@x.example", "eva@x.example"),
        ("eva@x.example (work)", "eva@x.example"),
        ("eva [at] x [dot] example", "eva@x.example"),
        ("[eva@x.example](mailto:eva@x.example)", "eva@x.example"),
        ("<mailto:eva@x.example|eva@x.example>", "eva@x.example"),
        ("eva@x.example.", "eva@x.example"),
        ("eva@x.example\N{RIGHT-TO-LEFT OVERRIDE}", "eva@x.example"),
        ('=HYPERLINK("mailto:eva@x.example","eva@x.example")', "eva@x.example"),
    ],
)
def test_what_stands_around_an_address_falls_away(text: str, address: str) -> None:
    assert emails_in(text) == (address,)
    assert check_email(text) == address
    assert fold_mailbox(text) == address


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("uta@pohl.example; info@pohl.example", ("uta@pohl.example", "info@pohl.example")),
        ("uta@pohl.example,info@pohl.example", ("uta@pohl.example", "info@pohl.example")),
        ("uta@pohl.example / info@pohl.example", ("uta@pohl.example", "info@pohl.example")),
        ("uta@pohl.example info@pohl.example", ("uta@pohl.example", "info@pohl.example")),
        ("uta@pohl.example und info@pohl.example", ("uta@pohl.example", "info@pohl.example")),
        ("uta@pohl.example\ninfo@pohl.example\nUTA@pohl.example", ("uta@pohl.example", "info@pohl.example")),
        ("Uta <uta@pohl.example>, Ben <ben@pohl.example>", ("uta@pohl.example", "ben@pohl.example")),
        ("n/a; info@pohl.example", ("info@pohl.example",)),
    ],
)
def test_a_cell_has_as_many_addresses_as_it_names(text: str, addresses: tuple[str, ...]) -> None:
    assert emails_in(text) == addresses


@pytest.mark.parametrize(
    "text",
    [
        "ana ruiz@x.example",
        "ana,ruiz@x.example",
        "ana@acme.co,uk",
        "ana@x.example@y.example",
        "ana@acme .example",
        "https://medium.example/@ana",
        "@ana",
        "n/a",
        "ana@",
        "ana@@x.example",
    ],
)
def test_half_an_address_is_nobodys(text: str) -> None:
    assert emails_in(text) == ()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Invented.Stone@googlemail.com", "inventedstone+news@gmail.com"),
        ("ole@dählnetz.example", "OLE@xn--dhlnetz-5wa.example"),
        ("INFO@ÇELİK.EXAMPLE", "info@çelik.example"),
        ("ayşe@x.example", "AYŞE@x.example"),
        ("YILDIZ@x.example", "yıldız@x.example"),
        ("eva@pm.me", "eva@protonmail.com"),
        ("ivan@ya.ru", "ivan@yandex.ru"),
        ("Eva <eva+demo@x.example>", "eva@x.example"),
    ],
)
def test_one_mailbox_has_one_key_however_it_is_spelt(one: str, other: str) -> None:
    assert fold_mailbox(one) == fold_mailbox(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a.b@x.example", "ab@x.example"),
        ("a.b@outlook.com", "ab@outlook.com"),
        ("eva@strasse.example", "eva@straße.example"),
        ("josé@x.example", "jose@x.example"),
    ],
)
def test_two_mailboxes_have_two_keys(one: str, other: str) -> None:
    assert fold_mailbox(one) != fold_mailbox(other)


def test_a_domain_is_one_in_both_of_its_spellings() -> None:
    assert fold_domain("WWW.XN--DHLNETZ-5WA.example.") == "www.dählnetz.example"
    assert fold_domain("xn--a-ecp.example") == "xn--a-ecp.example"


@given(SIGNS)
@settings(max_examples=1000)
def test_any_text_has_addresses_that_are_read_again_or_none(text: str) -> None:
    for address in emails_in(text):
        assert emails_in(address) == (address,)
        assert address.count("@") == 1
        assert not any(char.isspace() for char in address)
    with suppress(Unreadable):
        assert check_email(text) == emails_in(text)[0]


@given(SIGNS)
@settings(max_examples=1000)
def test_folding_an_address_twice_changes_nothing_more(text: str) -> None:
    assert fold_email(fold_email(text)) == fold_email(text)
    assert fold_mailbox(fold_mailbox(text)) == fold_mailbox(text)

"""Who is who: names, companies, addresses and countries however they are typed."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qualification.rules.field_errors import FieldFault
from qualification.rules.values.countries import countries
from qualification.rules.values.normalization import (
    Unreadable,
    check_country,
    check_email,
    fold_company,
    fold_email,
    fold_name,
)

ANYTHING = st.text(max_size=60)


@given(ANYTHING)
@settings(max_examples=500)
def test_folding_twice_changes_nothing_more(text: str) -> None:
    assert fold_name(fold_name(text)) == fold_name(text)
    assert fold_company(fold_company(text)) == fold_company(text)
    assert fold_email(fold_email(text)) == fold_email(text)


@given(st.text(st.characters(categories=["Ll", "Lu", "Nd", "Zs", "Po"]), max_size=40))
def test_case_and_blanks_make_no_other_person(text: str) -> None:
    assert fold_name(f"  {text.casefold()}\t") == fold_name(text)


def test_people_who_look_alike_are_alike() -> None:
    wide = "\N{FULLWIDTH LATIN CAPITAL LETTER A}na Ruiz"
    assert fold_name("ANA  RUIZ\N{RIGHT-TO-LEFT MARK}") == fold_name("ana\N{NO-BREAK SPACE}ruiz") == fold_name(wide)
    assert fold_name("Jose") == fold_name("José")
    assert fold_name("がく") != fold_name("かく")


@pytest.mark.parametrize(
    ("written", "same"),
    [
        ("ACME, Inc.", "Acme"),
        ("Acme GmbH", "acme"),
        ("Müller GmbH & Co. KG", "Müller"),
        ("Acme Co., Ltd.", "ACME"),
        ("Foo Pty. Ltd.", "foo"),
        ("Rossi S.p.A.", "Rossi"),
        ("Mærsk A/S", "Mærsk"),
        ("Nowak Sp. z o.o.", "Nowak"),
        ("Baz S.A. de C.V.", "Baz"),
        ("株式会社 トヨタ", "トヨタ"),
        ("O'Neil & Sons Ltd", "ONeil and Sons"),
        ("O\N{RIGHT SINGLE QUOTATION MARK}Neil & Sons", "O'Neil and Sons"),
        ("Amazon.com, Inc.", "amazon com"),
    ],
)
def test_a_company_is_the_same_with_and_without_its_legal_form(written: str, same: str) -> None:
    assert fold_company(written) == fold_company(same)


@pytest.mark.parametrize(("one", "another"), [("Acme UK Ltd", "Acme Ltd"), ("Sage", "Sa ge"), ("Ag Growth", "Growth")])
def test_companies_that_only_resemble_each_other_stay_apart(one: str, another: str) -> None:
    assert fold_company(one) != fold_company(another)


@pytest.mark.parametrize("name", ["AG", "Co", "!!!", "株式会社", "&", "S.A."])
def test_a_company_is_never_folded_away(name: str) -> None:
    assert fold_company(name)


@pytest.mark.parametrize(
    "address",
    ["a@b.co", "ana.ruiz+demo@northwind.example", "o'neil@x-y.example", "用户@例え.jp", "x_1@sub.domain.example"],
)
def test_addresses_that_can_be_are_taken_as_they_are(address: str) -> None:
    assert check_email(f"  {address} ") == address


@pytest.mark.parametrize(
    "address",
    [
        "", "ana", "ana@", "@x.de", "ana@x", "ana@@x.de", "a b@x.de", ".ana@x.de", "a..b@x.de", "ana@-x.de",
        "ana@x..de", "ana@x.1", f"{'a' * 65}@x.de", f"ana@{'x.' * 130}de", "<!channel>@x.de", "ana ruiz@x.de",
        "ana,ruiz@x.de", "ana@acme.co,uk", "ana@acme .com", "ana@x.de@y.de",
    ],
)  # fmt: skip
def test_addresses_that_cannot_be_are_told_apart(address: str) -> None:
    with pytest.raises(Unreadable) as refused:
        check_email(address)
    assert (refused.value.field, refused.value.fault) == ("email", FieldFault.BAD_EMAIL)


@given(ANYTHING)
def test_any_text_is_an_address_or_is_refused(text: str) -> None:
    with suppress(Unreadable):
        assert fold_email(check_email(text)).count("@") == 1


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("DE", "DE"), ("de", "DE"), ("DEU", "DE"), ("Germany", "DE"), ("  germany ", "DE"), ("UK", "GB"), ("GBR", "GB"),
        ("England", "GB"), ("u.s.a.", "US"), ("USA", "US"), ("United States of America", "US"),
        ("the Netherlands", "NL"), ("Holland", "NL"), ("Türkiye", "TR"), ("Turkey", "TR"), ("Cote d'Ivoire", "CI"),
        ("Ivory Coast", "CI"), ("Czech Republic", "CZ"), ("Hong Kong", "HK"), ("St. Lucia", "LC"),
        ("Trinidad and Tobago", "TT"), ("NO", "NO"),
        ("Kosovo", "XK"), ("South Korea", "KR"),
    ],
)  # fmt: skip
def test_countries_are_known_by_code_and_by_english_name(text: str, code: str) -> None:
    assert check_country(text) == code


@pytest.mark.parametrize(
    "text", ["", "EU", "ZZ", "XX", "Atlantis", "DE, FR", "Yugoslavia", "276", "\N{COMBINING ACUTE ACCENT}"]
)
def test_what_is_no_country_is_refused(text: str) -> None:
    with pytest.raises(Unreadable) as refused:
        check_country(text)
    assert refused.value.fault is FieldFault.BAD_COUNTRY


def test_every_code_of_iso_3166_reads_as_itself() -> None:
    """249 are assigned; Kosovo makes 250."""
    codes = set(countries().values())
    assert len(codes) == 250
    assert {check_country(code) for code in codes} == codes

"""Countries as forms, shops and CRMs write them, and the one whose telephone numbers somebody writes."""

import pytest
from babel import Locale
from hypothesis import given
from hypothesis import strategies as st

from qualification.rules.field_errors import Unreadable
from qualification.rules.values.countries import check_country, countries, region_of


@pytest.mark.parametrize(
    ("country", "zone", "region"),
    [
        ("SE", "Europe/London", "SE"),
        (None, "Europe/London", "GB"),
        (None, "America/New_York", "US"),
        (None, "US/Pacific", "US"),
        (None, "Asia/Kolkata", "IN"),
        (None, "Asia/Calcutta", "IN"),
        (None, "Europe/Kyiv", "UA"),
        (None, "Europe/Kiev", "UA"),
        (None, "UTC", None),
        (None, "Etc/GMT+5", None),
        (None, "Mars/Base", None),
        (None, None, None),
    ],
)
def test_the_region_is_the_country_that_is_known_else_that_of_the_zone(
    country: str | None, zone: str | None, region: str | None
) -> None:
    assert region_of(country, zone) == region


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Canada (CA)", "CA"), ("Great Britain (UK)", "GB"), ("Bahamas, The", "BS"), ("Moldova, Republic of", "MD"),
        ("Congo, The Democratic Republic of the", "CD"), ("Congo (Kinshasa)", "CD"), ("Korea (North)", "KP"),
        ("Venezuela, Bolivarian Republic of", "VE"), ("Lao People's Democratic Republic", "LA"), ("Holy See", "VA"),
        ("Cabo Verde", "CV"), ("Palestine, State of", "PS"), ("Almanya", "DE"), ("ALMANYA", "DE"), ("İngiltere", "GB"),
        ("Niemcy", "DE"), ("Wielka Brytania", "GB"), ("Pays-Bas", "NL"), ("Países Bajos", "NL"), ("Paesi Bassi", "NL"),
        ("Duitsland", "DE"), ("アメリカ合衆国", "US"), ("米国", "US"), ("대한민국", "KR"), ("中国", "CN"),
        ("Sverige", "SE"),
        ("Ελλάδα", "GR"), ("OSTERREICH", "AT"), ("Espana", "ES"), ("&Ouml;sterreich", "AT"), ("🇩🇪 Germany", "DE"),
        ("EMEA / Germany", "DE"), ("Munich, Bavaria, Germany", "DE"), ("Deutschland / Bayern", "DE"),
        ("Atlanta, Georgia, USA", "US"), ("San Francisco, CA, US", "US"), ("DE - Germany", "DE"), ("Paris, FR", "FR"),
    ],
)  # fmt: skip
def test_a_country_is_known_as_it_is_written(text: str, code: str) -> None:
    assert check_country(text) == code


@pytest.mark.parametrize(
    "text",
    [
        "German",
        "Dutch",
        "Polish",
        "Europe",
        "Germany, France",
        "DE, FR",
        "Germany (FR)",
        "San Francisco, CA",
        "Wilmington, DE",
        "Österreich & Schweiz",
        "x" * 300,
    ],
)
def test_what_is_no_one_country_is_refused(text: str) -> None:
    with pytest.raises(Unreadable):
        check_country(text)


@pytest.mark.parametrize("language", ["en", "de", "ja", "tr", "pl", "fr", "es", "pt", "it", "nl"])
def test_every_country_reads_back_by_its_name_in_every_language(language: str) -> None:
    names = Locale(language).territories
    assert {code: check_country(str(names[code])) for code in set(countries().values()) if code in names} == {
        code: code for code in set(countries().values()) if code in names
    }


@given(st.text(max_size=40) | st.text("DEUSCAGFR, /-()🇩🇪;&", max_size=20))
def test_any_text_is_a_country_or_is_refused(text: str) -> None:
    try:
        assert check_country(text) in countries().values()
    except Unreadable:
        return

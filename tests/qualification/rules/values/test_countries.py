"""The country whose telephone numbers somebody writes."""

import pytest

from qualification.rules.values.countries import region_of


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

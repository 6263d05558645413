"""What an API key may be used for."""

from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qualification.rules.intake.key_limits import (
    BadLimit,
    KeyLimits,
    read_end,
    read_length,
    read_networks,
    read_origins,
)

NOW = datetime(2026, 11, 30, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "end"),
    [
        ("90d", NOW + timedelta(days=90)),
        (" 12 H ", NOW + timedelta(hours=12)),
        ("8w", NOW + timedelta(weeks=8)),
        ("2026-12-01", datetime(2026, 12, 1, tzinfo=UTC)),
    ],
)
def test_an_end_is_a_length_of_time_or_a_day(written: str, end: datetime) -> None:
    assert read_end(written, NOW) == end


@pytest.mark.parametrize("written", ["0d", "2026-11-30", "1999-01-01"])
def test_an_end_that_is_over_is_refused(written: str) -> None:
    with pytest.raises(BadLimit, match="isn't in the future"):
        read_end(written, NOW)


@pytest.mark.parametrize("written", ["", "soon", "90", "d", "-1d", "1.5d", "999999d", "٣d", "2026-13-01"])
def test_what_is_no_length_of_time_says_how_to_write_one(written: str) -> None:
    with pytest.raises(BadLimit, match="Write for example 12h, 90d or 8w"):
        read_end(written, NOW)
    with pytest.raises(BadLimit):
        read_length(written)


@given(st.text(max_size=12))
def test_no_text_is_too_odd_for_an_end(written: str) -> None:
    try:
        end = read_end(written, NOW)
    except BadLimit:
        return
    assert end > NOW


def test_an_overlap_may_be_nothing() -> None:
    assert read_length("0d") == timedelta()


def test_addresses_and_networks_are_read_and_a_slip_is_told() -> None:
    assert read_networks([" 203.0.113.7", "10.0.0.0/8", "2001:db8::/32"]) == (
        "203.0.113.7/32",
        "10.0.0.0/8",
        "2001:db8::/32",
    )
    for wrong in ("203.0.113.7/24", "acme.example", "", "1.2.3.4,5.6.7.8"):
        with pytest.raises(BadLimit, match=r"such as 203\.0\.113\.0/24"):
            read_networks([wrong])


def test_without_networks_a_key_is_admitted_from_anywhere_and_with_them_from_nowhere_else() -> None:
    limited = KeyLimits(networks=("203.0.113.0/24", "2001:db8::/32"))
    for host in ("203.0.113.1", "::ffff:203.0.113.1", "2001:db8::1"):
        assert limited.admits(host)
    for host in ("203.0.114.1", "::ffff:203.0.114.1", "2001:db9::1", "", "unknown", "203.0.113.1.evil.example"):
        assert not limited.admits(host)
        assert KeyLimits().admits(host)


@given(st.ip_addresses(v=4), st.ip_addresses(v=4), st.integers(0, 32))
def test_an_address_is_admitted_exactly_where_its_first_bits_are_the_networks(
    host: IPv4Address, network: IPv4Address, prefix: int
) -> None:
    written = str(ip_network((int(network) >> (32 - prefix) << (32 - prefix), prefix)))
    same = int(host) >> (32 - prefix) == int(network) >> (32 - prefix)
    assert KeyLimits(networks=(written,)).admits(str(host)) is same


def test_a_key_ends_at_its_end() -> None:
    limits = KeyLimits(expires_at=NOW)
    assert not limits.has_expired(NOW - timedelta(microseconds=1))
    assert limits.has_expired(NOW)
    assert not KeyLimits().has_expired(NOW + timedelta(days=10_000))


@pytest.mark.parametrize(
    ("written", "origin"),
    [
        ("https://www.acme.example", "https://www.acme.example"),
        (" HTTPS://WWW.Acme.example/ ", "https://www.acme.example"),
        ("https://www.acme.example:443", "https://www.acme.example"),
        ("http://localhost:8000", "http://localhost:8000"),
        ("https://müller.example", "https://xn--mller-kva.example"),
    ],
)
def test_an_origin_is_read_as_browsers_send_it(written: str, origin: str) -> None:
    assert read_origins([written, written]) == (origin,)
    assert KeyLimits(origins=(origin,)).admits_origin(origin)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "www.acme.example",
        "null",
        "*",
        "https://",
        "ftp://acme.example",
        "https://acme.example/contact",
        "https://a,b",
        "https://acme.example?x",
        "https://acme.example#x",
        "https://ana@acme.example",
        "https://*.acme.example",
        "https://acme.example:x",
        "https://[::1",
        "https://acme..example",
    ],
)
def test_what_is_no_origin_is_refused(written: str) -> None:
    with pytest.raises(BadLimit, match="without a path"):
        read_origins([written])


def test_without_origins_a_key_is_for_any_page_and_what_has_no_origin_is_no_page() -> None:
    assert KeyLimits().admits_origin("https://evil.example")
    limits = KeyLimits(origins=("https://www.acme.example",))
    assert [limits.admits_origin(origin) for origin in (None, "https://WWW.acme.example", "null", "")] == [
        True,
        True,
        False,
        False,
    ]
    assert [each.lists("https://www.acme.example") for each in (limits, KeyLimits())] == [True, False]

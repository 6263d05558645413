"""What an API key may be used for: until when, to post or to read, from which addresses, and on which pages."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

_UNITS: Final[Mapping[str, timedelta]] = MappingProxyType(
    {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
)
_PORTS: Final[Mapping[str, int]] = MappingProxyType({"http": 80, "https": 443})
_HOST: Final = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*")
_LENGTH: Final = re.compile(r"(\d{1,5})\s*([hdw])", re.ASCII)


class BadLimit(ValueError):
    """A limit can't be read; the text says why in a sentence."""


@dataclass(frozen=True, slots=True)
class KeyLimits:
    """The limits of a key; without any it posts and reads, from anywhere, and doesn't end by itself.

    `origins` are those of the pages that may use a publishable key, as browsers write them: https://www.acme.example.
    """

    expires_at: datetime | None = None
    may_post: bool = True
    may_read: bool = True
    networks: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()

    def admits(self, host: str) -> bool:
        """Tell whether the key may be used from this address; an IPv4 address written as IPv6 is the IPv4 address."""
        if not self.networks:
            return True
        try:
            address = ip_address(host)
        except ValueError:
            return False
        if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        return any(address in ip_network(each) for each in self.networks)

    def admits_origin(self, origin: str | None) -> bool:
        """Tell whether a page there may use the key; what comes without an origin doesn't come from a page.

        The origin keeps other pages' visitors away. It is no proof of anything: programs write there what they like.
        """
        return not self.origins or origin is None or origin.lower() in self.origins

    def lists(self, origin: str | None) -> bool:
        """Tell whether pages of that origin are named; then their scripts may read the answers too."""
        return origin is not None and origin.lower() in self.origins

    def has_expired(self, now: datetime) -> bool:
        """Tell whether the key has ended by itself."""
        return self.expires_at is not None and self.expires_at <= now


def read_length(text: str) -> timedelta:
    """Read a length of time such as 12h, 90d or 8w. Raises BadLimit."""
    match = _LENGTH.fullmatch(text.strip().lower())
    if match is None:
        raise BadLimit(f"“{text}” isn't a length of time. Write for example 12h, 90d or 8w.")
    return int(match[1]) * _UNITS[match[2]]


def read_end(text: str, now: datetime) -> datetime:
    """Read when a key is to expire: after a length of time, or when a day begins (UTC). Raises BadLimit."""
    try:
        end = datetime.combine(date.fromisoformat(text.strip()), time(), UTC)
    except ValueError:
        end = now + read_length(text)
    if end <= now:
        raise BadLimit(f"“{text}” isn't in the future.")
    return end


def read_networks(written: Iterable[str]) -> tuple[str, ...]:
    """Read addresses and networks such as 203.0.113.7 and 203.0.113.0/24. Raises BadLimit."""
    try:
        return tuple(str(ip_network(each.strip())) for each in written)
    except ValueError as error:
        raise BadLimit(f"{error}. Write an address, or a network such as 203.0.113.0/24.") from error


def read_origins(written: Iterable[str]) -> tuple[str, ...]:
    """Read the origins of pages, such as https://www.acme.example, in the form in which browsers send them.

    Raises BadLimit.
    """
    return tuple(dict.fromkeys(map(_origin, written)))


def _origin(text: str) -> str:
    remedy = f"“{text}” isn't the origin of a page. Write it as https://www.acme.example, without a path."
    try:
        parts = urlsplit(text.strip().lower())
        port, host = parts.port, (parts.hostname or "").encode("idna").decode()
    except ValueError as error:
        raise BadLimit(remedy) from error
    if parts.scheme not in _PORTS or not _HOST.fullmatch(host) or parts.path not in {"", "/"}:
        raise BadLimit(remedy)
    if parts.query or parts.fragment or parts.username is not None:
        raise BadLimit(remedy)
    return f"{parts.scheme}://{host}" + (f":{port}" if port not in {None, _PORTS[parts.scheme]} else "")

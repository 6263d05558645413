"""What an API key may be used for: until when, to post or to read, and from which addresses."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from types import MappingProxyType
from typing import Final

_UNITS: Final[Mapping[str, timedelta]] = MappingProxyType(
    {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
)
_LENGTH: Final = re.compile(r"(\d{1,5})\s*([hdw])", re.ASCII)


class BadLimit(ValueError):
    """A limit can't be read; the text says why in a sentence."""


@dataclass(frozen=True, slots=True)
class KeyLimits:
    """The limits of a key; without any it posts and reads, from anywhere, and doesn't end by itself."""

    expires_at: datetime | None = None
    may_post: bool = True
    may_read: bool = True
    networks: tuple[str, ...] = ()

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

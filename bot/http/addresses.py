"""Whose address a request counts for: the client's own, also behind proxies that are trusted."""

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

# A home or an office gets this much of IPv6, and each of its machines as many addresses in it as it likes.
IPV6_PREFIX: Final = 64


class TrustedProxies:
    """The addresses whose X-Forwarded-For is believed; `in` tells whether a host is one of them."""

    def __init__(self, written: Iterable[str] = ()) -> None:
        """Take addresses and networks such as 10.0.0.0/8; raises ValueError for anything else."""
        self.written = tuple(written)
        self._networks: tuple[IPv4Network | IPv6Network, ...] = tuple(map(ip_network, self.written))

    def __contains__(self, host: str) -> bool:
        """Tell whether the host is a trusted proxy; what is no address is none."""
        try:
            address = ip_address(host)
        except ValueError:
            return False
        return any(address in network for network in self._networks)


def counted_as(host: str) -> str:
    """Return what requests from this address are counted by: the address, or its /64 if it is IPv6.

    An IPv4 address written as IPv6 is the IPv4 address. What is no address is one sender together.
    """
    try:
        address = ip_address(host)
    except ValueError:
        return "unknown"
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ip_network((address.packed, IPV6_PREFIX), strict=False))
    return str(address)

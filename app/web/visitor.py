"""Who is asking, as far as the network can tell."""

from __future__ import annotations

import ipaddress

from flask_limiter.util import get_remote_address

# Bits of an address, by version of IP. One household or host commonly owns a whole /64, and one
# customer of a provider a whole /48 or /24.
VISITOR = {4: 32, 6: 64}
NETWORK = {4: 24, 6: 48}


def visitor() -> str:
    """Returns who is asking, by network address; a whole /64 of IPv6 counts as one."""
    return _shortened(VISITOR)


def network() -> str:
    """Returns the network of the visitor: a /24 of IPv4, a /48 of IPv6."""
    return _shortened(NETWORK)


def _shortened(bits: dict[int, int]) -> str:
    text = get_remote_address()
    try:
        address = ipaddress.ip_address(_without_port(text))
    except ValueError:
        return text  # a proxy of ours may write something other than an address
    if isinstance(address, ipaddress.IPv6Address):
        address = address.ipv4_mapped or address
    return str(ipaddress.ip_network((address, bits[address.version]), strict=False))


def network_start() -> str:
    """Returns how the visitor's address begins, for people to recognize; "" if it is none.

    That is a /24 of IPv4 ("203.0.113") or a /48 of IPv6 ("2001:db8:1").
    """
    try:
        address = ipaddress.ip_address(_without_port(get_remote_address()))
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv6Address) and not address.ipv4_mapped:
        site = ipaddress.ip_network((address, 48), strict=False)
        return str(site.network_address).rstrip(":")
    return str(getattr(address, "ipv4_mapped", address)).rpartition(".")[0]


def _without_port(text: str) -> str:
    # Azure and IIS write 203.0.113.1:50123, and so every connection would be a visitor of its own.
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text

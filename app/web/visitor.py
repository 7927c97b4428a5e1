"""Who is asking, as far as the network can tell."""

from __future__ import annotations

import ipaddress

from flask_limiter.util import get_remote_address

IPV6_SITE = 64  # bits; one household or host commonly owns a whole /64


def visitor() -> str:
    """Returns who is asking, by network address; a whole IPv6 site counts as one."""
    text = get_remote_address()
    try:
        address = ipaddress.ip_address(_without_port(text))
    except ValueError:
        return text  # a proxy of ours may write something other than an address
    if isinstance(address, ipaddress.IPv6Address) and not address.ipv4_mapped:
        return str(ipaddress.ip_network((address, IPV6_SITE), strict=False))
    return str(address)


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

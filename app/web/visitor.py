"""Who is asking, as far as the network can tell."""

from __future__ import annotations

import ipaddress
from typing import NamedTuple

from flask import request
from flask_limiter.util import get_remote_address

# Bits of an address, by version of IP. One household or host commonly owns a whole /64, and one
# customer of a provider a whole /48 or /24.
VISITOR = {4: 32, 6: 64}
NETWORK = {4: 24, 6: 48}
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
MAX_USER_AGENT = 500  # characters; real ones have fewer, and a header may have thousands


class Browser(NamedTuple):
    """The browser that asks, as WorkOS is told of it: its session list shows this, Radar uses it.

    Otherwise WorkOS would take this server for the browser of everybody.
    """

    ip_address: str | None
    user_agent: str | None


class Visitor(NamedTuple):
    """Who is asking, as limits count them: by network address."""

    address: str  # a whole /64 of IPv6 counts as one
    network: str  # of theirs: a /24 of IPv4, a /48 of IPv6
    browser: Browser


def this_browser() -> Browser:
    """Returns the address and the name of the browser that asks; None where they cannot be told."""
    address = _address(request.remote_addr or "")  # a Unix socket has none
    user_agent = request.headers.get("User-Agent", "")[:MAX_USER_AGENT]
    return Browser(str(address) if address else None, user_agent or None)


def this_visitor() -> Visitor:
    """Returns who is asking, to be read once and handed on."""
    browser, text = this_browser(), get_remote_address()
    address = _address(text)
    if address is None:
        return Visitor(text, text, browser)
    version = address.version
    household, network = _network(address, VISITOR[version]), _network(address, NETWORK[version])
    return Visitor(str(household), str(network), browser)


def network_start() -> str:
    """Returns how the visitor's address begins, for people to recognize; "" if it is none.

    That is a /24 of IPv4 ("203.0.113") or a /48 of IPv6 ("2001:db8:1").
    """
    address = _address(get_remote_address())
    if address is None:
        return ""
    start = str(_network(address, NETWORK[address.version]).network_address)
    return start.rstrip(":") if address.version == 6 else start.rpartition(".")[0]


def _network(address: Address, bits: int) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    return ipaddress.ip_network((address, bits), strict=False)


def _address(text: str) -> Address | None:
    # Azure and IIS write 203.0.113.1:50123, and so every connection would be a visitor of its own.
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None  # a proxy of ours may write something other than an address
    # A socket for both families shows 203.0.113.1 as ::ffff:203.0.113.1.
    return getattr(address, "ipv4_mapped", None) or address

"""Whether a request comes from this machine itself."""

from __future__ import annotations

import ipaddress

from flask import request


def is_on_this_machine() -> bool:
    """Whether this machine asks, according to the socket, and to proxies of ours if there are any.

    Both, because whoever goes round the proxies writes what they like into X-Forwarded-For.
    """
    arrived = request.environ.get("werkzeug.proxy_fix.orig", request.environ)
    addresses = arrived.get("REMOTE_ADDR"), request.remote_addr
    try:
        return all(ipaddress.ip_address(address or "").is_loopback for address in addresses)
    except ValueError:  # a Unix socket, on which only a proxy asks
        return False

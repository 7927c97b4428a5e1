"""Connections to organizations' identity providers. https://workos.com/docs/reference/sso/connection"""

from __future__ import annotations

import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from workos.sso.models import Connection as Found

from ..failures import Failure
from .client import ask, until, workos

TIMEOUT_FOR_NAMES = 3  # seconds; nobody waits long for a name that can be done without
NAMELESS = "your organization"
MAX_NAME = 60  # characters of a name that are shown
MOST = 10  # connections that are offered


@dataclass(frozen=True)
class Connection:
    """One that people can sign in by; its name is mostly that of the organization."""

    id: str
    name: str


def active_connections(domain: str) -> list[Connection]:
    """Returns the connections of a domain that can be used now; raises Failure."""
    page = ask(workos().sso.list_connections, domain=domain, limit=100)
    # A server that does not know the filter would answer with those of everybody.
    return _usable(
        one
        for one in page.data
        if domain in {str(listed.domain).casefold() for listed in one.domains}
    )


def connections_of(organization_id: str) -> list[Connection]:
    """Returns the connections of an organization that can be used now; raises Failure."""
    page = ask(workos().sso.list_connections, organization_id=organization_id, limit=100)
    return _usable(one for one in page.data if one.organization_id == organization_id)


def named(connection_ids: Iterable[str]) -> list[Connection]:
    """Returns the connections with these ids, named as far as WorkOS tells in time."""
    ends_at = time.monotonic() + TIMEOUT_FOR_NAMES  # of all calls together
    connections = []
    for connection_id in list(connection_ids)[:MOST]:
        name = ""
        with suppress(Failure):
            get = workos().sso.get_connection
            found = ask(get, connection_id, request_options=until(ends_at))
            name = str(found.name or "")[:MAX_NAME]
        connections.append(Connection(connection_id, name or NAMELESS))
    return connections


def _usable(found: Iterable[Found]) -> list[Connection]:
    return [
        Connection(one.id, str(one.name or NAMELESS)[:MAX_NAME])
        for one in found
        if one.state == "active" and isinstance(one.id, str)
    ][:MOST]

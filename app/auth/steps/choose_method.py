"""A person whose organization lets them in another way than the one they came by chooses one.

https://workos.com/docs/reference/authkit/authentication-errors
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from typing import Any

from flask import Blueprint

from ...config import settings
from ...failures import Failure
from ...pages import render
from ...web.fields import queried
from ...workos_api.connections import NAMELESS, Connection, connections_of, named
from ...workos_api.refusals import MethodRequired
from ...workos_api.steps import StepRequired
from ..doors import find_door, offered
from ..step import Step, require

bp = Blueprint("choose_method", __name__, url_prefix="/auth/choose-method")


@dataclass(frozen=True)
class Ways:
    """What the page shows; with another shape, the step needs another name."""

    email: str
    connections: tuple[Connection, ...]  # the id may be that of an organization, too
    methods: tuple[str, ...]  # of the doors


@bp.get("")
def show() -> str:
    """Offers the ways that the organization allows, and this site has."""
    attempt, pending = require(STEP, queried("attempt")["attempt"], settings())
    ways = pending.details
    return render(
        "auth/ways.html",
        attempt=replace(attempt, login_hint=ways["email"]),
        connections=ways["connections"],
        doors=[door for door in offered() if door.method in ways["methods"]],
        reason=MethodRequired,
    )


def _details(required: StepRequired) -> dict[str, Any] | None:
    said = required.details
    listed = said.get("auth_methods")
    allowed = listed if isinstance(listed, Mapping) else {}
    methods = [
        door.method
        for door in offered()
        # By WorkOS's names: magic_auth, google_oauth.
        if any(allowed.get(name) is True for name in (door.method, f"{door.method}_oauth"))
    ]
    if not required.email and "magic_auth" in methods:
        methods.remove("magic_auth")  # nobody knows where to send it
    connections = _connections(said) if find_door("sso") else []
    ways = Ways(required.email, tuple(connections), tuple(methods))
    return asdict(ways) if connections or methods else None


def _connections(said: Mapping[str, Any]) -> list[Connection]:
    ids = said.get("connection_ids", said.get("sso_connection_ids"))
    listed = [one for one in ids if isinstance(one, str)] if isinstance(ids, list) else []
    if listed:
        return named(listed)
    if organization_id := said.get("organization_id"):
        with suppress(Failure):
            return connections_of(organization_id) or [Connection(organization_id, NAMELESS)]
        return [Connection(organization_id, NAMELESS)]  # WorkOS knows which of its connections
    return []


STEP = Step(
    "choose_method",
    MethodRequired,
    bp,
    "signin.choose_method.show",
    _details,
    Ways,
    needs_token=False,  # a sign-in by another way proves all that it has to by itself
)

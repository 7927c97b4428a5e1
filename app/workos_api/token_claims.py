"""What the claims of an access token have to be, once it is certain who made it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..config import Config

Claims = Mapping[str, Any]


def wrong(claims: Claims, config: Config) -> str | None:
    """Returns the claim that is not as in a person's token for us; None if all are.

    One key signs the tokens of people, agents and widgets, and those of other applications.
    """
    audience = config.access_token_audience
    if not _is_for((audience,) if audience else None, claims):
        return "aud"
    if claims.get("client_id", config.workos_client_id) != config.workos_client_id:
        return "client_id"
    if not isinstance(claims.get("sid"), str):
        return "sid"
    return _wrong_time(claims, "auth_time") or _wrong_subject(claims)


def wrong_at_authkit(claims: Claims, config: Config) -> str | None:
    """Returns the same for a token that the AuthKit domain gave to an OAuth client."""
    # MCP clients write an address without a path with or without its slash (RFC 8707).
    if not _is_for((config.public_url, f"{config.public_url}/"), claims):
        return "aud"
    return _wrong_subject(claims)


def _wrong_subject(claims: Claims) -> str | None:
    if claims.get("sub_profile") not in (None, "user"):
        return "sub_profile"
    if claims.get("sub_type") is not None:
        return "sub_type"
    is_user = str(claims["sub"]).startswith("user_")  # a program on its own behalf has another id
    return _wrong_time(claims, "exp") if is_user else "sub"


def _wrong_time(claims: Claims, name: str) -> str | None:
    return None if type(claims.get(name)) in (int, float) else name


def _is_for(audience: tuple[str, ...] | None, claims: Claims) -> bool:
    said = claims.get("aud")
    if audience is None:
        return said is None
    return any(one in audience for one in (said if isinstance(said, list) else [said]))

"""Who signed in, however they did; the only place that knows WorkOS's Profile and User."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import jwt
from workos.user_management.models import AuthenticateResponse

Method = Literal["magic_auth", "magic_link"]


@dataclass(frozen=True, kw_only=True)
class Identity:
    """A person as WorkOS vouches for them; `user_id` is the key, an e-mail address never is."""

    user_id: str
    email: str
    name: str | None
    method: Method
    workos_session_id: str | None = None

    @classmethod
    def from_authentication(cls, reply: AuthenticateResponse, *, method: Method) -> Identity:
        """Reads the answer of `POST /user_management/authenticate`, which has a User."""
        user = reply.user
        return cls(
            user_id=user.id,
            email=user.email,
            name=_full_name(user.name, user.first_name, user.last_name),
            method=method,
            workos_session_id=_session_id(reply.access_token),
        )

    @classmethod
    def from_profile(cls, profile: Mapping[str, Any], *, method: Method) -> Identity:
        """Reads the Profile of `POST /sso/token`; raises KeyError without an id or an address.

        Names are optional: Magic Link profiles come without them, and the code is spent by now.
        """
        return cls(
            user_id=str(profile["id"]),
            email=str(profile["email"]),
            name=_full_name(
                profile.get("name"), profile.get("first_name"), profile.get("last_name")
            ),
            method=method,
        )


def _full_name(name: str | None, first: str | None, last: str | None) -> str | None:
    return name or " ".join(part for part in (first, last) if part) or None


def _session_id(access_token: str) -> str | None:
    # Not verified: it came straight from WorkOS over TLS, in answer to our own call with our key
    # (OpenID Connect Core 3.1.3.7 item 6). A token from anywhere else must be verified.
    try:
        claims = jwt.decode(access_token, options={"verify_signature": False})
    except jwt.InvalidTokenError:
        return None
    return claims.get("sid")

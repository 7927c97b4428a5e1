"""Who signed in, by any door; the only place that knows WorkOS's Profile and User."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from workos.user_management.models import AuthenticateResponse


@dataclass(frozen=True, kw_only=True)
class Identity:
    """A person as WorkOS vouches for them; `user_id` is the key, an email address never is."""

    user_id: str
    email: str
    name: str | None
    method: str

    @classmethod
    def from_authentication(cls, reply: AuthenticateResponse, *, method: str) -> Identity:
        """Reads the answer of `POST /user_management/authenticate`, which has a User."""
        user = reply.user
        return cls(
            user_id=user.id,
            email=user.email,
            name=_full_name(user.name, user.first_name, user.last_name),
            method=method,
        )

    @classmethod
    def from_profile(cls, profile: Mapping[str, Any], *, method: str) -> Identity:
        """Reads the Profile of `POST /sso/token`; raises KeyError without an id or an address.

        Names are optional: Magic Link profiles have none, and the code is already spent.
        """
        return cls(
            user_id=str(profile["id"]),
            email=str(profile["email"]),
            name=_full_name(
                profile.get("name"), profile.get("first_name"), profile.get("last_name")
            ),
            method=method,
        )

    def updated(self, user: Mapping[str, Any]) -> Identity:
        """Returns the same person with the address and name of a newer User."""
        email = user.get("email")
        name = _full_name(user.get("name"), user.get("first_name"), user.get("last_name"))
        return replace(self, email=email if isinstance(email, str) else self.email, name=name)


def _full_name(*names: object) -> str | None:
    # As an event or a Profile has them, each may be missing, or of a type that nobody expects.
    name, first, last = (name if isinstance(name, str) else "" for name in names)
    return name or " ".join(part for part in (first, last) if part) or None

"""Who signed in, by any door; the only place that knows WorkOS's User."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from workos.common.models.user import User
from workos.user_management.models import UserCreateResponse


@dataclass(frozen=True, kw_only=True)
class Impersonator:
    """Who acts for a person: an administrator who signed in as them at the WorkOS dashboard."""

    email: str
    reason: str | None  # as they gave it there


@dataclass(frozen=True, kw_only=True)
class Identity:
    """A person as WorkOS vouches for them; `user_id` is the key, an email address never is."""

    user_id: str  # of the User, which is the same by every door
    email: str
    name: str | None
    method: str  # our door
    profile_id: str | None = None  # of the Profile, if the door ends in one
    organization_id: str | None = None  # as of the last refresh
    authentication_method: str | None = None  # in WorkOS's words; it says none after a link
    impersonator: Impersonator | None = None

    def __bool__(self) -> bool:
        """Whether it is anybody: for whom the API key of an organization speaks is nobody."""
        return bool(self.user_id)

    @classmethod
    def from_user(cls, user: User | UserCreateResponse, *, method: str, **more: Any) -> Identity:
        """Reads the User that a door has led to; `more` is what the door knows besides."""
        return cls(
            user_id=user.id,
            email=user.email,
            name=_full_name(user.name, user.first_name, user.last_name),
            method=method,
            **more,
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

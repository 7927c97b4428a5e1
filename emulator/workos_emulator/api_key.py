"""A key for programs of a customer, and what WorkOS shows of it (WorkOS docs: API Keys)."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime

from .formats import Json, new_id, now, timestamp
from .objects import User
from .organization import Organization

SHOWN = 4  # characters of a value that can still be seen once it has been handed out


@dataclass
class ApiKey:
    """Lets a program in: for an organization, or for one of its people."""

    name: str
    organization: Organization
    user: User | None = None  # None: it belongs to the organization itself
    permissions: list[str] = field(default_factory=list)
    expires_at: datetime | None = None
    last_used_at: datetime | None = None
    value: str = field(default_factory=lambda: f"sk_{secrets.token_urlsafe(32)}")
    id: str = field(default_factory=lambda: new_id("api_key"))
    created_at: datetime = field(default_factory=now)
    updated_at: datetime = field(default_factory=now)

    @property
    def is_expired(self) -> bool:
        """Whether its time is over."""
        return self.expires_at is not None and self.expires_at <= now()

    def to_json(self, *, with_value: bool = False) -> Json:
        """Returns it as WorkOS does; the value is shown once, to those who have made it."""
        owner: Json = {"type": "organization", "id": self.organization.id}
        if self.user:
            here = {"organization_id": self.organization.id}
            owner = {"type": "user", "id": self.user.id, **here}
        return {
            "object": "api_key",
            "id": self.id,
            "owner": owner,
            "name": self.name,
            "obfuscated_value": f"sk_...{self.value[-SHOWN:]}",
            "last_used_at": self.last_used_at and timestamp(self.last_used_at),
            "expires_at": self.expires_at and timestamp(self.expires_at),
            "permissions": self.permissions,
            "created_at": timestamp(self.created_at),
            "updated_at": timestamp(self.updated_at),
            **({"value": self.value} if with_value else {}),
        }

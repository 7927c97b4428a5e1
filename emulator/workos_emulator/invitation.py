"""One invitation, and whom it is for (WorkOS docs: Invitation)."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime

from .formats import Json, new_id, now, same_email, timestamp, with_query
from .objects import User
from .organization import Organization

# Where everybody has an address, the one that was invited is meant, and not its domain.
CONSUMER_DOMAINS = frozenset({"gmail.com", "hotmail.com", "icloud.com", "outlook.com", "yahoo.com"})


@dataclass
class Invitation:
    """An address that may sign up, and join an organization if it names one."""

    email: str
    expires_at: datetime
    organization: Organization | None = None
    role_slug: str | None = None
    inviter: User | None = None
    locale: str | None = None
    accepted_at: datetime | None = None
    accepted_user_id: str | None = None
    revoked_at: datetime | None = None
    token: str = field(default_factory=lambda: secrets.token_urlsafe(18))
    id: str = field(default_factory=lambda: new_id("invitation"))
    created_at: datetime = field(default_factory=now)
    updated_at: datetime = field(default_factory=now)

    @property
    def state(self) -> str:
        """Returns pending, accepted, expired or revoked."""
        if self.accepted_at:
            return "accepted"
        if self.revoked_at:
            return "revoked"
        return "pending" if now() < self.expires_at else "expired"

    def is_for(self, email: str) -> bool:
        """Whether it may be used with this address: any, where there is no organization."""
        domain = same_email(self.email).rpartition("@")[2]
        if self.organization is None or same_email(email) == same_email(self.email):
            return True
        return domain not in CONSUMER_DOMAINS and same_email(email).rpartition("@")[2] == domain

    def to_json(self, url: str | None = None) -> Json:
        """Returns it as WorkOS does; in an event, without the URL, its credentials are left out."""
        credentials: Json = {"token": self.token}
        if url:
            invitation_url = with_query(url, {"invitation_token": self.token})
            credentials["accept_invitation_url"] = invitation_url
        return {
            "object": "invitation",
            "id": self.id,
            "email": self.email,
            "state": self.state,
            "accepted_at": self.accepted_at and timestamp(self.accepted_at),
            "revoked_at": self.revoked_at and timestamp(self.revoked_at),
            "expires_at": timestamp(self.expires_at),
            "organization_id": self.organization and self.organization.id,
            "inviter_user_id": self.inviter and self.inviter.id,
            "accepted_user_id": self.accepted_user_id,
            "role_slug": self.role_slug,
            "created_at": timestamp(self.created_at),
            "updated_at": timestamp(self.updated_at),
            **(credentials if url else {}),
        }

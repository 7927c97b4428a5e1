"""Connections to the identity providers of organizations, and what those require (WorkOS: SSO)."""

from dataclasses import dataclass, field
from datetime import datetime

from .formats import Json, new_id, now, timestamp
from .organization import Organization

ACTIVE = "active"
STATES = (ACTIVE, "inactive", "draft", "validating", "deleting")
TEST_IDP = "TestIdp"


@dataclass
class Connection:
    """What leads from WorkOS to one identity provider."""

    name: str
    organization: Organization
    connection_type: str = TEST_IDP
    state: str = ACTIVE
    allows_idp_initiated: bool = True
    id: str = field(default_factory=lambda: new_id("conn"))
    created_at: datetime = field(default_factory=now)

    def to_json(self) -> Json:
        """Returns it as WorkOS does."""
        return {
            "object": "connection",
            "id": self.id,
            "organization_id": self.organization.id,
            "connection_type": self.connection_type,
            "name": self.name,
            "state": self.state,
            "status": "linked" if self.state == ACTIVE else "unlinked",  # its older name
            "external_key": self.id.removeprefix("conn_"),
            "domains": [
                {"object": "connection_domain", "id": f"{self.id}_{number}", "domain": domain}
                for number, domain in enumerate(self.organization.domains, 1)
            ],
            "created_at": timestamp(self.created_at),
            "updated_at": timestamp(self.created_at),
        }

    def in_event(self) -> Json:
        """Returns what events about a sign-in say of it."""
        return {
            "organization_id": self.organization.id,
            "connection_id": self.id,
            "session_id": None,
        }


@dataclass(frozen=True)
class Policy:
    """How an organization lets its people in."""

    requires_sso: bool = False
    auth_methods: dict[str, bool] | None = None  # None: any
    is_oauth_error: bool = True  # which of WorkOS's two envelopes says so

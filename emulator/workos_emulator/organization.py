"""Organizations, who belongs to them, and what roles let people do (WorkOS docs: Organization)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from .formats import Json, new_id, now, timestamp
from .objects import User

MEMBER, ADMIN = "member", "admin"
STATUSES = ("active", "inactive", "pending")


@dataclass(frozen=True)
class Role:
    """What a slug stands for, everywhere or in one organization."""

    slug: str
    permissions: tuple[str, ...] = ()


@dataclass
class Organization:
    """A customer: a company whose people sign in."""

    name: str
    id: str = field(default_factory=lambda: new_id("org"))
    domains: dict[str, str] = field(default_factory=dict)  # with the state of each
    external_id: str | None = None
    metadata: Json = field(default_factory=dict)
    roles: dict[str, Role] = field(default_factory=dict)  # its own, by slug
    created_at: datetime = field(default_factory=now)
    updated_at: datetime = field(default_factory=now)

    def to_json(self) -> Json:
        """Returns it as WorkOS does."""
        times = {"created_at": timestamp(self.created_at), "updated_at": timestamp(self.updated_at)}
        return {
            "object": "organization",
            "id": self.id,
            "name": self.name,
            "domains": [
                {
                    "object": "organization_domain",
                    "id": f"org_domain_{self.id.removeprefix('org_')}_{number}",
                    "organization_id": self.id,
                    "domain": domain,
                    "state": state,
                    "verification_strategy": "manual",
                    **times,
                }
                for number, (domain, state) in enumerate(self.domains.items(), 1)
            ],
            "metadata": self.metadata,
            "external_id": self.external_id,
            "stripe_customer_id": None,
            "allow_profiles_outside_organization": False,
            **times,
        }


@dataclass
class Membership:
    """Somebody in an organization, and their roles there."""

    user: User
    organization: Organization
    roles: list[str] = field(default_factory=lambda: [MEMBER])  # slugs, the most important first
    status: str = "active"
    id: str = field(default_factory=lambda: new_id("om"))
    created_at: datetime = field(default_factory=now)
    updated_at: datetime = field(default_factory=now)

    def claims(self, known: Mapping[str, Role]) -> Json:
        """Returns what the access tokens of a session in this organization say."""
        roles = [{**known, **self.organization.roles}.get(slug, Role(slug)) for slug in self.roles]
        permissions = {permission for role in roles for permission in role.permissions}
        return {
            "org_id": self.organization.id,
            "role": self.roles[0],
            "roles": self.roles,
            "permissions": sorted(permissions),
        }

    def to_json(self) -> Json:
        """Returns it as WorkOS does."""
        return {
            "object": "organization_membership",
            "id": self.id,
            "user_id": self.user.id,
            "user": self.user.to_json(),
            "organization_id": self.organization.id,
            "organization_name": self.organization.name,
            "role": {"slug": self.roles[0]},
            "roles": [{"slug": slug} for slug in self.roles],
            "status": self.status,
            "directory_managed": False,
            "custom_attributes": {},
            "created_at": timestamp(self.created_at),
            "updated_at": timestamp(self.updated_at),
        }

"""Who belongs where. https://workos.com/docs/reference/authkit/organization-membership"""

from __future__ import annotations

from workos import RequestOptions
from workos.organization_membership.models import UserOrganizationMembership

from ..failures import Failure
from .client import ask, workos
from .faults import WorkOSNotFound

MOST = 100  # of one person; WorkOS lists no more at once
SOON: RequestOptions = {"timeout": 3}  # seconds that a page waits for what it can do without


def list_memberships(
    user_id: str, *, options: RequestOptions | None = None
) -> list[UserOrganizationMembership]:
    """Returns the active memberships of a person, the latest first; raises Failure."""
    listed = workos().organization_membership.list_organization_memberships
    try:
        page = ask(
            listed, user_id=user_id, statuses=["active"], limit=MOST, request_options=options
        )
    except WorkOSNotFound:  # they come by a way that makes no User
        return []
    # A server that does not know the filters would answer with everybody's.
    return [one for one in page.data if one.user_id == user_id and one.status == "active"]


def memberships_if_told(user_id: str) -> list[UserOrganizationMembership]:
    """Returns the same, or nothing if WorkOS does not say it soon."""
    try:
        return list_memberships(user_id, options=SOON)
    except Failure:
        return []


def name_of(membership: UserOrganizationMembership) -> str:
    """Returns what people call the organization."""
    return membership.organization_name or membership.organization_id


def roles_of(membership: UserOrganizationMembership) -> list[str]:
    """Returns the roles in it, the most important first."""
    return [role.slug for role in membership.roles or [membership.role]]

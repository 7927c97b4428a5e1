"""Who belongs where. https://workos.com/docs/reference/authkit/organization-membership"""

from __future__ import annotations

from workos.organization_membership.models import UserOrganizationMembership

from .client import ask, workos
from .faults import WorkOSNotFound

MOST = 100  # of one person; WorkOS lists no more at once


def list_memberships(user_id: str) -> list[UserOrganizationMembership]:
    """Returns the active memberships of a person, the latest first; raises Failure."""
    listed = workos().organization_membership.list_organization_memberships
    try:
        page = ask(listed, user_id=user_id, statuses=["active"], limit=MOST)
    except WorkOSNotFound:  # they come by a way that makes no User
        return []
    # A server that does not know the filters would answer with everybody's.
    return [one for one in page.data if one.user_id == user_id and one.status == "active"]

"""What WorkOS says of somebody who may not sign in, or not any more.

Its codes are among the error bodies in the OpenAPI document of its API.
"""

from __future__ import annotations

from ..failures import OTHER_ADDRESS, Failure


class AccessLost(Failure):
    """The person may not sign in here, or not any more."""

    status = 403
    button = OTHER_ADDRESS
    symptom = "A person may not sign in, or not any more"
    cause = (
        "They are no longer a member of the organization, it was deleted, or Radar, an Action or "
        "an administrator denies them."
    )
    fix = "In the WorkOS dashboard, look at the person: memberships, and the latest events."


class OrganizationMembershipNotFound(AccessLost):
    """The person does not belong to the organization."""

    title = "You do not belong to that organization"
    reason = "Ask your administrator, or sign in with another address."


class OrganizationNotFound(AccessLost):
    """The organization is not there."""

    title = "That organization does not exist"
    reason = "It may have been deleted. Ask your administrator, or sign in with another address."


class SignInDenied(AccessLost):
    """A rule of the environment or of the organization says no."""

    title = "You cannot sign in here"
    reason = "A rule of this site or of your organization does not allow it."

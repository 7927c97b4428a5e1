"""What WorkOS says of somebody who may not sign in, or not any more.

Its codes are among the error bodies in the OpenAPI document of its API.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..failures import HOME, OTHER_ADDRESS, Failure
from ..web import log
from .faults import WorkOSNotFound, WorkOSRefused

LONGEST_MESSAGE = 500  # characters; WorkOS takes no more of an Action


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
    reason = (
        "Your organization or this site does not allow it. Ask your organization, or the people "
        "who run this site."
    )
    button = HOME  # to try again would not help


class ActionDenied(SignInDenied):
    """An Action says no: a program of the people who run this site, which may say why."""

    title = "You cannot sign in now"
    reason = "The people who run this site do not let you in. Ask them why."

    def __init__(
        self, *, reply: Any = None, retry_after: int | None = None, detail: str | None = None
    ) -> None:
        """Keeps what the Action says, which is for the person to read."""
        super().__init__(retry_after=retry_after, detail=detail)
        values: Mapping[str, Any] = reply if isinstance(reply, Mapping) else {}
        said = values.get("message") or values.get("error_description")
        if isinstance(said, str) and said.strip():
            self.reason = said.strip()[:LONGEST_MESSAGE]


class SignInBlocked(WorkOSRefused):
    """Forbidden, without a reason that we know: Radar or an administrator blocks the person."""

    status = 403
    title = "You cannot sign in"
    reason = "The sign-in service does not say why. Ask the people who run this site."
    button = HOME  # to try again would not help
    event = "authn_login_fail"
    symptom = AccessLost.symptom
    cause = AccessLost.cause
    diagnosis = AccessLost.diagnosis
    fix = AccessLost.fix


class NotInvited(Failure):
    """The address may not have an account here."""

    status = 403
    button = OTHER_ADDRESS
    symptom = "An address has no account"
    cause = "Sign-up is off in the WorkOS dashboard, and this address was not invited."
    diagnosis = "grep authn_address_refused in the log"
    fix = "Invite them, or allow sign-up. The sign-in page tells nobody who has an account."


class SignUpNotAllowed(NotInvited):
    """New accounts are made by invitation only."""

    title = "This address has no account"
    reason = "New accounts are made by invitation only."


class UserCreationError(NotInvited):
    """The address is proved, and still may not have an account."""

    title = "No account could be made for you"
    reason = "The address is yours, but the sign-in service did not accept it for an account."


class EmailNotAvailable(UserCreationError):
    """The address has an account already."""


class InvitationInvalid(NotInvited):
    """The invitation is over, or for somebody else."""

    title = "The invitation is not valid"
    reason = "It has expired, was used, or is for another address."


# Said of one address before anybody has proved that it is theirs. Shown, they would tell everybody
# who has an account, so they are answered as a known address would be.
ADDRESS_REFUSALS = (NotInvited, WorkOSNotFound)


def withhold(refused: Failure) -> None:
    """Tells the log, and nobody else, why WorkOS refused an address."""
    log.event("authn_address_refused", reason=refused.name(), detail=refused.detail)

"""What each answer of WorkOS to a refresh means for the session here.

`documented`: https://workos.com/docs/reference/authkit/authentication/refresh-token and
/authentication-errors. `specified`: the OpenAPI document, whose error bodies are the SDK's models.
`measured`: seen in answer to a refresh.
"""

from __future__ import annotations

from enum import Enum, auto

from ..failures import ORGANIZATIONS, SIGN_IN_AGAIN, Failure
from ..workos_api import denials, faults, refusals, steps


class SignInAgainNeeded(Failure):
    """A session that is over, or not enough for what was asked."""

    status = 401
    event = "authz_fail"
    button = SIGN_IN_AGAIN
    symptom = "Asked to sign in again"
    cause = (
        "The view needs a sign-in within the last 15 minutes (fresh_login_required), or the "
        "session was ended: by the person, at WorkOS, or by an operator."
    )
    diagnosis = "grep authn_token_revoked in the log: `reason` says why"
    fix = "Sign in. Sessions at WorkOS have lifetimes of their own, set in its dashboard."


class SessionEnded(SignInAgainNeeded):
    """WorkOS has ended the session."""

    title = "Your session has ended"
    reason = "It was ended elsewhere, or your organization asks you to sign in again."
    event = "authn_login_fail"


class SessionNotEnough(SessionEnded):
    """WorkOS asks for more than a refresh before it goes on with the session."""

    title = "Please sign in again"
    reason = (
        "Your organization asks for something more, such as its own sign-in or a second factor."
    )


class OrganizationLost(Failure):
    """The person is no longer in the organization in which they were working."""

    status = 403
    title = "You are no longer in this organization"
    reason = (
        "You no longer belong to the organization that you were working in, or it was deleted. "
        "Nothing was done in it just now."
    )
    button = ORGANIZATIONS
    event = "authz_fail"
    symptom = "403, once: somebody is no longer in their organization"
    cause = (
        "The membership was deleted or deactivated, or the organization was deleted. The session "
        "goes on without it, if WorkOS lets it."
    )
    diagnosis = "grep authz_organization_left in the log"
    fix = "Nothing, or make them a member again in the WorkOS dashboard."


class Verdict(Enum):
    """What becomes of the session."""

    FINAL = auto()  # WorkOS no longer stands by it: it ends
    ELSEWHERE = auto()  # it ends, and signing in again leads to what WorkOS asks for
    OUTSIDE = auto()  # it goes on without its organization; it ends if it was in none
    PASSING = auto()  # nothing was said about this person: it goes on for an hour, and is retried
    UNKNOWN = auto()  # it ends, unless WorkOS refuses everything else that we ask as well


VERDICTS: dict[type[Failure], Verdict] = {
    refusals.InvalidGrant: Verdict.FINAL,  # documented, measured: used, expired, session revoked
    denials.OrganizationMembershipNotFound: Verdict.OUTSIDE,  # specified: no longer a member
    denials.OrganizationNotFound: Verdict.OUTSIDE,  # specified: the organization was deleted
    denials.SignInDenied: Verdict.FINAL,  # specified: a policy, an Action or an administrator
    denials.SignUpNotAllowed: Verdict.FINAL,  # specified: the person has no account any more
    denials.InvitationInvalid: Verdict.FINAL,  # specified: the same
    refusals.UserMismatch: Verdict.FINAL,  # specified: the token is somebody else's
    refusals.OtherWayOnly: Verdict.ELSEWHERE,  # documented: sso_required and its like
    steps.StepRequired: Verdict.ELSEWHERE,  # documented: a second factor, a choice, a confirmation
    faults.WorkOSFault: Verdict.PASSING,  # documented: 408, 429, 5xx; or no answer at all
    faults.WorkOSConfiguration: Verdict.PASSING,  # documented: 401, invalid_client: our own key
    faults.NotWorkOS: Verdict.PASSING,  # measured: 404 without a code is not an answer of WorkOS
    faults.EmailNotAccepted: Verdict.PASSING,  # documented: 422, our request is malformed
    # A code that nobody has told us, or 403 without one. WorkOS adds codes, and each may take
    # something away; but a wrong base URL and a firewall in between answer so to everybody.
    faults.WorkOSRefused: Verdict.UNKNOWN,
    faults.WorkOSNotFound: Verdict.UNKNOWN,
    refusals.CodeRefused: Verdict.UNKNOWN,  # specified for other grants
    refusals.EmailDomainNotDeliverable: Verdict.UNKNOWN,  # the same
    denials.UserCreationError: Verdict.UNKNOWN,  # the same
    steps.StepFailure: Verdict.UNKNOWN,  # the same
    Failure: Verdict.PASSING,  # our own: the store is down, for example
}


def verdict_on(failure: Failure) -> Verdict:
    """Returns what this answer to a refresh means."""
    return next(VERDICTS[kind] for kind in type(failure).__mro__ if kind in VERDICTS)

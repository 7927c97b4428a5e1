"""What an error of the WorkOS SDK stands for: one of our own failures, and nothing more."""

from __future__ import annotations

from typing import Any

from workos import TransportConnectError, TransportTimeout, WorkOSError

from ..failures import Failure, Unavailable
from . import denials, faults, refusals, steps

LONGEST_RETRY = (
    24 * 60 * 60
)  # seconds; nobody is asked to wait longer, even if a server asks for it


NAMED_AS_BY_WORKOS: tuple[type[Failure], ...] = (
    faults.DailyQuotaExceeded,
    faults.InvalidRequest,
    faults.TokenTooBig,
    refusals.AuthenticationMethodNotAllowed,
    refusals.EmailDomainNotDeliverable,
    denials.EmailNotAvailable,
    refusals.EmailPasswordAuthDisabled,
    refusals.InvalidGrant,
    refusals.InvalidOneTimeCode,
    denials.InvitationInvalid,
    refusals.OneTimeCodeExpired,
    refusals.OneTimeCodePreviouslyUsed,
    refusals.OneTimeCodeTooManyAttempts,
    refusals.OrganizationAuthenticationMethodsRequired,
    denials.OrganizationMembershipNotFound,
    denials.OrganizationNotFound,
    denials.SignUpNotAllowed,
    refusals.SSORequired,
    denials.UserCreationError,
    refusals.UserMismatch,
    denials.ActionDenied,
    steps.ApplicationConsentRequired,
    steps.EmailAlreadyVerified,
    steps.EmailCompletionRequired,
    steps.EmailVerificationRequired,
    steps.InvalidPendingAuthenticationToken,
    steps.MfaChallenge,
    steps.MfaEnrollment,
    steps.OrganizationSelectionRequired,
    steps.PasskeyProgressiveEnrollment,
    steps.RadarEmailChallenge,
)
# WorkOS's codes, which come at any status.
CODES: dict[str, type[Failure]] = {
    "access_denied": denials.SignInDenied,
    "policy_denied": denials.SignInDenied,
    "invalid_organization_id": denials.OrganizationNotFound,
    "invalid_refresh_token": refusals.InvalidGrant,
    "invalid_email_completion_token": steps.InvalidPendingAuthenticationToken,
    "radar_challenge": steps.RadarEmailChallenge,
    # What the endpoint that only confirms an address calls them, and then an older WorkOS.
    "email_verification_code_incorrect": refusals.InvalidOneTimeCode,
    "email_verification_code_expired": refusals.OneTimeCodeExpired,
    "email_verification_code_previously_used": refusals.OneTimeCodePreviouslyUsed,
    "invalid_code": refusals.InvalidOneTimeCode,
    "expired_code": refusals.OneTimeCodeExpired,
    "invitation_cannot_be_used_for_email": denials.InvitationInvalid,
    "unsupported_grant_type": faults.InvalidRequest,
    "invalid_client": faults.WorkOSConfiguration,
    "unauthorized_client": faults.WorkOSConfiguration,
    "too_many_requests": faults.WorkOSBusy,
    "rate_limit_exceeded": faults.WorkOSBusy,
    **{kind.name(): kind for kind in NAMED_AS_BY_WORKOS},
}
# If the reply has no code that we know, its status has to do.
_STATUSES: dict[int, type[Failure]] = {
    401: faults.WorkOSConfiguration,
    403: denials.SignInBlocked,
    404: faults.NotWorkOS,
    408: faults.WorkOSSlow,
    422: faults.EmailNotAccepted,
    429: faults.WorkOSBusy,
}


def failure_from(error: WorkOSError) -> Failure:
    """Returns the failure to raise, and keeps nothing of the error except what a step needs.

    `str(error)` quotes the whole reply, `pending_authentication_token` included.
    """
    status = getattr(error, "status_code", None)  # network errors have none
    detail = f"{type(error).__name__} {status or ''}".strip()
    kind = _meaning(error, status)
    if issubclass(kind, steps.StepRequired | denials.ActionDenied):
        return kind(reply=getattr(error, "response_json", None), detail=detail)
    asked = getattr(error, "retry_after", None) if issubclass(kind, Unavailable) else None
    return kind(retry_after=min(int(asked), LONGEST_RETRY) if asked else None, detail=detail)


def _meaning(error: Any, status: int | None) -> type[Failure]:
    if not status:
        if isinstance(error.__cause__, TransportTimeout):
            return faults.WorkOSSlow
        is_unreachable = isinstance(error.__cause__, TransportConnectError)
        return faults.WorkOSUnreachable if is_unreachable else faults.UnexpectedReply
    if status >= 500:
        return faults.WorkOSDown
    # Two envelopes: {code, message} and {error, error_description}, at any status.
    # The first may have more codes in it, each about one field.
    fields = error.errors if isinstance(error.errors, list) else []
    nested = [field.get("code") for field in fields if isinstance(field, dict)]
    codes = [code for code in (*nested, error.code, error.error) if isinstance(code, str)]
    known = next((CODES[code] for code in codes if code in CODES), None)
    if known and known is not faults.InvalidRequest:  # which says more in its message
        return known
    if any(code.startswith("radar_") for code in codes):
        return steps.RadarChallenge
    if status == 404 and isinstance(error.code, str):
        return faults.WorkOSNotFound
    # WorkOS names the field in `errors` or in the message; exactly how is not documented.
    said = f"{error.message} {error.error} {error.code} {error.errors}".lower()
    if "redirect_uri" in said or "redirect uri" in said:
        return faults.RedirectUriUnregistered
    if "must use sso" in said:
        return refusals.SSORequired
    if status in (400, 403) and codes and steps.text_of(error.response_json, steps.PENDING_TOKEN):
        return steps.UnknownStepRequired
    return known or _STATUSES.get(status, faults.WorkOSRefused)

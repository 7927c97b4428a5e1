"""What an error of the WorkOS SDK means to a person."""

from __future__ import annotations

from workos import (
    AuthenticationError,
    NotFoundError,
    RateLimitExceededError,
    UnprocessableEntityError,
    WorkOSError,
)
from workos._errors import APIError, WorkOSConnectionError, WorkOSTimeoutError

from app.failures import EXPLANATIONS, RETRY_LATER, WORKOS_REFUSALS, Failure

LONGEST_RETRY = 24 * 60 * 60  # seconds; whatever a server asks for beyond is nonsense

# Codes of WorkOS that mean the same thing to a person.
_SYNONYMS = {
    "invalid_client": "workos_configuration",
    "unauthorized_client": "workos_configuration",
    "too_many_requests": "workos_busy",
    "rate_limit_exceeded": "workos_busy",
}
# Where the reply has no code that we know, its status or the lack of one must do.
_BY_TYPE: dict[type[WorkOSError], str] = {
    WorkOSTimeoutError: "workos_slow",
    WorkOSConnectionError: "workos_unreachable",
    RateLimitExceededError: "workos_busy",
    AuthenticationError: "workos_configuration",
    UnprocessableEntityError: "email_not_accepted",
    NotFoundError: "workos_not_found",
}


def failure_from(error: WorkOSError) -> Failure:
    """Returns the failure to show, and keeps nothing else of the error.

    `str(error)` quotes the whole reply, `pending_authentication_token` included.
    """
    code = _meaning(error)
    retry_after = None
    if EXPLANATIONS[code].status == 503:
        asked = getattr(error, "retry_after", None)
        retry_after = min(int(asked or RETRY_LATER), LONGEST_RETRY)
    detail = f"{type(error).__name__} {getattr(error, 'status_code', None) or ''}".strip()
    return Failure(code, retry_after=retry_after, detail=detail)


def _meaning(error: WorkOSError) -> str:
    if not isinstance(error, APIError):
        return _BY_TYPE.get(type(error), "workos_nonsense")
    if (error.status_code or 0) >= 500:
        return "workos_down"
    # Two envelopes: {code, message} and {error, error_description}, at any status.
    if known := _known(error.code) or _known(error.error):
        return known
    if _is_about_redirect_uri(error):
        return "redirect_uri_unregistered"
    if "Must use SSO" in str(error.message):
        return "sso_required"
    return next(
        (code for kind, code in _BY_TYPE.items() if isinstance(error, kind)), "workos_refused"
    )


def _known(code: object) -> str | None:
    if not isinstance(code, str):
        return None
    if code.startswith("radar_"):
        return "radar_challenge"
    if code in _SYNONYMS:
        return _SYNONYMS[code]
    return code if code in WORKOS_REFUSALS else None  # our own codes are not for it to send


def _is_about_redirect_uri(error: APIError) -> bool:
    # WorkOS names the field in `errors` or in the message; how exactly is not documented.
    said = f"{error.message} {error.error} {error.code} {error.errors}".lower()
    return "redirect_uri" in said or "redirect uri" in said

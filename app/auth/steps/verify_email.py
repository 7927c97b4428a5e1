"""A person confirms an address that nobody vouches for, by a code that is mailed to it.

https://workos.com/docs/reference/authkit/authentication/email-verification
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from flask import Blueprint, Response, url_for
from workos.user_management.models import AuthenticateResponse

from ... import limits, mail
from ...config import Config, settings
from ...pages import render
from ...web.answers import see_other
from ...web.email_address import AddressRefused, canonical_email
from ...web.fields import queried, submitted
from ...web.visitor import this_browser, this_visitor
from ...workos_api import step_codes
from ...workos_api.faults import EmailNotAccepted, InvalidRequest
from ...workos_api.refusals import InvalidOneTimeCode
from ...workos_api.steps import (
    NOBODY,
    EmailVerificationRequired,
    InvalidPendingAuthenticationToken,
    StepRequired,
)
from .. import attempts
from ..attempt import STEP_LIFETIME, Pending
from ..code_step import redeem_code
from ..step import Step, require

PAGE = "auth/steps/verify_email.html"

bp = Blueprint("verify_email", __name__, url_prefix="/auth/verify-email")


@dataclass(frozen=True)
class Verification:
    """What the page shows and mails; with another shape, the step needs another name."""

    email: str
    email_verification_id: str
    mails: int  # that were asked for here


@bp.get("")
def show() -> str:
    """Asks for the code."""
    attempt, _ = require(STEP, queried("attempt")["attempt"], settings())
    return render(PAGE, attempt=attempt)


@bp.post("")
def verify() -> Response:
    """Signs in with the address that the code confirms, or goes on to what WorkOS asks next."""
    return redeem_code(STEP, PAGE, _exchange)


@bp.post("/send")
def send() -> Response:
    """Emails another code."""
    config = settings()
    attempt, pending = require(STEP, submitted("attempt")["attempt"], config)
    details = pending.details
    if config.mails_itself:
        # The same code: WorkOS tells only the one that it asks for.
        _mail(details, pending.token, config)
    else:
        limits.count_mail(details["email"], this_visitor(), config)
        is_nobodys = pending.token.startswith(NOBODY)
        mail_another = step_codes.send_nothing if is_nobodys else step_codes.send_verification_email
        mail_another(details["email_verification_id"])
        pending = replace(pending, details={**details, "mails": details["mails"] + 1})
        attempts.remember(replace(attempt, pending=pending), config)
    body = {"status": "sent", "email": details["email"], "attempt": attempt.id}
    return see_other(url_for(STEP.page, attempt=attempt.id), json=body, status=202)


def _exchange(pending: Pending, one_time_code: str) -> AuthenticateResponse:
    try:
        return step_codes.authenticate_with_email_verification(
            one_time_code, pending.token, this_browser()
        )
    except (InvalidPendingAuthenticationToken, InvalidRequest, EmailNotAccepted):
        # Whatever WorkOS makes of a token that is none of its own: every code is wrong.
        if pending.token.startswith(NOBODY):
            raise InvalidOneTimeCode from None
        raise


def _mail(details: dict[str, Any], token: str, config: Config) -> None:
    limits.count_mail(details["email"], this_visitor(), config)
    try:
        one_time_code = step_codes.email_verification_code(details["email_verification_id"])
    except InvalidPendingAuthenticationToken:
        if not token.startswith(NOBODY):
            raise
        mail.send_no_account(details["email"])
    else:
        mail.send_code(details["email"], one_time_code, lifetime=STEP_LIFETIME)


def _details(required: StepRequired) -> dict[str, Any] | None:
    name = required.details.get("email_verification_id")
    try:
        email = canonical_email(required.email)
    except AddressRefused:
        return None
    return asdict(Verification(email, name, mails=0)) if isinstance(name, str) else None


STEP = Step(
    "verify_email",
    EmailVerificationRequired,
    bp,
    "signin.verify_email.show",
    _details,
    Verification,
    _mail,
    hidden=("email_verification_id", "mails"),
)

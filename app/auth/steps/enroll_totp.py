"""A person sets up an authenticator app while they sign in.

https://workos.com/docs/reference/authkit/authentication/totp
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from flask import Blueprint, Response, url_for

from ... import limits
from ...config import settings
from ...identity import Identity
from ...pages import render
from ...web.answers import see_other
from ...web.fields import queried, submitted
from ...workos_api.multi_factor_auth import Enrollment
from ...workos_api.refusals import OneTimeCodeTooManyAttempts
from ...workos_api.steps import MfaEnrollment, StepRequired
from .. import attempts, second_factor
from ..attempt import Pending
from ..code_step import redeem_code
from ..door import Proof
from ..step import Step, require
from .totp import TooManyTotpTries

PAGE = "auth/steps/enroll_totp.html"

bp = Blueprint("enroll_totp", __name__, url_prefix="/auth/enroll-totp")


@dataclass(frozen=True)
class Enrolling:
    """What is needed until a code confirms the app; with another shape, another name."""

    user_id: str
    email: str
    withheld: Identity | None
    enrollment: Enrollment | None


@bp.get("")
def show() -> str:
    """Says what is needed; once that is begun, shows the QR code and asks for the first code."""
    attempt, _ = require(STEP, queried("attempt")["attempt"], settings())
    return render(PAGE, attempt=attempt)


@bp.post("/begin")
@limits.verifying
def begin() -> Response:
    """Makes the factor, once for each attempt: WorkOS tells the secret once."""
    config = settings()
    attempt, pending = require(STEP, submitted("attempt")["attempt"], config)
    enrollment = pending.details["enrollment"]
    if enrollment is None:
        details = pending.details
        # Where WorkOS itself asks, it knows best which factors count.
        is_first = details["withheld"] is not None
        made = second_factor.enroll(details["user_id"], details["email"], is_first=is_first)
        enrollment = asdict(made)
        pending = replace(pending, details={**details, "enrollment": enrollment})
        attempts.remember(replace(attempt, pending=pending), config)
    body = {"status": "enrolling", "attempt": attempt.id}
    told = {name: enrollment[name] for name in ("secret", "uri")}
    return see_other(url_for("signin.enroll_totp.show", attempt=attempt.id), json=body | told)


@bp.post("")
def confirm() -> Response:
    """Signs in with the first code of the app, or goes on to what WorkOS asks next."""
    try:
        return redeem_code(STEP, PAGE, _exchange)
    except (limits.TooManyTries, OneTimeCodeTooManyAttempts):
        raise TooManyTotpTries from None


def _exchange(pending: Pending, code: str) -> Proof:
    enrollment = pending.details["enrollment"]
    if enrollment is None:
        raise attempts.AttemptMissing
    proof = second_factor.answer(pending, enrollment["factor_id"], code)
    limits.forgive(pending.details["email"], settings())
    second_factor.tell("added", pending.details["user_id"], pending.details["email"])
    return proof


def _details(required: StepRequired) -> dict[str, Any] | None:
    person = second_factor.person(required)
    return {**person, "enrollment": None} if person else None


STEP = Step(
    "enroll_totp",
    MfaEnrollment,
    bp,
    "signin.enroll_totp.show",
    _details,
    Enrolling,
    hidden=(*second_factor.HIDDEN, "enrollment"),
)

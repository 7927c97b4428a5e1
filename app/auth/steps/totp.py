"""A person who has an authenticator app types its code.

https://workos.com/docs/reference/authkit/authentication/totp
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from flask import Blueprint, Response

from ... import limits
from ...config import settings
from ...failures import BEGIN_ANEW
from ...identity import Identity
from ...pages import render
from ...web.fields import queried, submitted
from ...workos_api.refusals import CodeRefused, OneTimeCodeTooManyAttempts
from ...workos_api.steps import MfaChallenge, StepRequired
from .. import second_factor
from ..attempt import Pending
from ..code_step import redeem_code
from ..door import Proof
from ..step import Step, require

PAGE = "auth/steps/totp.html"
MOST = 10  # apps of one person whose ids fit in a cookie: the first ones

bp = Blueprint("totp", __name__, url_prefix="/auth/totp")


class TooManyTotpTries(CodeRefused):
    """Codes were guessed at too often."""

    title = "Too many wrong codes"
    reason = "To stop people guessing, no more are taken here. Start again."
    button = BEGIN_ANEW
    event = "authn_login_fail_max"


@dataclass(frozen=True)
class Asked:
    """What the page shows and the answer needs; with another shape, the step needs another name."""

    user_id: str
    email: str
    withheld: Identity | None
    factors: tuple[str, ...]


@bp.get("")
def show() -> str:
    """Asks for the code."""
    attempt, _ = require(STEP, queried("attempt")["attempt"], settings())
    return render(PAGE, attempt=attempt)


@bp.post("")
def verify() -> Response:
    """Signs in, or goes on to what WorkOS asks next."""
    chosen = submitted("factor")["factor"]
    try:
        return redeem_code(STEP, PAGE, partial(_exchange, chosen))
    except (limits.TooManyTries, OneTimeCodeTooManyAttempts):
        raise TooManyTotpTries from None


def _exchange(chosen: str, pending: Pending, code: str) -> Proof:
    factors = pending.details["factors"]
    factor = chosen if chosen in factors else factors[0]
    proof = second_factor.answer(pending, factor, code)
    limits.forgive(pending.details["email"], settings())
    return proof


def _details(required: StepRequired) -> dict[str, Any] | None:
    listed = required.details.get("authentication_factors")
    factors = [
        one["id"]
        for one in (listed if isinstance(listed, list) else [])
        if isinstance(one, dict) and isinstance(one.get("id"), str) and one.get("type") == "totp"
    ]
    # Who once had a session open may have begun to add one, and knows its secret. Alone it is asked
    # for all the same, or somebody who did not finish would be locked out.
    factors = [one for one in factors if second_factor.is_confirmed(one)] or factors
    person = second_factor.person(required)
    # Their ids are in the order in which they were made (ULIDs), as on /account/security.
    return {**person, "factors": sorted(factors)[:MOST]} if person and factors else None


STEP = Step(
    "totp",
    MfaChallenge,
    bp,
    "signin.totp.show",
    _details,
    Asked,
    hidden=second_factor.HIDDEN,
)

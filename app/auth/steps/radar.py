"""Radar takes a sign-in for suspicious, and WorkOS mails one more code.

https://workos.com/docs/radar
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from flask import Blueprint, Response

from ... import limits, mail
from ...config import Config, settings
from ...pages import render
from ...web.email_address import canonical_email
from ...web.fields import queried
from ...web.visitor import this_browser, this_visitor
from ...workos_api import step_codes
from ...workos_api.steps import RadarEmailChallenge, StepRequired
from ..attempt import STEP_LIFETIME
from ..code_step import redeem_code
from ..step import Step, require

PAGE = "auth/steps/radar.html"

bp = Blueprint("radar", __name__, url_prefix="/auth/unusual-sign-in")


@dataclass(frozen=True)
class Challenge:
    """What the page shows and brings back; with another shape, the step needs another name."""

    email: str  # "" if WorkOS does not say where the code went
    radar_challenge_id: str


@bp.get("")
def show() -> str:
    """Asks for the code."""
    attempt, _ = require(STEP, queried("attempt")["attempt"], settings())
    return render(PAGE, attempt=attempt)


@bp.post("")
def verify() -> Response:
    """Signs in with the code, or goes on to what WorkOS asks next."""
    return redeem_code(
        STEP,
        PAGE,
        lambda pending, one_time_code: step_codes.authenticate_with_radar_email_challenge(
            one_time_code,
            pending.details["radar_challenge_id"],
            pending.token,
            this_browser(),
        ),
    )


def _mail(details: dict[str, Any], _: str, config: Config) -> None:
    address, one_time_code = step_codes.radar_challenge_code(details["radar_challenge_id"])
    email = canonical_email(address)
    limits.count_mail(email, this_visitor(), config)
    mail.send_code(email, one_time_code, lifetime=STEP_LIFETIME)


def _details(required: StepRequired) -> dict[str, Any] | None:
    challenge_id = required.details.get("radar_challenge_id")
    if not (challenge_id and isinstance(challenge_id, str)):
        return None
    return asdict(Challenge(required.email, challenge_id))


STEP = Step(
    "radar",
    RadarEmailChallenge,
    bp,
    "signin.radar.show",
    _details,
    Challenge,
    _mail,
    hidden=("radar_challenge_id",),
)

"""`/account/security`: a person's authenticator apps, and the accounts they sign in with."""

from __future__ import annotations

import time
from dataclasses import asdict, replace

from flask import Blueprint, Response, url_for
from flask.typing import ResponseReturnValue

from .. import limits, shapes
from ..auth import attempts, second_factor
from ..auth.attempt import STEP_LIFETIME, Attempt, Pending
from ..auth.code_step import StepCodeMalformed, StepCodeMissing
from ..auth.doors import offered
from ..auth.steps.totp import TooManyTotpTries
from ..auth.typed_code import CodeUnreadable, plain_code
from ..config import settings
from ..failures import Button, Failure
from ..guards import fresh_login_required, login_required
from ..pages import render
from ..session import current_user
from ..session.store import session_store
from ..web.answers import see_other, wants_json
from ..web.fields import queried, submitted
from ..web.visitor import this_visitor
from ..workos_api import multi_factor_auth, user_management
from ..workos_api.client import TIMEOUT, until
from ..workos_api.faults import WorkOSNotFound
from ..workos_api.multi_factor_auth import Enrollment
from ..workos_api.refusals import TotpRefused

REMOVING = 60  # seconds that one counts as going; WorkOS has answered long before
ADDING = "add_factor"  # what an attempt is about that signs nobody in
PAGE = "account/add_factor.html"
SECURITY = Button("security", "Show my authenticator apps")

bp = Blueprint("security", __name__, url_prefix="/account/security")


class FactorRefused(Failure):
    """An authenticator app that cannot be removed."""

    button = SECURITY
    symptom = "An authenticator app cannot be removed"
    cause = "It has gone already, belongs to somebody else, or is the last one under REQUIRE_MFA."
    fix = "Reload the list. To replace the last one, add the new one first."


class FactorNotFound(FactorRefused):
    """The factor does not exist, or belongs to somebody else."""

    status = 404
    title = "That authenticator app is not there"
    reason = "It may have been removed already."


class LastFactor(FactorRefused):
    """Everybody here needs a second factor, and this is the last one."""

    status = 403
    title = "This is your only authenticator app"
    reason = "You need one to sign in. Add another one first."


@bp.get("")
@login_required
def show() -> ResponseReturnValue:
    """Shows what WorkOS knows: the apps, and accounts elsewhere; raises Failure if it is down."""
    within = until(time.monotonic() + TIMEOUT)
    try:
        factors = multi_factor_auth.list_factors(current_user.user_id, within)
        providers = user_management.list_providers(current_user.user_id, within)
    except WorkOSNotFound:  # they come by a way that makes no User
        return render("account/security.html", factors=None, done="")
    listed = {
        factor.id: {
            "factor": factor.id,
            "added_at": int(factor.created_at.timestamp()),
            "is_confirmed": second_factor.is_confirmed(factor.id),
        }
        for factor in factors
    }
    if wants_json():
        return {"factors": list(listed.values()), "providers": providers}
    return render(
        "account/security.html",
        factors=listed,
        providers=[provider.removesuffix("OAuth") for provider in providers],
        by_email=any(door.asks_email for door in offered() if door.offer),
        done=queried("done")["done"],
        other_sessions=len(session_store().of_user(current_user.user_id)) - 1,
    )


@bp.post("/add")
@fresh_login_required
@limits.verifying
def add() -> Response:
    """Makes a factor, and leads on to its QR code; needs a recent sign-in.

    Until it is confirmed, the secret lies sealed in this browser, as in an attempt to sign in.
    """
    config = settings()
    user_id, email = current_user.user_id, current_user.email
    page, made = url_for("signin.security.show"), second_factor.enroll(user_id, email)
    attempt = attempts.begin(
        ADDING, lifetime=STEP_LIFETIME, next_url=page, caller_state="", email=email
    )
    details = {"user_id": user_id, "enrollment": asdict(made)}
    attempt = replace(attempt, pending=Pending(ADDING, "", attempt.ends_at, details))
    attempts.remember(attempt, config)
    body = {"status": "enrolling", "attempt": attempt.id, "secret": made.secret, "uri": made.uri}
    return see_other(url_for("signin.security.show_code", attempt=attempt.id), json=body)


@bp.get("/confirm")
@login_required
def show_code() -> str:
    """Shows the QR code again, as often as it takes, and asks for the first code."""
    attempt, _ = _adding(queried("attempt")["attempt"])
    return render(PAGE, attempt=attempt)


@bp.post("/confirm")
@login_required
def confirm() -> Response:
    """Counts on the app from now on, once a code of it was right."""
    fields, config = submitted("attempt", "one_time_code"), settings()
    attempt, enrollment = _adding(fields["attempt"])
    tries = f"{attempt.id} {ADDING}"
    try:
        code = plain_code(
            fields["one_time_code"], missing=StepCodeMissing, malformed=StepCodeMalformed
        )
        limits.count_try(tries, current_user.email, this_visitor(), config)
        second_factor.verify(enrollment.factor_id, code)
    except (CodeUnreadable, TotpRefused) as refused:
        refused.form = PAGE
        if isinstance(refused, TotpRefused):
            refused.tries_left = limits.tries_left(tries)
        raise
    except limits.TooManyTries:
        raise TooManyTotpTries from None
    second_factor.confirmed(enrollment.factor_id)
    second_factor.tell("added", current_user.user_id, current_user.email)
    response = see_other(url_for("signin.security.show", done="added"), json={"status": "added"})
    attempts.end(attempt, config, response)
    return response


@bp.post("/remove")
@fresh_login_required
def remove() -> Response:
    """Takes one of this person's apps away; needs a recent sign-in."""
    chosen, within = submitted("factor")["factor"], until(time.monotonic() + TIMEOUT)
    factors = multi_factor_auth.list_factors(current_user.user_id, within)
    store, claims = session_store(), {one.id: f"removing:{one.id}" for one in factors}
    if chosen not in claims or not store.claim(claims[chosen], expires_at=time.time() + REMOVING):
        raise FactorNotFound
    others = [one for one in claims if one != chosen and second_factor.is_confirmed(one)]
    try:
        # Of two that go at the same moment, each would otherwise take the other for one that stays.
        staying = [one for one in others if not store.is_claimed(claims[one])]
        if settings().require_mfa == "on" and second_factor.is_confirmed(chosen) and not staying:
            raise LastFactor
        multi_factor_auth.delete_factor(chosen, within)
    except Failure:
        store.release(claims[chosen])
        raise
    second_factor.tell("removed", current_user.user_id, current_user.email)
    return see_other(url_for("signin.security.show", done="removed"), json={"status": "removed"})


def _adding(attempt_id: str) -> tuple[Attempt, Enrollment]:
    attempt = attempts.require(ADDING, attempt_id, settings())
    details = attempt.pending.details if attempt.pending else {}
    # Somebody else may have signed in since, in the same browser.
    if time.time() >= attempt.ends_at or details.get("user_id") != current_user.user_id:
        raise attempts.AttemptMissing
    return attempt, shapes.read(Enrollment, details["enrollment"])

"""Second factors: authenticator apps, and when WorkOS asks for them.

WorkOS: https://workos.com/docs/reference/authkit/mfa
"""

import base64
from http import HTTPStatus

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from .control_fields import read_object, texts
from .environment import Environment, the_environment
from .errors import BadRequest, CodeRefusal, EntityNotFound
from .fields import reading_body, reading_query
from .formats import Json, now, same_email
from .lists import page_of
from .objects import PendingAuthentication
from .rules import WRONG_GUESSES_ALLOWED
from .step_ups import answered, ask, resume
from .totp import Challenge, Factor
from .users import find as find_user

ENROLLMENT, CHALLENGE = "mfa_enrollment", "mfa_challenge"
ASKED_ELSEWHERE = ("SSO",)  # their identity provider sees to it

bp = Blueprint("second_factors", __name__)


@bp.post("/user_management/users/<user_id>/auth_factors")
def enroll(user_id: str) -> ResponseReturnValue:
    """Makes a factor and a challenge for its first code. The secret is told here alone."""
    with reading_body() as body:
        body.one_of("type", {"totp"})
        issuer = body.optional_text("totp_issuer")
        name = body.optional_text("totp_user")
    with the_environment() as environment:
        user = find_user(environment, user_id)
        factor = Factor(user, issuer or "WorkOS emulator", name or user.email)
        environment.factors[factor.id] = factor
        told = {
            "issuer": factor.issuer,
            "user": factor.name,
            "secret": factor.secret,
            "qr_code": _picture(factor),
            "uri": factor.uri,
        }
        reply = {
            "authentication_factor": {**factor.to_json(), "totp": told},
            "authentication_challenge": _challenge(environment, factor),
        }
    return reply, HTTPStatus.CREATED


@bp.get("/user_management/users/<user_id>/auth_factors")
def list_factors(user_id: str) -> ResponseReturnValue:
    """Lists them, newest first, those that nobody has confirmed among them."""
    with the_environment() as environment, reading_query() as query:
        found = environment.factors_of(find_user(environment, user_id))
        return page_of([factor.to_json() for factor in found], query)


@bp.get("/auth/factors/<factor_id>")
def show(factor_id: str) -> ResponseReturnValue:
    """Shows one factor."""
    with the_environment() as environment:
        return _factor(environment, factor_id).to_json()


@bp.delete("/auth/factors/<factor_id>")
def delete(factor_id: str) -> ResponseReturnValue:
    """Forgets a factor."""
    with the_environment() as environment:
        del environment.factors[_factor(environment, factor_id).id]
    return "", HTTPStatus.NO_CONTENT


@bp.post("/auth/factors/<factor_id>/challenge")
def challenge(factor_id: str) -> ResponseReturnValue:
    """Asks for a code of it."""
    with the_environment() as environment:
        return _challenge(environment, _factor(environment, factor_id)), HTTPStatus.CREATED


@bp.post("/auth/challenges/<challenge_id>/verify")
def verify(challenge_id: str) -> ResponseReturnValue:
    """Says whether the code is right, to an application that has its own reasons to ask."""
    with reading_body() as body:
        code = body.text("code")
    with the_environment() as environment:
        found = environment.challenges.get(challenge_id)
        if found is None:
            raise EntityNotFound("Authentication challenge", challenge_id)
        environment.rate_limits.count_authenticate(found.id)
        _require_open(found)
        valid = found.factor.accept(code, environment.authenticator_time()) is True
        found.answered = valid
        found.wrong_guesses += not valid
        return {"challenge": found.to_json(), "valid": valid}


@bp.post("/_emulate/second-factors")
def require() -> ResponseReturnValue:
    """Says of whom a second factor is required: of everybody, these people, these organizations."""
    known = {"everybody", "emails", "organization_ids"}
    given = read_object(request.get_json(silent=True), "The body", known)
    everybody = given.get("everybody", False)
    if not isinstance(everybody, bool):
        raise BadRequest("everybody must be a boolean.")
    emails = texts(given, "emails") if "emails" in given else []
    organizations = texts(given, "organization_ids") if "organization_ids" in given else []
    with the_environment() as environment:
        environment.mfa_required = {"everybody"} if everybody else set()
        environment.mfa_required |= {same_email(email) for email in emails} | {*organizations}
    body = {"everybody": everybody, "emails": emails, "organization_ids": organizations}
    return body, HTTPStatus.CREATED


def ask_for_second_factor(environment: Environment, pending: PendingAuthentication) -> None:
    """Asks for a code of somebody who has an app, and for an app where one is required."""
    session = pending.session
    if session.authentication_method in ASKED_ELSEWHERE:
        return
    if pending.answered & {CHALLENGE, ENROLLMENT}:
        return
    user = session.user
    factors = [factor for factor in environment.factors_of(user) if factor.is_confirmed]
    if factors:
        ask(
            environment,
            pending,
            CHALLENGE,
            "The user must complete an MFA challenge to finish authenticating.",
            authentication_factors=[{"id": factor.id, "type": "totp"} for factor in factors],
            user=user.to_json(),
        )
    if environment.mfa_required & {"everybody", same_email(user.email), session.organization_id}:
        ask(
            environment,
            pending,
            ENROLLMENT,
            "The user must enroll in MFA to finish authenticating.",
            user=user.to_json(),
        )


def with_totp(environment: Environment) -> PendingAuthentication:
    """Goes on with a code of the person's own app, for a challenge of it."""
    pending = resume(environment, CHALLENGE, ENROLLMENT)
    with reading_body() as body:
        code = body.text("code")
        challenge_id = body.text("authentication_challenge_id")
    found = environment.challenges.get(challenge_id)
    if found is None or found.factor.user is not pending.session.user:
        raise EntityNotFound("Authentication challenge", challenge_id)
    environment.rate_limits.count_authenticate(found.id)
    _require_open(found)
    if found.factor.id not in environment.factors:
        raise EntityNotFound("Authentication factor", found.factor.id)
    accepted = found.factor.accept(code, environment.authenticator_time())
    if accepted is None:
        raise CodeRefusal("one_time_code_previously_used")
    if not accepted:
        found.wrong_guesses += 1
        raise CodeRefusal("invalid_one_time_code")
    found.answered = True
    return answered(environment, pending)


def _require_open(found: Challenge) -> None:
    if found.wrong_guesses >= WRONG_GUESSES_ALLOWED:
        raise CodeRefusal("one_time_code_too_many_attempts")
    if found.answered:
        raise CodeRefusal("one_time_code_previously_used")
    if now() >= found.expires_at:
        raise CodeRefusal("one_time_code_expired")


def _challenge(environment: Environment, factor: Factor) -> Json:
    made = Challenge(factor)
    environment.challenges[made.id] = made
    return made.to_json()


def _factor(environment: Environment, factor_id: str) -> Factor:
    found = environment.factors.get(factor_id)
    if found is None:
        raise EntityNotFound("Authentication factor", factor_id)
    return found


def _picture(factor: Factor) -> str:
    # WorkOS has a QR code of `uri` here. This one cannot be scanned: draw it from `uri`.
    drawn = f"<svg xmlns='http://www.w3.org/2000/svg'><title>{factor.id}</title></svg>"
    return f"data:image/svg+xml;base64,{base64.b64encode(drawn.encode()).decode()}"

"""What WorkOS asks between a proof and a session, one thing after another.

A step-up has two halves in one module: what asks (authenticate.py lists those), and the grant that
brings the answer. https://workos.com/docs/reference/authkit/authentication-errors
"""

import secrets
from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus
from typing import NoReturn

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from .control_fields import flag, optional_integer, optional_text, read_object, text
from .environment import Environment, the_environment
from .errors import CodeRefusal, Refusal
from .fields import reading_body
from .formats import Json, now, same_email
from .objects import PendingAuthentication
from .rules import PENDING_TOKEN_LIFETIME

LONGEST = int(PENDING_TOKEN_LIFETIME.total_seconds())

bp = Blueprint("step_ups", __name__, url_prefix="/_emulate")


@bp.post("/step-ups")
def set_step_ups() -> ResponseReturnValue:
    """Says in which envelope WorkOS asks, and for how long it waits for the answer."""
    known = {"as_oauth_error", "seconds"}
    given = read_object(request.get_json(silent=True), "The body", known)
    as_oauth_error = flag(given, "as_oauth_error")
    seconds = optional_integer(given, "seconds", 0, LONGEST)
    seconds = LONGEST if seconds is None else seconds
    with the_environment() as environment:
        environment.asks_by_oauth_error = as_oauth_error
        environment.pending_token_lifetime = timedelta(seconds=seconds)
    return {"as_oauth_error": as_oauth_error, "seconds": seconds}, 201


@bp.post("/denials")
def deny() -> ResponseReturnValue:
    """Lets this address in no more: WorkOS answers with this code, or without one."""
    known = {"email", "code", "message"}
    given = read_object(request.get_json(silent=True), "The body", known)
    email, code = text(given, "email"), optional_text(given, "code")
    denial: Json = {"message": optional_text(given, "message") or "Access denied."}
    if code:
        denial["code"] = code
    with the_environment() as environment:
        environment.denials[same_email(email)] = denial
    return {"email": email, **denial}, 201


def refuse_the_denied(environment: Environment, pending: PendingAuthentication) -> None:
    """Refuses those whom a policy, an Action or Radar keeps out."""
    if denial := environment.denials.get(same_email(pending.session.user.email)):
        raise Refusal(HTTPStatus.FORBIDDEN, denial)


def ask(
    environment: Environment,
    pending: PendingAuthentication,
    code: str,
    message: str,
    **details: object,
) -> NoReturn:
    """Refuses for now, with a token that the answer has to bring."""
    pending.asked = code
    pending.expires_at = now() + environment.pending_token_lifetime
    environment.pending_authentications[pending.token] = pending
    token = {"pending_authentication_token": pending.token}
    raise question(environment, code, message, **token, **details)


def question(environment: Environment, code: str, message: str, **details: object) -> Refusal:
    """Returns what WorkOS asks, in the envelope that a test wants."""
    if environment.asks_by_oauth_error:
        body = {"error": code, "error_description": message, **details}
        return Refusal(HTTPStatus.BAD_REQUEST, body)
    return Refusal(HTTPStatus.FORBIDDEN, {"code": code, "message": message, **details})


def resume(environment: Environment, *codes: str) -> PendingAuthentication:
    """Returns whose answer to this question comes; wrong ones can be given again."""
    with reading_body() as body:
        token = body.text("pending_authentication_token")
    pending = environment.pending_authentications.get(token)
    if pending is None or pending.asked not in codes or now() >= pending.expires_at:
        raise CodeRefusal(
            "invalid_pending_authentication_token", "The pending authentication token is invalid."
        )
    return pending


def answered(environment: Environment, pending: PendingAuthentication) -> PendingAuthentication:
    """Spends the token; whatever is asked next comes with another."""
    del environment.pending_authentications[pending.token]
    done = {*pending.answered, pending.asked}
    return replace(pending, answered=done, token=secrets.token_urlsafe(18))

"""What WorkOS asks between a proof and a session, one thing after another.

A step-up has two halves in one module: what asks (authenticate.py lists those), and the grant that
brings the answer. https://workos.com/docs/reference/authkit/authentication-errors
"""

from http import HTTPStatus
from typing import NoReturn

from .environment import Environment
from .errors import CodeRefusal, Refusal
from .fields import reading_body
from .formats import now
from .objects import PendingAuthentication
from .rules import PENDING_TOKEN_LIFETIME


def ask(
    environment: Environment,
    pending: PendingAuthentication,
    code: str,
    message: str,
    **details: object,
) -> NoReturn:
    """Refuses for now, with a token that the answer has to bring."""
    pending.asked = code
    pending.expires_at = now() + PENDING_TOKEN_LIFETIME
    environment.pending_authentications[pending.token] = pending
    token = {"pending_authentication_token": pending.token}
    body = {"code": code, "message": message, **token, **details}
    raise Refusal(HTTPStatus.FORBIDDEN, body)


def resume(environment: Environment, code: str) -> PendingAuthentication:
    """Returns whose answer to this question comes; wrong ones can be given again."""
    with reading_body() as body:
        token = body.text("pending_authentication_token")
    pending = environment.pending_authentications.get(token)
    if pending is None or pending.asked != code or now() >= pending.expires_at:
        raise CodeRefusal(
            "invalid_pending_authentication_token", "The pending authentication token is invalid."
        )
    return pending


def answered(environment: Environment, pending: PendingAuthentication) -> PendingAuthentication:
    """Spends the token; whatever is asked next comes with another."""
    del environment.pending_authentications[pending.token]
    return PendingAuthentication(pending.session, {*pending.answered, pending.asked})

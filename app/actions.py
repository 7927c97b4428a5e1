"""`POST /webhooks/actions`: WorkOS asks before it lets somebody in, or lets them register.

https://workos.com/docs/authkit/actions. The `decide` of `create_app` and `init_app` answers.
"""

from __future__ import annotations

import hmac
import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, current_app, request

from .config import settings
from .failures import DOCTOR, HOME, Failure
from .web import log
from .web.http_errors import InternalError, NotFound
from .workos_api.client import workos
from .workos_api.denials import LONGEST_MESSAGE

TOLERANCE = 30  # seconds between WorkOS's clock and ours
PATIENCE = 5  # seconds that WorkOS waits for the answer
MAX_BODY = 64 * 1024  # bytes; users, organizations and memberships come with metadata
SIGN_IN, REGISTRATION = "authentication_action_context", "user_registration_action_context"

bp = Blueprint("actions", __name__)


class ActionRefused(Failure):
    """WorkOS did not just ask this; the caller is not told why."""

    title = "Not accepted"
    reason = "The request could not be verified."
    button = HOME
    event = "malicious_action"
    symptom = "An action is refused, and nobody can sign in"
    cause = (
        "WORKOS_ACTION_SECRET is for another endpoint, the clock is off by more than half a "
        "minute, or somebody else is calling."
    )
    diagnosis = DOCTOR
    fix = "Copy the secret of the endpoint <PUBLIC_URL>/webhooks/actions from the dashboard."


@dataclass(frozen=True, kw_only=True)
class Applicant:
    """Somebody whom WorkOS is about to let in."""

    email: str
    is_new: bool  # registers now, and has no User yet
    user_id: str | None
    organization_id: str | None
    authentication_method: str | None
    ip_address: str | None
    user_agent: str | None
    said: Mapping[str, Any]  # all that WorkOS says of them


@dataclass(frozen=True)
class Allow:
    """Lets them in."""


@dataclass(frozen=True)
class Deny:
    """Keeps them out; they read the message, of which WorkOS takes 500 characters."""

    message: str = ""


Decide = Callable[[Applicant], Allow | Deny]


def allow_everybody(_applicant: Applicant) -> Allow:
    """Lets everybody in: what is done unless the application brings a `decide` of its own."""
    return Allow()


@bp.post("/webhooks/actions")
def answer() -> Response:
    """Answers one question: 404 without a secret, 400 if WorkOS did not just sign it.

    If `decide` fails the answer is 500, after which WorkOS does as its dashboard says: it denies,
    unless told to allow.
    """
    secret = settings().workos_action_secret
    if secret is None:
        raise NotFound
    applicant = _applicant(secret)
    began = time.time()
    try:
        verdict = current_app.extensions["signin_decide"](applicant)
    except Exception as error:  # noqa: BLE001 # it is the application's own, and may raise anything
        log.unexpected(error)
        raise InternalError from None
    if not isinstance(verdict, Allow | Deny):
        raise InternalError(detail="decide has returned neither Allow nor Deny")
    if (seconds := int(time.time() - began)) >= PATIENCE:
        log.event("action_late", level=logging.WARNING, seconds=seconds)
    payload: dict[str, Any] = {"timestamp": int(time.time() * 1000), "verdict": "Allow"}
    if isinstance(verdict, Deny):
        log.event("authn_action_denied", user=applicant.user_id, email=applicant.email)
        payload["verdict"] = "Deny"
        if verdict.message:
            payload["error_message"] = verdict.message[:LONGEST_MESSAGE]
    kind = "user_registration" if applicant.is_new else "authentication"
    return _signed(f"{kind}_action_response", payload, secret)


def _applicant(secret: str) -> Applicant:
    request.max_content_length = MAX_BODY
    body, header = request.get_data(), request.headers.get("WorkOS-Signature", "")
    try:
        said = workos().actions.construct_action(
            payload=body, sig_header=header, secret=secret, tolerance=TOLERANCE
        )
    except (ValueError, TypeError, OverflowError, RecursionError):  # junk makes the SDK raise these
        raise ActionRefused from None
    kind = _text(said, "object")
    email = _text(said, "user_data" if kind == REGISTRATION else "user", "email")
    if kind not in (SIGN_IN, REGISTRATION) or not email:
        raise ActionRefused(detail="another shape")
    return Applicant(
        email=email,
        is_new=kind == REGISTRATION,
        user_id=_text(said, "user", "id"),
        organization_id=_text(said, "organization", "id"),
        authentication_method=_text(said, "authentication_method"),
        ip_address=_text(said, "ip_address"),
        user_agent=_text(said, "user_agent"),
        said=said,
    )


def _text(value: Any, *names: str) -> str | None:
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, str) else None


def _signed(kind: str, payload: dict[str, Any], secret: str) -> Response:
    # WorkOS signs what JSON.stringify makes of the payload that it has read: the names in this
    # order, and letters as they are. Flask would sort the names, and both it and the SDK's own
    # `sign_response` write "é" as an escape.
    text = _json(payload)
    signature = hmac.digest(secret.encode(), f"{payload['timestamp']}.{text}".encode(), "sha256")
    body = {"object": kind, "payload": payload, "signature": signature.hex()}
    return Response(_json(body), mimetype="application/json")


def _json(value: dict[str, Any]) -> str:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.encode(errors="replace").decode()  # half a character is none in UTF-8

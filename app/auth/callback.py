"""`GET /auth/callback`: where WorkOS sends people back to, whichever way in they took."""

from __future__ import annotations

from flask import Blueprint, Response, request

from app import limits, log, workos_client
from app.auth import attempts, state
from app.auth.attempts import Attempt
from app.email_address import is_same_email
from app.failures import CALLBACK_ERRORS, Failure
from app.fields import queried
from app.identity import Identity
from app.pages import see_other
from app.session import sign_in

bp = Blueprint("callback", __name__)


@bp.get("/auth/callback")
@limits.calling_back
def receive() -> Response:
    """Exchanges `code` once, for the browser that `state` belongs to, and signs it in."""
    refuse_machines()
    query = queried("code", "state", "error")
    if query["error"]:
        raise _refusal(query["error"], query["state"])
    if not query["code"]:
        raise Failure("callback_incomplete")
    attempt = state.redeem(query["state"])
    profile = workos_client.exchange(query["code"])
    identity = Identity.from_profile(profile, method=attempt.method)
    _require_same_address(identity, attempt)
    sign_in(identity, state=attempt.state)
    attempts.end(attempt)
    return see_other(
        attempt.return_to, json={"status": "signed_in", "return_to": attempt.return_to}
    )


def refuse_machines() -> None:
    """Raises Failure for requests that nobody made on purpose: HEAD, and prefetching browsers."""
    purposes = (request.headers.get(name, "") for name in ("Sec-Purpose", "Purpose", "X-Moz"))
    if request.method == "HEAD" or any("pre" in purpose.lower() for purpose in purposes):
        raise Failure("prefetched")


def _refusal(error: str, token: str) -> Failure:
    # Only to offer a code to the same address; an error spends nothing.
    if token:
        try:
            state.attempt_behind(token)
        except Failure as failure:
            log.event("authn_callback_unmatched", reason=failure.code)
    return Failure(error if error in CALLBACK_ERRORS else "callback_error")


def _require_same_address(identity: Identity, attempt: Attempt) -> None:
    # A code that was stolen from somebody else's link must not fit into one's own attempt.
    if not is_same_email(identity.email, attempt.email):
        raise Failure("email_mismatch")

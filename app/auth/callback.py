"""`GET /auth/callback`: where WorkOS sends people back to, whichever way in they took."""

from __future__ import annotations

import logging
import time

from flask import Blueprint, Response, request, url_for

from app import limits
from app.auth import attempts, code_instead, state
from app.auth.attempts import Attempt
from app.failures import CALLBACK_ERRORS, Failure
from app.identity import Identity
from app.session import sign_in, signed_in_identity
from app.web import log, trail
from app.web.answers import see_other, wants_json
from app.web.email_address import is_same_email
from app.web.fields import queried
from app.workos_api import client as workos_client

bp = Blueprint("callback", __name__)


@bp.get("/auth/callback")
@limits.calling_back
def receive() -> Response:
    """Exchanges `code` once, for the browser that `state` belongs to, and signs it in."""
    refuse_machines()
    query = queried("code", "state", "error")
    _notice_repetition(query["state"])
    code_instead.offer(query["state"])
    if query["error"]:
        raise _refusal(query["error"], query["state"])
    if not query["code"]:
        raise Failure("callback_incomplete")
    if not query["state"]:
        return _begin_again()
    attempt = _redeem(query["state"])
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


def as_seen_from_here(failure: Failure) -> Failure:
    """Returns the failure, or better news where the link is used and this browser signed in."""
    is_done = failure.code == "state_used" and signed_in_identity()
    return Failure("already_signed_in") if is_done else failure


def _notice_repetition(token: str) -> None:
    # The sign of a mail scanner: it came first, and the person comes with the same link.
    try:
        found = state.read_in_time(token)
    except Failure:
        return
    trail.follow(found.attempt_id, trail.EXCHANGING)
    count = limits.count(f"callback:{found.attempt_id}", for_seconds=found.ends_at - time.time())
    if count and count > 1:
        log.event("authn_callback_repeated", level=logging.WARNING, count=count)


def _begin_again() -> Response:
    # WorkOS sends people here without our asking: impersonation, invitations, an identity
    # provider's own page. Whose code that is cannot be known, so it is thrown away.
    failure = Failure("state_missing")
    if wants_json():
        raise failure
    log.event("authn_callback_unasked", reason=failure.code)
    return see_other(url_for("sign_in.show", because=failure.code), json={})


def _redeem(token: str) -> Attempt:
    try:
        return state.redeem(token)
    except Failure as failure:
        raise as_seen_from_here(failure) from None


def _refusal(error: str, token: str) -> Failure:
    # An error spends nothing. Only whether the link has signed somebody in makes a difference.
    if token:
        try:
            state.attempt_behind(token)
        except Failure as failure:
            log.event("authn_callback_unmatched", reason=failure.code)
            if failure.code == "state_used":
                return as_seen_from_here(failure)
    return Failure(error if error in CALLBACK_ERRORS else "callback_error")


def _require_same_address(identity: Identity, attempt: Attempt) -> None:
    # A code that was stolen from somebody else's link must not fit into one's own attempt.
    if not is_same_email(identity.email, attempt.email):
        raise Failure("email_mismatch")

"""`state`: ties the callback to the browser that asked, once (RFC 9700, 2.1)."""

from __future__ import annotations

import hmac
import time

from itsdangerous import BadData

from app import log
from app.auth import attempts
from app.auth.attempts import Attempt
from app.failures import Failure
from app.keys import CLOCK_SKEW, keyring
from app.session_store import session_store


def make(attempt: Attempt) -> str:
    """Returns the signed `state` for WorkOS to hand back; it says nothing about the person."""
    return keyring().state.dumps([attempt.id, attempt.secret, attempt.ends_at])


def attempt_behind(token: str) -> Attempt:
    """Returns the attempt of this browser that `state` belongs to; raises Failure."""
    attempt_id, secret, ends_at = _read(token)
    if time.time() >= ends_at + CLOCK_SKEW:
        raise Failure("state_expired")
    attempt = attempts.find(attempt_id)
    if attempt and hmac.compare_digest(attempt.secret, secret):
        return attempt
    is_used = session_store().is_claimed(_claim(secret))
    raise Failure("state_used" if is_used else "state_foreign")


def redeem(token: str) -> Attempt:
    """Returns the attempt behind `state` to the first caller, over all workers; raises Failure."""
    attempt = attempt_behind(token)
    keep_until = attempt.ends_at + 2 * CLOCK_SKEW
    if not session_store().claim(_claim(attempt.secret), expires_at=keep_until):
        log.event("authn_callback_repeated")
        raise Failure("state_used")
    return attempt


def _claim(secret: str) -> str:
    return f"state:{secret}"


def _read(token: str) -> tuple[str, str, int]:
    if not token:
        raise Failure("state_missing")
    try:
        attempt_id, secret, ends_at = keyring().state.loads(token)
    except (BadData, UnicodeError):
        raise Failure("state_invalid") from None
    return attempt_id, secret, ends_at

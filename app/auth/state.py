"""`state`: ties the callback to the browser that asked, once (RFC 9700, 2.1)."""

from __future__ import annotations

import hmac
import json
import time
from dataclasses import astuple, dataclass

from cryptography.fernet import InvalidToken

from app.auth import attempts
from app.auth.attempts import Attempt
from app.failures import Failure
from app.keys import CLOCK_SKEW, keyring
from app.session.store import session_store


@dataclass(frozen=True)
class State:
    """What `state` says, to us alone: it is sealed."""

    attempt_id: str
    secret: str
    ends_at: int
    email: str  # so that a browser without the attempt can be sent a code instead

    def require_in_time(self) -> None:
        """Raises Failure once the link has expired."""
        if time.time() >= self.ends_at + CLOCK_SKEW:
            raise Failure("state_expired")


def make(attempt: Attempt) -> str:
    """Returns the sealed `state` for WorkOS to hand back."""
    made = State(attempt.id, attempt.secret, attempt.ends_at, attempt.email)
    return keyring().state.encrypt(json.dumps(astuple(made)).encode()).decode()


def read(token: str) -> State:
    """Returns what a `state` of ours says, whoever brings it; raises Failure."""
    if not token:
        raise Failure("state_missing")
    try:
        return State(*json.loads(keyring().state.decrypt(token.encode())))
    except (InvalidToken, UnicodeEncodeError):
        raise Failure("state_invalid") from None


def read_in_time(token: str) -> State:
    """Returns the same, unless the link has expired; raises Failure."""
    found = read(token)
    found.require_in_time()
    return found


def attempt_behind(token: str) -> Attempt:
    """Returns the attempt of this browser that `state` belongs to; raises Failure."""
    found = read(token)
    attempt = attempts.find(found.attempt_id)
    found.require_in_time()
    if attempt and hmac.compare_digest(attempt.secret, found.secret):
        return attempt
    raise Failure("state_used" if is_used(found.attempt_id) else "state_foreign")


def redeem(token: str) -> Attempt:
    """Returns the attempt behind `state` to the first caller, over all workers; raises Failure."""
    attempt = attempt_behind(token)
    keep_until = attempt.ends_at + 2 * CLOCK_SKEW
    if not session_store().claim(_claim(attempt.id), expires_at=keep_until):
        raise Failure("state_used")
    return attempt


def is_used(attempt_id: str) -> bool:
    """Whether somebody has come back to the callback with the `state` of this attempt."""
    return session_store().is_claimed(_claim(attempt_id))


def _claim(attempt_id: str) -> str:
    return f"state:{attempt_id}"

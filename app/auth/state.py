"""`state`: ties the callback to the browser that asked, once (RFC 9700, 2.1)."""

from __future__ import annotations

import hmac
import json
import time
from typing import NamedTuple

from .. import shapes
from ..config import Config
from ..failures import CODE_INSTEAD, DOCTOR, START_AGAIN, Button, Failure
from ..keys import CLOCK_SKEW, sealer, unseal
from ..session import signed_in_identity
from ..session.store import SessionStore, session_store
from ..workos_api.refusals import InvalidGrant
from . import attempts
from .attempt import EXCHANGING, Attempt

PURPOSE = "state"  # of the key that seals it; changes with State


class LinkBroken(Failure):
    """A link that is not complete."""

    symptom = "A link is broken"
    cause = (
        "A mail program broke the line, only part of the URL was copied, or SECRET_KEY changed "
        "without SECRET_KEY_FALLBACKS."
    )
    diagnosis = DOCTOR
    fix = "Copy the whole link. After changing the key, put the old one in SECRET_KEY_FALLBACKS."


class StateInvalid(LinkBroken):
    """It is not ours, or was changed in transit."""

    title = "This link has been changed"
    reason = "The part that ties it to your browser is not as we made it, so it was not used."


class LinkUsedUp(Failure):
    """A link that no longer signs anybody in, or not here."""

    button = CODE_INSTEAD
    symptom = InvalidGrant.symptom
    cause = InvalidGrant.cause
    fix = InvalidGrant.fix


class StateExpired(LinkUsedUp):
    """It is too old."""

    title = "This link has expired"
    reason = "It was sent too long ago."


class StateForeign(LinkUsedUp):
    """Another browser asked."""

    title = "This browser did not ask for the link"
    reason = (
        "It was asked for in another one, or this one no longer has the cookie that says so. A "
        "link works once, so it is used up now."
    )


class StateUsed(LinkUsedUp):
    """It has been used before."""

    title = "This link has already been used"
    reason = "Each link works once. If you have just signed in with it, you can carry on."
    may_be_done = True


class SignInOver(LinkUsedUp):
    """A sign-in at another site, without a link, that is over, or not of this browser."""

    button = START_AGAIN
    symptom = "Somebody comes back from the page of the sign-in service, and is not signed in"
    cause = (
        "They took longer than half an hour, came back in another browser or without its cookies, "
        "or opened the address a second time."
    )
    fix = "Begin again at /sign-in. If that never helps, the browser keeps no cookies."


class SignInExpired(SignInOver):
    """They took too long."""

    title = "This sign-in took too long"
    reason = "It began too long ago, so it was not finished."


class SignInForeign(SignInOver):
    """Another browser began it."""

    title = "This browser did not begin the sign-in"
    reason = "It began in another one, or this one no longer has the cookie that says so."


class SignInUsed(SignInOver, StateUsed):
    """It has been finished before."""

    title = "This sign-in is already finished"
    reason = "Each works once. If you have just signed in with it, you can carry on."


class AlreadySignedIn(LinkUsedUp):
    """The same, but the browser is signed in, so there is nothing left to do."""

    status = 409
    title = "You are already signed in"
    reason = "Each link works once, and this one has been used. There is nothing left to do."
    button = Button("go_on", "Continue, you are signed in")
    event = "authn_callback_ignored"


class State(NamedTuple):
    """What `state` says, to nobody but us: it is sealed."""

    attempt_id: str
    secret: str
    ends_at: int
    # So that a browser without the attempt can be sent a code instead; "" if nothing was mailed.
    email: str


class Arrival(NamedTuple):
    """A `state` that came back, and this browser's attempt with its id, if there is one."""

    state: State
    attempt: Attempt | None
    is_in_time: bool


def make(attempt: Attempt) -> str:
    """Returns the sealed `state` for WorkOS to hand back."""
    made = State(attempt.id, attempt.secret, attempt.ends_at, attempt.email or "")
    return sealer(PURPOSE).encrypt(json.dumps(made).encode()).decode()


def read(token: str) -> State:
    """Returns what a `state` of ours says, from any browser; raises StateInvalid."""
    try:
        return shapes.read(State, json.loads(unseal(PURPOSE, token)))
    except ValueError:
        raise StateInvalid from None


def arrive(token: str, config: Config) -> Arrival | None:
    """Returns what came back to this browser; None for a `state` that is missing or not ours."""
    try:
        state = read(token)
    except StateInvalid:
        return None
    is_in_time = time.time() < state.ends_at + CLOCK_SKEW
    return Arrival(state, attempts.find(state.attempt_id, config, stage=EXCHANGING), is_in_time)


def require_attempt(arrival: Arrival) -> Attempt:
    """Returns the attempt of this browser, if `state` belongs to it; raises LinkUsedUp."""
    state, attempt, is_in_time = arrival
    if not is_in_time:
        raise StateExpired if state.email else SignInExpired
    if attempt and hmac.compare_digest(attempt.secret, state.secret):
        return attempt
    if is_used(state.attempt_id):
        raise used(has_link=bool(state.email))
    raise StateForeign if state.email else SignInForeign


def spend(attempt: Attempt, store: SessionStore) -> None:
    """Lets the first caller go on, over all workers; raises LinkUsedUp for all others."""
    keep_until = attempt.ends_at + 2 * CLOCK_SKEW
    if not store.claim(_claim(attempt.id, attempt.profile_id), expires_at=keep_until):
        raise used(has_link=bool(attempt.email))


def reopen(attempt: Attempt) -> None:
    """Lets this browser come back with what its link has proved; the code stays spent."""
    if attempt.profile_id:
        session_store().release(_claim(attempt.id, attempt.profile_id))


def is_used(attempt_id: str) -> bool:
    """Whether the `state` of this attempt has come back to the callback."""
    return session_store().is_claimed(_claim(attempt_id))


def used(*, has_link: bool = True) -> LinkUsedUp:
    """Returns the failure of a used link, or better news if this browser is signed in."""
    if signed_in_identity():
        return AlreadySignedIn()
    return StateUsed() if has_link else SignInUsed()


def _claim(attempt_id: str, profile_id: str | None = None) -> str:
    # A code is exchanged once, and what it proved signs in once.
    return f"state:{attempt_id}:proved" if profile_id else f"state:{attempt_id}"

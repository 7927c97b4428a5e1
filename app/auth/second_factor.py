"""The second factor: a code of an authenticator app, for WorkOS or for REQUIRE_MFA.

Where WorkOS asks, the code goes to it with its own token. With REQUIRE_MFA it is this application
that asks, after WorkOS has let somebody in: then the refresh token is what is sealed in the
attempt, and worth a session only together with a code.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from flask import current_app

from .. import mail, shapes
from ..config import DAY, settings
from ..failures import Failure
from ..identity import Identity
from ..session.store import session_store
from ..web import log
from ..web.visitor import this_browser
from ..workos_api import multi_factor_auth, user_management
from ..workos_api.client import TIMEOUT, until
from ..workos_api.multi_factor_auth import Enrollment
from ..workos_api.refusals import InvalidTotp, TotpUsed, UserMismatch
from ..workos_api.steps import (
    InvalidPendingAuthenticationToken,
    MfaChallenge,
    MfaEnrollment,
    StepRequired,
    text_of,
)
from . import attempts
from .attempt import EXCHANGING, Attempt, Pending
from .door import Proof

HIDDEN = ("user_id", "email", "withheld")  # from programs, of what `person` returns
LOOK = 3  # seconds to list factors, after everything else that a sign-in asks of WorkOS
SPENT_FOR = 3 * 60  # seconds that a code is known to be used; no server takes it that late
NO_TOKEN = "none"  # noqa: S105 # of a door without a session at WorkOS
UNCONFIRMED_FOR = 400 * DAY  # seconds that an abandoned factor is known to be one


def require(proof: Proof) -> None:
    """Raises what WorkOS would ask if it required a second factor; raises Failure."""
    identity, there = proof.identity, proof.workos_session
    within = until(time.monotonic() + LOOK)
    listed = multi_factor_auth.list_factors(identity.user_id, within)
    factors = [factor for factor in listed if is_confirmed(factor.id)]
    token = there.opened_refresh_token() if there else None
    kind = MfaChallenge if factors else MfaEnrollment
    required = kind(
        reply={
            "pending_authentication_token": token or NO_TOKEN,
            "authentication_factors": [{"id": one.id, "type": "totp"} for one in factors],
            "user": {"id": identity.user_id, "email": identity.email},
        }
    )
    required.withheld = identity
    raise required


def answer(pending: Pending, factor_id: str, code: str) -> Proof:
    """Returns who has signed in, once this is a code of this factor; spends it; raises Failure.

    Each try has a challenge of its own, so that reloading makes none, and none is too old.
    """
    attempt = attempts.current()
    assert attempt is not None  # noqa: S101 # the step has found it
    try:
        proof = _answer(attempt, pending, factor_id, code)
    except StepRequired as required:
        # The code was right where WorkOS wants something else now, and is not asked for again.
        if not isinstance(required, MfaChallenge | MfaEnrollment):
            attempts.follow(replace(attempt, second_factor=True), EXCHANGING)
            confirmed(factor_id)
        raise
    confirmed(factor_id)
    return replace(proof, second_factor=True)


def _answer(attempt: Attempt, pending: Pending, factor_id: str, code: str) -> Proof:
    ends_at, browser, held = time.monotonic() + TIMEOUT, this_browser(), pending.details["withheld"]
    if held is None:
        challenge_id = multi_factor_auth.challenge_factor(factor_id, until(ends_at))
        with _spending(factor_id, code):
            reply = user_management.authenticate_with_totp(
                pending.token, challenge_id, code, browser, until(ends_at)
            )
    else:
        verify(factor_id, code, ends_at)
        if pending.token == NO_TOKEN:
            # Nothing at WorkOS is spent by it, so a copy of the cookie would do for ten minutes.
            claim = f"withheld:{attempt.id}"
            if not session_store().claim(claim, expires_at=attempt.forget_at):
                raise InvalidPendingAuthenticationToken
            return Proof(shapes.read(Identity, held))
        reply = user_management.authenticate_with_refresh_token(
            pending.token,
            browser,
            organization_id=held.get("organization_id"),  # or WorkOS falls back to another
            request_options=until(ends_at),
        )
    if reply.user.id != pending.details["user_id"]:
        raise UserMismatch
    return Proof.from_authentication(attempt, reply, settings())


def verify(factor_id: str, code: str, ends_at: float | None = None) -> None:
    """Returns if this is a code of this factor, which is used up then; raises Failure."""
    ends_at = ends_at or time.monotonic() + TIMEOUT
    challenge_id = multi_factor_auth.challenge_factor(factor_id, until(ends_at))
    with _spending(factor_id, code):
        multi_factor_auth.verify_challenge(challenge_id, code, until(ends_at))


@contextmanager
def _spending(factor_id: str, code: str) -> Iterator[None]:
    # WorkOS promises that a challenge is answered once, not that a code answers one challenge.
    claim, store = f"totp:{factor_id}:{code}", session_store()
    if not store.claim(claim, expires_at=time.time() + SPENT_FOR):
        raise TotpUsed
    try:
        yield
    except InvalidTotp:  # nothing was spent, so the next page says again that it is wrong
        store.release(claim)
        raise


def enroll(user_id: str, email: str, *, is_first: bool = False) -> Enrollment:
    """Makes a factor for somebody to confirm, and removes those of ours that nobody did.

    Where it has to be the first one, raises InvalidPendingAuthenticationToken if it is not:
    otherwise somebody who knew the first factor before could still add an app of their own.
    """
    session_store().check()  # before there is a factor of which nobody would know what it is
    within = until(time.monotonic() + TIMEOUT)
    for factor in multi_factor_auth.list_factors(user_id, within):
        if not is_confirmed(factor.id):
            multi_factor_auth.delete_factor(factor.id, within)
        elif is_first:
            raise InvalidPendingAuthenticationToken
    # As pages and mails call this site.
    brand: Any = current_app.jinja_env.get_template("auth/_brand.html").module
    made = multi_factor_auth.enroll(user_id, issuer=brand.name, name=email)
    session_store().claim(_mark(made.factor_id), expires_at=time.time() + UNCONFIRMED_FOR)
    return made


def confirmed(factor_id: str) -> None:
    """Notes that a code of this factor was right, so it is one to ask for."""
    session_store().release(_mark(factor_id))


def is_confirmed(factor_id: str) -> bool:
    """Whether it may be asked for: WorkOS lists factors that nobody has finished setting up too."""
    return not session_store().is_claimed(_mark(factor_id))


def tell(change: str, user_id: str, email: str) -> None:
    """Tells the log that a factor was added or removed, and the person if we can mail to them."""
    log.event(f"authn_factor_{change}", user=user_id)
    if settings().mails_itself:
        try:
            mail.send_second_factor(email, change)
        except Failure as failure:  # the change is made; nobody undoes it for want of a mail
            log.event("mail_not_sent", level=logging.WARNING, reason=failure.name())


def person(required: StepRequired) -> dict[str, Any] | None:
    """Returns what the steps seal about the person, or None if WorkOS does not say who it is."""
    user_id = text_of(required.details.get("user"), "id")
    if not (user_id and required.email):
        return None
    withheld = shapes.write(required.withheld)
    return {"user_id": user_id, "email": required.email, "withheld": withheld}


def _mark(factor_id: str) -> str:
    return f"unconfirmed-factor:{factor_id}"

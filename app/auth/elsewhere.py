"""What the doors share that lead to a page of WorkOS or of a provider, and back with a code."""

from __future__ import annotations

from flask import Response, request

from .. import limits
from ..config import settings
from ..pages import leave
from ..web import log
from ..web.answers import see_other
from ..web.visitor import this_browser
from ..workos_api import authorize
from . import attempts, state
from .attempt import Attempt
from .door import Proof

# People look for their phone there, or reset a password; the code that they bring is younger.
LIFETIME = 30 * 60  # seconds


@limits.leading_away
def lead_away(
    method: str,
    provider: str,
    *,
    next_url: str,
    caller_state: str,
    max_age: int | None = None,
    **hints: str,
) -> Response:
    """Begins an attempt, and sends the browser to where the person signs in.

    The verifier stays here, sealed in the attempt: a code is worth nothing to another browser
    (RFC 9700, 2.1.1).
    """
    config = settings()
    verifier, challenge = authorize.code_verifier()
    attempt = attempts.begin(
        method,
        lifetime=LIFETIME,
        next_url=next_url,
        caller_state=caller_state,
        code_verifier=verifier,
    )
    attempts.remember(attempt, config)
    url = authorize.authorization_url(
        provider,
        redirect_uri=config.redirect_uris[0],
        state=state.make(attempt),
        code_challenge=challenge,
        max_age=max_age,
        **hints,
    )
    log.event("authn_led_away")
    body = {"status": "elsewhere", "url": url, "expires_in": LIFETIME, "attempt": attempt.id}
    if request.method == "POST":
        return leave(url, "Continue with our sign-in service", json=body)
    return see_other(url, json=body)


def redeem(attempt: Attempt, code: str) -> Proof:
    """Exchanges the callback's code, with the verifier that stayed here."""
    reply = authorize.authenticate_with_code(code, attempt.code_verifier or "", this_browser())
    return Proof.from_authentication(attempt, reply)

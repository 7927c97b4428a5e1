"""What the doors share that lead to a page of WorkOS or of a provider, and back with a code."""

from __future__ import annotations

import time
from collections.abc import Mapping

from flask import Response, request
from flask_babel import gettext

from .. import limits
from ..config import Config, settings
from ..pages import leave
from ..web import log
from ..web.answers import see_other
from ..web.visitor import Browser, this_visitor
from ..workos_api import authorize
from . import attempts, invited, state
from .attempt import Attempt
from .door import Proof

# People look for their phone there, or reset a password; the code that they bring is younger.
LIFETIME = 30 * 60  # seconds
ROUND = 60  # seconds; redirects that nobody clicks on go round faster


def lead_away(
    method: str,
    asked: Mapping[str, str],
    *,
    next_url: str,
    caller_state: str,
    max_age: int | None = None,
) -> Response:
    """Begins an attempt, and sends the browser to where the person signs in."""
    config = settings()
    attempt = begin(method, config, next_url=next_url, caller_state=caller_state)
    return answer(attempt, url_for_attempt(attempt, asked, config, max_age=max_age))


def begin(
    method: str,
    config: Config,
    *,
    next_url: str,
    caller_state: str,
    login_hint: str | None = None,
) -> Attempt:
    """Returns a new attempt, counted, and remembered in this browser with its verifier.

    A code is worth nothing to another browser (RFC 9700, 2.1.1). Raises TooManyRequests.
    """
    limits.count_visit("leading-away", this_visitor(), config)
    attempt = attempts.begin(
        method,
        lifetime=LIFETIME,
        next_url=next_url,
        caller_state=caller_state,
        code_verifier=authorize.code_verifier(),
        login_hint=login_hint,
    )
    attempts.remember(attempt, config)
    return attempt


def url_for_attempt(
    attempt: Attempt, asked: Mapping[str, str], config: Config, *, max_age: int | None = None
) -> str:
    """Returns where WorkOS takes over, and sends the browser back to this attempt."""
    log.event("authn_led_away")
    if token := invited.token(attempt.return_to, config):
        asked = {**asked, "invitation_token": token}  # here: it is refused with the code
    return authorize.authorization_url(
        asked,
        redirect_uri=config.redirect_uris[0],
        state=state.make(attempt),
        code_verifier=attempt.code_verifier or "",
        max_age=max_age,
    )


def answer(attempt: Attempt, url: str, heading: str | None = None) -> Response:
    """Sends the browser to `url`, or tells a program to open it in one."""
    body = {
        "status": "elsewhere",
        "url": url,
        "expires_in": attempt.lifetime,
        "attempt": attempt.id,
    }
    if request.method == "POST":
        # Translators: the heading of a page that moves on by itself
        leading = gettext("Continue with our sign-in service")
        return leave(url, heading or leading, json=body)
    return see_other(url, json=body)


def has_just_begun(method: str) -> bool:
    """Whether this browser was led away by this door a moment ago: to do so again may go round."""
    return any(
        attempt.method == method and time.time() - attempt.started_at < ROUND
        for attempt in attempts.under_way(settings())
    )


def redeem(attempt: Attempt, code: str, browser: Browser, config: Config) -> Proof:
    """Exchanges the callback's code, with the verifier that stayed here."""
    reply = authorize.authenticate_with_code(code, attempt.code_verifier or "", browser)
    return Proof.from_authentication(attempt, reply, config)

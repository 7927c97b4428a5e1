"""The sign-in attempts of this browser: one cookie each.

So two tabs do not clobber each other.
"""

from __future__ import annotations

import json
import secrets
import time
import zlib
from dataclasses import replace

from flask import Response, after_this_request, g, request

from .. import shapes
from ..config import Config
from ..failures import CookieLost
from ..keys import CLOCK_SKEW, sealer, unseal
from ..web import log
from ..web.answers import see_other
from ..web.fields import RequestRefused
from ..web.redirects import safe_return_to
from .attempt import LATE, PADDED_TO, SENDING, Attempt

PREFIX = "signin-attempt-"
PURPOSE = "attempt/5"  # of the key: changes with the format, so that other releases pass over it
MAX_STATE = 255  # bytes of the caller's own `state`
MAX_ATTEMPTS = 5
MAX_ONE_COOKIE = 3_900  # bytes of its value; browsers keep 4,096 with name and attributes
MAX_COOKIE_BYTES = 5_000  # all attempts together: proxies take about 8 kB of cookies in all


class AttemptMissing(CookieLost):
    """This browser has no such attempt."""

    title = "We lost track of this sign-in"
    reason = "It took too long, or your browser did not keep its cookies."


class StateTooLong(RequestRefused):
    """The caller's own state does not fit in a cookie."""

    title = "The state is too long"
    reason = "The application that sent you here passed more state than fits in a cookie."


def begin(
    method: str,
    *,
    lifetime: int,
    next_url: str,
    caller_state: str,
    email: str | None = None,
    code_verifier: str | None = None,
    login_hint: str | None = None,
) -> Attempt:
    """Returns a new attempt, followed but not yet remembered; raises StateTooLong."""
    if len(caller_state.encode()) > MAX_STATE:
        raise StateTooLong
    now = time.time()
    attempt = Attempt(
        id=secrets.token_hex(6),
        secret=secrets.token_urlsafe(24),
        method=method,
        email=email,
        return_to=safe_return_to(next_url),
        started_at=now,
        lifetime=lifetime,
        ends_at=int(now) + lifetime,
        forget_at=int(now) + lifetime + LATE,
        caller_state=caller_state or None,
        code_verifier=code_verifier,
        login_hint=login_hint,
    )
    return follow(attempt, SENDING)


def follow(attempt: Attempt, stage: int) -> Attempt:
    """Tells the log and any failure's page which attempt this is about, and its stage."""
    g.signin_attempt = replace(attempt, stage=stage)
    return attempt


def current() -> Attempt | None:
    """Returns the attempt that this request is about, if that is known yet."""
    attempt: Attempt | None = g.get("signin_attempt")
    return attempt


def answer_sent(attempt: Attempt, next_page: str, config: Config) -> Response:
    """Remembers the attempt in this browser only, and says where its mail went."""
    log.event(f"authn_{attempt.method}_sent", email=attempt.email)
    body = {
        "status": "sent",
        "method": attempt.method,
        "email": attempt.shown_email,
        "expires_in": attempt.lifetime,
        "attempt": attempt.id,
    }
    return _keep(attempt, config, see_other(next_page, json=body, status=202))


def remember(attempt: Attempt, config: Config) -> None:
    """Keeps the attempt in this browser only, with the newest of its others."""
    after_this_request(lambda response: _keep(attempt, config, response))


def fits(attempt: Attempt) -> bool:
    """Whether a browser would keep it: they silently drop what is too large."""
    return len(_seal(attempt)) <= MAX_ONE_COOKIE


def end(attempt: Attempt, config: Config, response: Response) -> None:
    """Makes this browser forget the attempt."""
    _set_cookie(response, f"{config.cookie_prefix}{PREFIX}{attempt.id}", "", 0, config)


def find(attempt_id: str, config: Config, *, stage: int | None = None) -> Attempt | None:
    """Returns the attempt with this id, if this browser made it and it is not over."""
    attempt = _unseal(request.cookies.get(f"{config.cookie_prefix}{PREFIX}{attempt_id}", ""))
    if attempt is None or attempt.id != attempt_id:
        return None
    return follow(attempt, stage or attempt.stage)


def require(
    method: str | None, attempt_id: str, config: Config, *, stage: int = SENDING
) -> Attempt:
    """Returns the attempt with this id, or the newest of its kind if none is named.

    Raises AttemptMissing when this browser has no such attempt.
    """
    found = [find(attempt_id, config)] if attempt_id else under_way(config)
    for attempt in found:
        if attempt and method in (None, attempt.method):
            return follow(attempt, stage)
    raise AttemptMissing


def under_way(config: Config) -> list[Attempt]:
    """Returns the attempts of this browser, newest first."""
    prefix = config.cookie_prefix + PREFIX
    found = [_unseal(value) for name, value in request.cookies.items() if name.startswith(prefix)]
    alive = [attempt for attempt in found if attempt]
    return sorted(alive, key=lambda attempt: attempt.started_at, reverse=True)


def _keep(attempt: Attempt, config: Config, response: Response) -> Response:
    prefix, token = config.cookie_prefix + PREFIX, _seal(attempt)
    new, size = prefix + attempt.id, len(token)
    _set_cookie(response, new, token, int(attempt.forget_at - time.time()) + 1, config)
    keep = {new}
    for other in under_way(config):
        name = prefix + other.id
        size += len(request.cookies[name]) if name != new else 0
        if size <= MAX_COOKIE_BYTES and len(keep) < MAX_ATTEMPTS:
            keep.add(name)
    for name in request.cookies:
        if name.startswith(prefix) and name not in keep:
            _set_cookie(response, name, "", 0, config)
    return response


def _set_cookie(response: Response, name: str, value: str, max_age: int, config: Config) -> None:
    response.set_cookie(
        name,
        value,
        max_age=max_age,
        secure=config.is_https,
        httponly=True,
        # Lax: people come back from WorkOS, another site, and Strict would not be sent then.
        samesite="Lax",
    )


def _seal(attempt: Attempt) -> str:
    """Returns the attempt as the value of its cookie."""
    text = zlib.compress(
        json.dumps(shapes.write(attempt), ensure_ascii=False, separators=(",", ":")).encode()
    )
    return sealer(PURPOSE).encrypt(text + bytes(-len(text) % PADDED_TO)).decode()


def _unseal(token: str) -> Attempt | None:
    """Returns the attempt in a cookie; None for one that is over or not ours."""
    try:
        attempt = shapes.read(Attempt, json.loads(zlib.decompress(unseal(PURPOSE, token))))
    except (ValueError, zlib.error):
        return None
    return attempt if time.time() < attempt.forget_at + CLOCK_SKEW else None

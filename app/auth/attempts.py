"""Sign-in attempts under way in this browser: a sealed, short-lived cookie for each.

One cookie an attempt, so that two tabs do not clobber each other.
"""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import asdict, dataclass

from cryptography.fernet import InvalidToken
from flask import Response, after_this_request, g, request

from app.config import settings
from app.failures import Failure
from app.identity import Method
from app.keys import CLOCK_SKEW, keyring
from app.web import log, trail
from app.web.answers import see_other
from app.web.redirects import safe_return_to

MAX_ATTEMPTS = 5
MAX_COOKIE_BYTES = 5_000  # all attempts together: proxies take about 8 kB of cookies in all
MAX_STATE = 255  # bytes of the caller's own `state`
# An attempt outlives what was mailed, so that whoever is late finds a page that offers a new code.
LATE = 10 * 60  # seconds
PREFIX = "attempt-"


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One attempt: `id` is public (pages, logs), `secret` only in the cookie and in `state`."""

    id: str
    secret: str
    method: Method
    email: str
    return_to: str
    state: str | None
    started_at: float  # not whole seconds: the newest of two must be known
    lifetime: int  # seconds, of what was mailed
    link: str | None = None  # WorkOS's own, where the mail carries one of ours
    knows_email: bool = True  # typed here, so that it may be shown here and mailed to again

    @property
    def ends_at(self) -> int:
        """When what was mailed works no more, in seconds since the epoch."""
        return int(self.started_at) + self.lifetime

    @property
    def shown_email(self) -> str:
        """The address, as far as this browser may know it."""
        return self.email if self.knows_email else log.masked_email(self.email)

    @property
    def has_ended(self) -> bool:
        """Whether it is to be forgotten."""
        return time.time() >= self.ends_at + LATE + CLOCK_SKEW


def begin(
    method: Method, email: str, *, lifetime: int, next_url: str, caller_state: str
) -> Attempt:
    """Returns a new attempt, not yet remembered; raises Failure for a state that is too long."""
    if len(caller_state.encode()) > MAX_STATE:
        raise Failure("state_too_long")
    attempt = Attempt(
        id=secrets.token_hex(6),
        secret=secrets.token_urlsafe(24),
        method=method,
        email=email,
        return_to=safe_return_to(next_url),
        state=caller_state or None,
        started_at=time.time(),
        lifetime=lifetime,
    )
    return _take_in_hand(attempt, trail.ASKING)


def sent(attempt: Attempt, next_page: str) -> Response:
    """Remembers the attempt in this browser alone, and says where its mail went."""
    _remember(attempt)
    log.event(f"authn_{attempt.method}_sent", email=log.masked_email(attempt.email))
    body = {
        "status": "sent",
        "method": attempt.method,
        "email": attempt.shown_email,
        "expires_in": attempt.lifetime,
        "attempt": attempt.id,
    }
    return see_other(next_page, json=body, status=202)


def _remember(attempt: Attempt) -> None:
    token = _seal(attempt)
    _make_room(len(token))
    max_age = attempt.lifetime + LATE
    after_this_request(lambda response: _set_cookie(response, attempt.id, token, max_age))
    _take_in_hand(attempt, trail.SENDING)


def find(attempt_id: str) -> Attempt | None:
    """Returns the attempt with this id if this browser made it and its time is not over."""
    attempt = _unseal(request.cookies.get(_cookie_name(attempt_id), ""))
    if attempt is None or attempt.id != attempt_id or attempt.has_ended:
        return None
    return _take_in_hand(attempt)


def require(method: Method, attempt_id: str) -> Attempt:
    """Returns the attempt with this id, or the newest of its kind where none is named.

    Raises Failure when this browser has no such attempt under way.
    """
    attempt = find(attempt_id) if attempt_id else _latest(method)
    if attempt is None or attempt.method != method:
        raise Failure("attempt_missing")
    return _take_in_hand(attempt)


def in_hand() -> Attempt | None:
    """Returns the attempt that this request is about, as far as that is known yet."""
    attempt: Attempt | None = g.get("attempt")
    return attempt


def end(attempt: Attempt) -> None:
    """Lets this browser forget the attempt."""
    _forget(_cookie_name(attempt.id))


def _latest(method: Method) -> Attempt | None:
    return next((attempt for attempt in under_way() if attempt.method == method), None)


def under_way() -> list[Attempt]:
    """Returns the attempts of this browser, newest first."""
    prefix = _cookie_name("")
    found = [_unseal(value) for name, value in request.cookies.items() if name.startswith(prefix)]
    alive = [attempt for attempt in found if attempt and not attempt.has_ended]
    return sorted(alive, key=lambda attempt: attempt.started_at, reverse=True)


def _take_in_hand(attempt: Attempt, step: int = trail.EXCHANGING) -> Attempt:
    g.attempt = attempt  # for the failure page, whatever happens next
    trail.follow(attempt.id, step)
    return attempt


def _make_room(size: int) -> None:
    keep: set[str] = set()
    for attempt in under_way()[: MAX_ATTEMPTS - 1]:
        name = _cookie_name(attempt.id)
        size += len(request.cookies[name])
        if size <= MAX_COOKIE_BYTES:
            keep.add(name)
    for name in request.cookies:
        if name.startswith(_cookie_name("")) and name not in keep:
            _forget(name)


def _seal(attempt: Attempt) -> str:
    text = json.dumps(asdict(attempt), ensure_ascii=False, separators=(",", ":"))
    return keyring().attempt.encrypt(text.encode()).decode()


def _unseal(token: str) -> Attempt | None:
    try:
        return Attempt(**json.loads(keyring().attempt.decrypt(token.encode())))
    except (InvalidToken, UnicodeEncodeError):
        return None


def _cookie_name(attempt_id: str) -> str:
    return f"{'__Host-' if settings().is_https else ''}{PREFIX}{attempt_id}"


def _set_cookie(response: Response, attempt_id: str, value: str, max_age: int) -> Response:
    response.set_cookie(
        _cookie_name(attempt_id),
        value,
        max_age=max_age,
        secure=settings().is_https,
        httponly=True,
        # Lax, for the way back from WorkOS comes from another site, where Strict is not sent.
        samesite="Lax",
    )
    return response


def _forget(name: str) -> None:
    attempt_id = name.removeprefix(_cookie_name(""))
    after_this_request(lambda response: _set_cookie(response, attempt_id, "", 0))

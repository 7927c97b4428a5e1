"""The cookie of the session: a random id and two times, signed; nothing about the person.

It is kept apart from `flask.session`, which stays the application's own.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from typing import NamedTuple

from flask import Response, g, request
from werkzeug.sansio.http import parse_cookie

from ..config import Config
from ..failures import HOME, Failure
from ..keys import CLOCK_SKEW, sign, unsign
from .store import SessionRecord, StoreUnavailable

NAME = PURPOSE = "signin-session"  # changes with the format, so that other releases pass over it


class Ticket(NamedTuple):
    """What the cookie says; times are seconds since the epoch."""

    id: str
    at: int  # when it was made, at sign-in
    seen: int  # when it was last written
    handle: str  # of its session in the store: the hash of the id

    def ends_at(self, config: Config) -> int:
        """Returns when the session ends if it is not used again."""
        return min(self.seen + config.session_idle_timeout, self.at + config.session_lifetime)

    def is_in_time(self, config: Config, now: int) -> bool:
        """Whether it may still be used, as the server sees it."""
        is_possible = self.at - CLOCK_SKEW <= self.seen <= now + CLOCK_SKEW
        return is_possible and now < self.ends_at(config)


class NotForPrograms(Failure):
    """A page that belongs to a session in a browser was asked for with an access token or a key."""

    status = 403
    title = "This is not for programs"
    reason = "It is about somebody's session in a browser, and a program has none."
    button = HOME
    event = "authz_fail"
    symptom = "403: a program is refused what people can do"
    cause = "A page about sessions was called with an access token or an API key."
    diagnosis = "grep not_for_programs in the log: `path` says which"
    fix = "Sign in, and call it with the cookies of the session: docs/programs.md."


class Current(NamedTuple):
    """What this request knows about its session, which is looked up once."""

    config: Config
    ticket: Ticket | None = None
    record: SessionRecord | None = None
    error: StoreUnavailable | None = None  # a page asks several times; one wait is enough
    is_changed: bool = False  # so the cookie has to be written


def begin(config: Config, now: int) -> tuple[Ticket, int, Ticket | None]:
    """Returns a new ticket, when its session ends, and the one that it takes the place of."""
    ticket = _ticket(secrets.token_urlsafe(32), now, now)
    return ticket, ticket.ends_at(config), read(config)


def read(config: Config) -> Ticket | None:
    """Returns this browser's ticket; None if it is not ours, or from another release."""
    # Not request.cookies, which goes through every header to find this one.
    cookies = parse_cookie(request.environ.get("HTTP_COOKIE", ""))
    text = cookies.get(config.cookie_prefix + NAME)
    if not text:
        return None
    try:
        session_id, at, seen = unsign(PURPOSE, text).rsplit(".", 2)
        return _ticket(session_id, int(at), int(seen))
    except ValueError:
        return None


def write(response: Response) -> Response:
    """Gives the browser its ticket until the session ends, or takes it away, if it has changed."""
    current: Current | None = g.get("signin_session")
    if current and current.is_changed:
        ticket, config, text = current.ticket, current.config, ""
        if ticket:
            text = sign(PURPOSE, f"{ticket.id}.{ticket.at}.{ticket.seen}")
        response.set_cookie(
            config.cookie_prefix + NAME,
            text,
            expires=ticket.ends_at(config) if ticket else 0,
            secure=config.is_https,
            httponly=True,
            samesite="Lax",
        )
    return response


def vary(response: Response) -> Response:
    """Keeps caches from showing to others what was made for the person who is signed in."""
    if "signin_session" in g and response.headers.setdefault("Vary", "Cookie") != "Cookie":
        response.vary.add("Cookie")
    return response


def _ticket(session_id: str, at: int, seen: int) -> Ticket:
    digest = hashlib.sha256(session_id.encode()).digest()  # as `hash_id` does
    return Ticket(session_id, at, seen, base64.urlsafe_b64encode(digest[:24]).decode())

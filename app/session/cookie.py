"""The cookie of the session: a random id and two times, signed; nothing about the person.

It is kept apart from `flask.session`, which stays the application's own.
"""

from __future__ import annotations

import secrets
from typing import NamedTuple

from flask import Response, request
from itsdangerous import BadSignature

from ..config import Config
from ..keys import CLOCK_SKEW, stamp
from .store import hash_id

NAME = PURPOSE = "signin-session"  # changes with the format, so that other releases pass over it


class Ticket(NamedTuple):
    """What the cookie says; times are seconds since the epoch."""

    id: str
    at: int  # when it was made, at sign-in
    seen: int  # when it was last written
    handle: str  # of its session in the store

    def ends_at(self, config: Config) -> int:
        """Returns when the session ends if it is not used again."""
        return min(self.seen + config.session_idle_timeout, self.at + config.session_lifetime)

    def is_in_time(self, config: Config, now: int) -> bool:
        """Whether it may still be used, as the server sees it."""
        is_possible = self.at - CLOCK_SKEW <= self.seen <= now + CLOCK_SKEW
        return is_possible and now < self.ends_at(config)


def begin(config: Config, now: int) -> tuple[Ticket, int]:
    """Returns a new ticket, and when its session ends."""
    session_id = secrets.token_urlsafe(32)
    ticket = Ticket(session_id, now, now, hash_id(session_id))
    return ticket, ticket.ends_at(config)


def read(config: Config) -> Ticket | None:
    """Returns this browser's ticket; None if it is not ours, or from another release."""
    text = request.cookies.get(config.cookie_prefix + NAME)
    if not text:
        return None
    try:
        session_id, at, seen = stamp(PURPOSE).unsign(text).decode().rsplit(".", 2)
        return Ticket(session_id, int(at), int(seen), hash_id(session_id))
    except (BadSignature, ValueError):
        return None


def write(response: Response, ticket: Ticket | None, config: Config) -> None:
    """Gives the browser the ticket until the session ends; None takes it away."""
    text = ""
    if ticket:
        text = stamp(PURPOSE).sign(f"{ticket.id}.{ticket.at}.{ticket.seen}").decode()
    response.set_cookie(
        config.cookie_prefix + NAME,
        text,
        expires=ticket.ends_at(config) if ticket else 0,
        secure=config.is_https,
        httponly=True,
        samesite="Lax",
    )

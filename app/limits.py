"""How often something may be asked: each limit has a name, and stands beside the view it protects.

Everything is counted before the attempt, so that parallel guesses cannot slip through together.
"""

from __future__ import annotations

import ipaddress
import sqlite3
import time
from collections.abc import Callable
from contextlib import suppress
from typing import ParamSpec, TypeVar

from flask import Flask, g
from flask.typing import ResponseReturnValue
from flask_limiter import Limiter, RequestLimit, RouteLimit
from flask_limiter.util import get_remote_address

from app import sqlite_limits
from app.auth.one_time_code import try_in_hand
from app.config import Config, settings
from app.email_address import canonical_email
from app.failures import Failure
from app.fields import submitted
from app.keys import keyring

P = ParamSpec("P")
R = TypeVar("R", bound=ResponseReturnValue)

TRIES_PER_CODE = 5
# Longer than a code lives, so that no code sees a second window.
TRIES = f"{TRIES_PER_CODE} per 30 minutes"
IPV6_SITE = 64  # bits; one household or host commonly owns a whole /64


def visitor() -> str:
    """Returns who asks, by network address; a whole IPv6 site counts as one."""
    address = ipaddress.ip_address(get_remote_address())
    if isinstance(address, ipaddress.IPv6Address) and not address.ipv4_mapped:
        return str(ipaddress.ip_network((address, IPV6_SITE), strict=False))
    return str(address)


# Without its storage it goes on counting in the memory of each worker: looser, never open.
limiter = Limiter(key_func=visitor, in_memory_fallback_enabled=True)


def init_app(app: Flask, config: Config) -> None:
    """Keeps the counters where the sessions are."""
    uri = f"{sqlite_limits.SCHEME}://{config.database_path.absolute()}"
    app.config.update(RATELIMIT_STORAGE_URI=uri, RATELIMIT_STRATEGY="fixed-window")
    limiter.init_app(app)


def sending(view: Callable[P, R]) -> Callable[P, R]:
    """Limits a view that makes WorkOS send mail: for one address, one visitor, and in all."""
    return _all_of(
        view,
        _named("send-visitor", lambda: settings().limit_send_per_visitor, visitor),
        _named("send-address", lambda: settings().limit_send_per_address, _address_to_send_to),
        _named("send-total", lambda: settings().limit_send_total, lambda: "everyone"),
    )


def verifying(view: Callable[P, R]) -> Callable[P, R]:
    """Limits a view that checks a one-time code: five tries a code, whatever the settings."""
    return _all_of(
        view,
        _named("verify-visitor", lambda: settings().limit_verify_per_visitor, visitor),
        _named("tries", lambda: TRIES, _attempt_tried, refusal="too_many_tries"),
        _named("verify-address", lambda: settings().limit_verify_per_address, _address_tried),
    )


def calling_back(view: Callable[P, R]) -> Callable[P, R]:
    """Limits the callback, where a visitor might guess at codes too."""
    return _all_of(
        view, _named("verify-visitor", lambda: settings().limit_verify_per_visitor, visitor)
    )


def tries_left() -> int:
    """Returns how many more tries the code in hand has, after this one."""
    return min(limit.remaining for limit in limiter.current_limits if _scope(limit) == "tries")


def forgive() -> None:
    """Forgets the tries for this address, for the person has proved that it is theirs."""
    for limit in limiter.current_limits:
        if _scope(limit) in ("tries", "verify-address"):
            # Whoever has just signed in must not see an error for a counter left standing.
            with suppress(sqlite3.Error):
                limiter.limiter.clear(limit.limit, *limit.request_args)


def wait() -> int:
    """Returns in how many seconds the limit just exceeded lets the next request through."""
    exceeded = limiter.current_limit
    return max(1, int(exceeded.reset_at - time.time())) if exceeded else 1


def _named(
    scope: str,
    setting: Callable[[], str],
    key: Callable[[], str],
    refusal: str = "too_many_requests",
) -> RouteLimit:
    # Flask-Limiter skips a limit whose key is empty with an error in the log; here it is the rule:
    # what names no address cannot be counted for one, and the view refuses it anyway.
    return limiter.shared_limit(
        setting, scope, key_func=key, exempt_when=lambda: not key(), error_message=refusal
    )


def _all_of(view: Callable[P, R], *limits: RouteLimit) -> Callable[P, R]:
    # The first named is the first counted, so a visitor who is turned away costs nobody else a try.
    for limit in reversed(limits):
        view = limit(view)
    return view


def _scope(limit: RequestLimit) -> str:
    return limit.request_args[-1]


def _address_to_send_to() -> str:
    if "limited_address" not in g:
        try:
            address = canonical_email(submitted("email")["email"])
        except Failure:
            address = ""
        g.limited_address = keyring().pseudonym(address) if address else ""
    return str(g.limited_address)


def _attempt_tried() -> str:
    attempt = try_in_hand()
    return attempt.id if attempt else ""


def _address_tried() -> str:
    attempt = try_in_hand()
    return keyring().pseudonym(attempt.email) if attempt else ""

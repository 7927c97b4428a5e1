"""How often something may be asked: each limit has a name, and stands beside the view it protects.

Everything is counted before the attempt, so that parallel guesses cannot slip through together.
"""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import Flask, g
from flask.typing import ResponseReturnValue
from flask_limiter import Limiter, RequestLimit, RouteLimit
from flask_limiter.util import get_remote_address
from limits.errors import StorageError

from app.auth.one_time_code import entered
from app.config import settings
from app.identity import Method
from app.keys import keyring

P = ParamSpec("P")
R = TypeVar("R", bound=ResponseReturnValue)

TRIES_PER_CODE = 5
# Longer than any code lives, so that none sees a second window; relay codes live up to a day.
# In minutes: limits are counted from the finest unit up, and what is refused here must not count
# for the address too.
TRIES = f"{TRIES_PER_CODE} per 2880 minutes"
IPV6_SITE = 64  # bits; one household or host commonly owns a whole /64


def visitor() -> str:
    """Returns who asks, by network address; a whole IPv6 site counts as one."""
    text = get_remote_address()
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return text  # a proxy of ours may write something else than an address
    if isinstance(address, ipaddress.IPv6Address) and not address.ipv4_mapped:
        return str(ipaddress.ip_network((address, IPV6_SITE), strict=False))
    return str(address)


# Without its storage it goes on counting in the memory of each worker: looser, never open.
# It takes any exception for a broken storage, so a key function must never raise.
limiter = Limiter(
    key_func=visitor,
    strategy="fixed-window",
    storage_options={"wrap_exceptions": True},
    in_memory_fallback_enabled=True,
)


def init_app(app: Flask) -> None:
    """Counts where the sessions are kept (see app.stores)."""
    limiter.init_app(app)
    # Only decorated views are limited, and those ask for themselves; its headers are not used.
    app.before_request_funcs[None].remove(limiter._check_request_limit)
    app.after_request_funcs[None].pop()
    limiter._storage_dead = False  # what an application before this one found out about its own


def sending(counted_for: Callable[[], str]) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Limits a view that has mail sent: for one visitor, for one address, and in all."""

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        limited = _all_of(
            view,
            _named("send-visitor", lambda: settings().limit_send_per_visitor, visitor),
            _named("send-address", lambda: settings().limit_send_per_address, _address),
            _named("send-total", lambda: settings().limit_send_total, lambda: "everyone"),
        )

        @wraps(view)
        def counted(*args: P.args, **kwargs: P.kwargs) -> R:
            g.limited_address = counted_for()
            return limited(*args, **kwargs)

        return counted

    return decorate


def verifying(method: Method) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Limits a view that checks a typed code: five tries a code, whatever the settings."""

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        limited = _all_of(
            view,
            _named("verify-visitor", lambda: settings().limit_verify_per_visitor, visitor),
            _named("tries", lambda: TRIES, lambda: g.limited_attempt, refusal="too_many_tries"),
            _named("verify-address", lambda: settings().limit_verify_per_address, _address),
        )

        @wraps(view)
        def counted(*args: P.args, **kwargs: P.kwargs) -> R:
            attempt, _ = entered(method)  # what cannot be a code is refused here, and costs no try
            g.limited_attempt, g.limited_address = attempt.id, attempt.email
            return limited(*args, **kwargs)

        return counted

    return decorate


def calling_back(view: Callable[P, R]) -> Callable[P, R]:
    """Limits the callback, where a visitor might guess at codes too."""
    return _all_of(
        view, _named("verify-visitor", lambda: settings().limit_verify_per_visitor, visitor)
    )


def tries_left() -> int:
    """Returns how many more tries the code in hand has, after this one."""
    left = (limit.remaining for limit in limiter.current_limits if _scope(limit) == "tries")
    return min(left, default=TRIES_PER_CODE)


def forgive() -> None:
    """Forgets the tries for this address, for the person has proved that it is theirs."""
    for limit in limiter.current_limits:
        if _scope(limit) in ("tries", "verify-address"):
            # Whoever has just signed in must not see an error for a counter left standing.
            with suppress(StorageError):
                limiter.limiter.clear(limit.limit, *limit.request_args)


def count(name: str, *, for_seconds: float) -> int | None:
    """Returns how often this has been called for `name`, over all workers, as far as is known."""
    try:
        return limiter.limiter.storage.incr(name, max(1, int(for_seconds)))
    except StorageError:
        return None


def wait() -> int:
    """Returns in how many seconds the limit just exceeded lets the next request through."""
    exceeded = limiter.current_limit
    return max(1, int(exceeded.reset_at - time.time())) if exceeded else 1


def _address() -> str:
    return keyring().pseudonym(g.limited_address)  # no address is kept where only a count is due


def _named(
    scope: str,
    setting: Callable[[], str],
    key: Callable[[], str],
    refusal: str = "too_many_requests",
) -> RouteLimit:
    return limiter.shared_limit(setting, scope, key_func=key, error_message=refusal)


def _all_of(view: Callable[P, R], *limits: RouteLimit) -> Callable[P, R]:
    # The first named is the first counted, so a visitor who is turned away costs nobody else a try.
    for limit in limits:
        view = limit(view)
    return view


def _scope(limit: RequestLimit) -> str:
    return limit.request_args[-1]

"""How often something may be asked for: each limit has a name, and its number is a setting.

Everything is counted before the attempt, so that parallel guesses cannot slip through together.
Flask-Limiter's decorator limits what needs only the visitor; what needs the form is counted by a
plain call, through the same storage and strategy.
"""

from __future__ import annotations

import time
from functools import lru_cache

from flask import Flask
from flask_limiter import Limiter, RequestLimit
from limits import RateLimitItem, parse_many
from limits.storage import Storage

from ..config import DAY, Config
from ..failures import NEW_CODE, RELOAD, SITE_DOCTOR, Failure
from ..keys import Keyring
from ..web.visitor import network, visitor
from ..workos_api.refusals import CodeRefused
from . import known_browsers
from .counters import Limits, current

TRIES_PER_CODE = 5
# Longer than any code lives, so that none sees a second window; relay codes live up to a day.
TRIES = f"{TRIES_PER_CODE} per 2880 minutes"
# Tries in a known browser until it counts as an unknown one: its cookie may have been stolen.
TRIES_WHILE_KNOWN = f"100 per {known_browsers.LIFETIME // DAY} days"


class TooManyRequests(Failure):
    """A limit was reached."""

    status = 429
    title = "Too many requests"
    reason = "We limit this, to keep everybody's mailbox and account safe."
    button = RELOAD
    event = "excess_rate_limit_exceeded"
    symptom = "429: too many requests"
    cause = (
        "A limit was reached. Behind a proxy that TRUSTED_PROXIES does not count, everybody is one "
        "visitor."
    )
    diagnosis = SITE_DOCTOR
    fix = "Set TRUSTED_PROXIES to the number of your proxies. Only then consider a LIMIT_ setting."


class TooManyTries(CodeRefused):
    """This code was guessed at too often; waiting does not bring it back."""

    title = "Too many wrong codes"
    reason = "To stop people guessing, this code no longer works. Ask for a new one."
    button = NEW_CODE
    event = "authn_login_fail_max"

    def __init__(self, *, retry_after: int | None = None, detail: str | None = None) -> None:
        super().__init__(detail=detail)  # without a time, because waiting does not help


def init_app(app: Flask, config: Config, keyring: Keyring, counters: Storage) -> None:
    """Gives the application its limits, counted in `counters`."""
    app.extensions["signin_limits"] = Limits(config, counters, keyring.derive("pseudonym")[0])


def _refuse(limit: RequestLimit) -> None:
    raise TooManyRequests(retry_after=max(1, int(limit.reset_at - time.time())))


limiter = Limiter(
    key_func=visitor, strategy="fixed-window", storage_uri="signin://", on_breach=_refuse
)
# It is attached to an application of its own, so that it reads none of a host's RATELIMIT_
# settings, and hooks into no request but those to the views it decorates.
limiter.init_app(Flask("limits"))

sending = limiter.shared_limit(lambda: current().config.limit_send_per_visitor, "send-visitor")
"""Limits how often one visitor reaches a view that sends mail."""

verifying = limiter.shared_limit(
    lambda: current().config.limit_verify_per_visitor, "verify-visitor"
)
"""Limits how often one visitor reaches a view where codes could be guessed."""

exchanging = limiter.shared_limit(
    lambda: current().config.limit_verify_per_visitor, "callback-visitor"
)
"""Limits how often one visitor has the callback exchange a code."""

leading_away = limiter.shared_limit(
    lambda: current().config.limit_verify_per_visitor, "leading-away-visitor"
)
"""Limits how often one visitor reaches a view that begins a sign-in elsewhere."""


def count_mail(counted_for: str) -> None:
    """Counts a mail for its address, the visitor's network and everybody; raises TooManyRequests.

    A browser that is known for the address has a budget of its own, and so have all such together:
    what strangers use up is no concern of theirs.
    """
    limits, config = current(), current().config
    if browser := known_browsers.find(counted_for, config):
        _count("send-known-browser", browser, config.limit_send_per_known_browser)
        _count("send-total-known", "everyone", config.limit_send_total_known)
        return
    name, where = limits.pseudonym(counted_for), network()
    # From the narrowest on: what one of them refuses uses up nothing of the wider ones.
    _count("send-pair", f"{name}/{where}", config.limit_send_per_address_and_network)
    _count("send-network", where, config.limit_send_per_network)
    _count("send-address", name, config.limit_send_per_address)
    _count("send-total", "everyone", config.limit_send_total)


def count_try(attempt_id: str, email: str) -> None:
    """Counts a try for its code and its address: always five tries a code, whatever is set.

    A browser that is known for the address has a budget of its own, until somebody has tried in
    vain too often there. Raises TooManyTries and TooManyRequests.
    """
    _count("tries", attempt_id, TRIES, refusal=TooManyTries)
    limits, config = current(), current().config
    browser, [most] = known_browsers.find(email, config), _parsed(TRIES_WHILE_KNOWN)
    if browser and limiter.limiter.hit(most, browser, "tries-while-known"):
        _count("verify-known-browser", browser, config.limit_verify_per_known_browser)
    else:
        _count("verify-address", limits.pseudonym(email), config.limit_verify_per_address)


def tries_left(attempt_id: str) -> int:
    """Returns how many more tries the code of this attempt has."""
    [limit] = _parsed(TRIES)
    return limiter.limiter.get_window_stats(limit, attempt_id, "tries").remaining


def forgive(email: str) -> None:
    """Forgets the tries for this address, because the person has proved that it is theirs."""
    limits = current()
    name = limits.pseudonym(email)
    for limit in _parsed(limits.config.limit_verify_per_address):
        limiter.limiter.clear(limit, name, "verify-address")


def times(name: str, *, for_seconds: float) -> int:
    """Returns how often this has been called for `name`, over all workers, as far as is known."""
    return limiter.storage.incr(name, max(1, int(for_seconds)))


def _count(scope: str, key: str, setting: str, *, refusal: type[Failure] = TooManyRequests) -> None:
    for limit in _parsed(setting):
        if not limiter.limiter.hit(limit, key, scope):
            ends_at = limiter.limiter.get_window_stats(limit, key, scope).reset_time
            raise refusal(retry_after=max(1, int(ends_at - time.time()) + 1))


@lru_cache
def _parsed(setting: str) -> list[RateLimitItem]:
    # The shortest first: what it refuses must not count towards the longer windows too.
    return sorted(parse_many(setting))

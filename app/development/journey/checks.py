"""What was checked, worked out from what was asked, called and answered.

Nothing is noted where the checks are made: each leaves early when it fails, so a request that ended
well has passed all that stand on its way. One that failed is shown with its failure alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from .journal import Exchange


class Check(NamedTuple):
    """What to say, if it applies to an exchange that ended well."""

    said: str
    applies: Callable[[Exchange], bool]


def passed(exchange: Exchange) -> list[str]:
    """Returns what the exchange has passed; nothing if it failed."""
    if exchange.failure or exchange.status >= 400:
        return []
    return [check.said for check in CHECKS if check.applies(exchange)]


def is_callback(exchange: Exchange) -> bool:
    """Whether WorkOS sent the browser here."""
    return exchange.endpoint.endswith("callback.receive")


def _is_form(exchange: Exchange) -> bool:
    return exchange.method == "POST" and not exchange.is_from_workos


def _is_limited(exchange: Exchange) -> bool:
    is_begun = bool(exchange.attempt) and _is_form(exchange)
    return is_begun or exchange.has("authn_led_away") or _is_redeemed(exchange)


def _is_redeemed(exchange: Exchange) -> bool:
    return is_callback(exchange) and bool(exchange.calls)


def _is_of_session(exchange: Exchange) -> bool:
    return bool(exchange.session) and not exchange.has("session_expired", "session_created")


def _sends(exchange: Exchange, field: str) -> bool:
    return any(field in call.fields for call in exchange.calls)


CHECKS = (
    Check("CSRF: the token is this browser's", _is_form),
    Check("signed by WorkOS, under 3 minutes ago", lambda one: one.is_from_workos),
    Check("session: signed, in time, not ended", _is_of_session),
    Check("attempt: sealed by us, in time", lambda one: one.has_attempt),
    Check("limits: none is reached", _is_limited),
    Check("state: of this attempt, in time, unused", _is_redeemed),
    Check("PKCE: code_verifier goes along", lambda one: _sends(one, "code_verifier")),
)

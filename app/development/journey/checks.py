"""What was checked, worked out from what was asked, called and answered.

Nothing is noted where the checks are made: each leaves early when it fails, so a request that ended
well has passed all that stand on its way. One that failed is shown with its failure alone.
"""

from __future__ import annotations

from .journal import Exchange


def passed(exchange: Exchange) -> list[str]:
    """Returns what the exchange has passed; nothing if it failed."""
    if exchange.failure or exchange.status >= 400:
        return []
    is_form = exchange.method == "POST" and not exchange.is_from_workos
    is_redeemed = is_callback(exchange) and bool(exchange.calls)
    is_begun = is_form and bool(exchange.attempt)
    has_led_away = exchange.has("authn_led_away")
    is_of_session = exchange.session and not exchange.has("session_expired", "session_created")
    sent = {field for call in exchange.calls for field in call.fields}
    checks = {
        "CSRF: the token is this browser's": is_form,
        "signed by WorkOS, under 3 minutes ago": exchange.is_from_workos,
        "session: signed, in time, not ended": is_of_session,
        "attempt: sealed by us, in time": exchange.has_attempt,
        "limits: none is reached": is_begun or has_led_away or is_redeemed,
        "state: of this attempt, in time, unused": is_redeemed,
        "PKCE: code_verifier goes along": "code_verifier" in sent,
    }
    return [said for said, applies in checks.items() if applies]


def is_callback(exchange: Exchange) -> bool:
    """Whether WorkOS sent the browser here."""
    return exchange.endpoint.endswith("callback.receive")

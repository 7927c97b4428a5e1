"""Signals, so that a fork can act when people sign in and out."""

from __future__ import annotations

from typing import Any

from blinker import NamedSignal, Namespace
from flask import current_app

_signals = Namespace()

signed_in = _signals.signal(
    "signed-in", doc="With `identity`, and the caller's own `state` or None."
)
signed_out = _signals.signal("signed-out", doc="With `identity`.")
session_refreshed = _signals.signal(
    "session-refreshed", doc="With `identity` and the new `workos_session`."
)
session_refresh_failed = _signals.signal(
    "session-refresh-failed", doc="With `identity` and the `code` of the failure."
)


def tell(signal: NamedSignal, **what: Any) -> None:
    """Sends the signal from the current application."""
    signal.send(current_app._get_current_object(), **what)  # type: ignore[attr-defined] # a proxy's own method

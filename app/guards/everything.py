"""A site that is closed, except for what is open on purpose."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Flask, request
from flask.typing import ResponseReturnValue

from .sign_in import login_required

HEALTH = ("health.alive", "health.ready")  # of ours, for load balancers, who never sign in


def protect_everything(app: Flask, *, except_for: Sequence[str] = ()) -> None:
    """Asks everybody to sign in first, on every page of the application.

    Open are the paths in `except_for`, where "/pricing/*" is "/pricing" and all below it; static
    files, health checks, and the sign-in, which guards itself. Addresses that do not exist are
    closed as well: nobody learns which do.
    """

    @app.before_request
    def guard() -> ResponseReturnValue | None:
        endpoint = request.endpoint or ""
        is_static = endpoint == "static" or endpoint.endswith(".static")
        is_ours = endpoint in HEALTH or endpoint.startswith("signin.")
        is_open = is_static or is_ours or any(map(_matches, except_for))
        return None if is_open else login_required()


def _matches(pattern: str) -> bool:
    folder = pattern.removesuffix("*")
    if folder == pattern:
        return request.path == pattern
    return request.path.startswith(folder) or f"{request.path}/" == folder

"""The `Authorization` header, with which programs say who they are."""

from __future__ import annotations

from flask import request


def bearer_token() -> str | None:
    """Returns what `Authorization: Bearer` carries; "" if that is no token, None without it.

    RFC 6750, section 2.1; in a form field or a query, where it might be logged, it does not count.
    """
    # Not request.authorization: Werkzeug fails on `Basic` with what is not ASCII behind it.
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None

"""The `Authorization` header, with which programs say who they are."""

from __future__ import annotations

from flask import request


def bearer_token() -> str | None:
    """Returns what `Authorization: Bearer` carries; "" if that is no token, None without it.

    RFC 6750, section 2.1; in a form field or a query, where it might be logged, it does not count.
    """
    given = request.authorization
    return (given.token or "") if given and given.type == "bearer" else None

"""`POST /api/token`: the WorkOS access token of this session, for pages that call elsewhere."""

from __future__ import annotations

import time

from flask import Blueprint
from flask.typing import ResponseReturnValue

from ..guards import login_required
from ..session import access_token

bp = Blueprint("api_token", __name__)


@bp.post("/api/token")
@login_required
def show() -> ResponseReturnValue:
    """Returns the token and its seconds left, as OAuth does (RFC 6749, 5.1), for nobody to keep."""
    token = access_token.current()
    answer = {
        "access_token": token.value,
        "token_type": "Bearer",
        "expires_in": max(0, token.expires_at - int(time.time())),
    }
    return answer, {"Cache-Control": "no-store"}

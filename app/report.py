"""`POST /doctor`: what one worker knows of itself, for whoever has SECRET_KEY."""

from __future__ import annotations

import os
import socket
import time

from flask import Blueprint, Response, current_app, jsonify, request
from itsdangerous import BadData

from app import limits
from app.config import settings
from app.failures import Failure
from app.keys import CLOCK_SKEW, keyring
from app.session.store import session_store
from app.web.csrf import csrf
from doctor.settings_checks import fingerprint

bp = Blueprint("doctor", __name__)


@bp.post("/doctor")
@csrf.exempt  # type: ignore[untyped-decorator] # Flask-WTF ships no types
def report() -> Response:
    """Tells the doctor what arrives here; there is nothing here for anybody else."""
    token = request.headers.get("X-Doctor", "")
    try:
        visit = keyring().doctor.loads(token, max_age=CLOCK_SKEW)
    except (BadData, UnicodeError):
        raise Failure("not_found") from None
    config = settings()
    forwarded_for = request.environ.get("HTTP_X_FORWARDED_FOR", "")
    return jsonify(
        host=socket.gethostname(),
        pid=os.getpid(),
        fingerprint=fingerprint(config.secret_key, config.secret_key_fallbacks),
        is_first=session_store().claim(f"doctor:{visit}", expires_at=time.time() + CLOCK_SKEW),
        count=limits.count(f"doctor:{visit}", for_seconds=CLOCK_SKEW),
        is_debug=current_app.debug,
        trusted_proxies=config.trusted_proxies,
        forwarded_for=len([part for part in forwarded_for.split(",") if part.strip()]),
        scheme=request.scheme,
    )

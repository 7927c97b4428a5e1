"""`POST /doctor`: what one worker knows of itself, for anybody who has SECRET_KEY."""

from __future__ import annotations

import os
import socket
import time

from flask import Blueprint, Response, current_app, jsonify, request
from itsdangerous import BadData
from werkzeug.exceptions import NotFound

from .config import settings
from .keys import CLOCK_SKEW, keyring
from .limits.counters import times
from .session.store import session_store

DOCTOR = "doctor"  # purpose of the key that signs its questions

bp = Blueprint("report", __name__)


@bp.post("/doctor")
def report() -> Response:
    """Tells the doctor what arrives here; for anybody else there is nothing here."""
    token = request.headers.get("X-Doctor", "")
    ring = keyring()
    try:
        visit = ring.signer(DOCTOR).loads(token, max_age=CLOCK_SKEW)
    except (BadData, UnicodeError):
        raise NotFound from None
    config = settings()
    forwarded_for = request.environ.get("HTTP_X_FORWARDED_FOR", "")
    return jsonify(
        host=socket.gethostname(),
        pid=os.getpid(),
        fingerprint=ring.fingerprint(),
        is_first=session_store().claim(f"doctor:{visit}", expires_at=time.time() + CLOCK_SKEW),
        count=times(f"doctor:{visit}", for_seconds=CLOCK_SKEW),
        is_debug=current_app.debug,
        trusted_proxies=config.trusted_proxies,
        forwarded_for=len([part for part in forwarded_for.split(",") if part.strip()]),
        scheme=request.scheme,
    )

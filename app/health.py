"""For load balancers: is this process alive, and can it serve?"""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from .session.store import StoreUnavailable, session_store

bp = Blueprint("health", __name__)


@bp.get("/healthz")
def alive() -> Response:
    """Says that this process answers, even if everything else is down."""
    return jsonify(status="ok")


@bp.get("/readyz")
def ready() -> tuple[Response, int]:
    """Says whether people can sign in now: 503 while the session store cannot be reached."""
    try:
        session_store().check()
    except StoreUnavailable:
        return jsonify(status="store unavailable"), 503
    return jsonify(status="ok"), 200

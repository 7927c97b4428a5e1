"""For load balancers: is it alive, and can it serve?"""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from app.session.store import StoreUnavailable, session_store

bp = Blueprint("health", __name__)


@bp.get("/healthz")
def alive() -> Response:
    """Says that this process answers, whatever else is down."""
    return jsonify(status="ok")


@bp.get("/readyz")
def ready() -> tuple[Response, int]:
    """Says whether people can sign in here now: 503 while the session store is out of reach."""
    try:
        session_store().check()
    except StoreUnavailable:
        return jsonify(status="store unavailable"), 503
    return jsonify(status="ok"), 200

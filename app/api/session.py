"""`GET /api/session`: who is signed in, for programs."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import generate_csrf

from .. import session
from ..failure_pages import for_programs
from ..guards import NotSignedIn

# What WorkOS says of the person, and the frontend may know.
CLAIMS = ("organization_id", "role", "roles", "permissions", "entitlements", "feature_flags")

bp = Blueprint("api_session", __name__)


@bp.get("/api/session")
def show() -> ResponseReturnValue:
    """Returns the session; 401 when signed out. Both carry the CSRF token for `X-CSRFToken`."""
    record = session.refreshed_record()
    if record is None:
        return {**for_programs(NotSignedIn()), "csrf_token": generate_csrf()}, NotSignedIn.status
    identity, there = record.identity, record.workos_session
    return jsonify(
        user={
            "id": identity.user_id,
            "email": identity.email,
            "name": identity.name,
            "profile_id": identity.profile_id,
        },
        organization_id=identity.organization_id,
        method=identity.method,
        authentication_method=identity.authentication_method,
        impersonator=identity.impersonator,
        signed_in_at=datetime.fromtimestamp(record.signed_in_at, UTC).isoformat(),
        ends_at=session.ends_at().isoformat(),
        state=record.state,
        workos={name: getattr(there, name) for name in CLAIMS} if there else None,
        csrf_token=generate_csrf(),
    )

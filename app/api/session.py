"""`GET /api/session`: who is signed in, for programs."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import generate_csrf

from .. import session
from ..failure_pages import for_programs
from ..guards import NotSignedIn
from ..session.workos_session import WorkOSSession

bp = Blueprint("api_session", __name__)


@bp.get("/api/session")
def show() -> ResponseReturnValue:
    """Returns the session; 401 when signed out. Both carry the CSRF token for `X-CSRFToken`."""
    record = session.refreshed_record()
    if record is None:
        return {**for_programs(NotSignedIn()), "csrf_token": generate_csrf()}, NotSignedIn.status
    identity = record.identity
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
        workos=_claims(record.workos_session),
        csrf_token=generate_csrf(),
    )


def _claims(workos_session: WorkOSSession | None) -> dict[str, object] | None:
    if workos_session is None:
        return None
    shown = ("organization_id", "role", "roles", "permissions", "entitlements", "feature_flags")
    return {name: getattr(workos_session, name) for name in shown}

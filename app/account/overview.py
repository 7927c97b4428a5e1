"""What a signed-in person can see: `/account`, and the same as JSON at `/api/session`."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, jsonify, render_template
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import generate_csrf

from app import session
from app.failure_pages import for_programs
from app.failures import Failure
from app.guards import login_required
from app.session.workos_session import WorkOSSession

bp = Blueprint("overview", __name__)


@bp.get("/account")
@login_required
def show() -> str:
    """Shows who is signed in, how and since when, and when the session ends."""
    return render_template("account.html", record=session.live_record(), ends_at=session.ends_at())


@bp.get("/api/session")
def as_json() -> ResponseReturnValue:
    """Returns the session; 401 when signed out. Both carry the CSRF token for `X-CSRFToken`."""
    record = session.record_in_step()
    if record is None:
        return {**for_programs(Failure("not_signed_in")), "csrf_token": generate_csrf()}, 401
    identity = record.identity
    return jsonify(
        user={"id": identity.user_id, "email": identity.email, "name": identity.name},
        method=identity.method,
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
    return {name: getattr(workos_session, name) for name in (*shown, "impersonator")}

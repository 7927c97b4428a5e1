"""`/development/session`: what is in the cookies, in the session and in the access token."""

from __future__ import annotations

import time

from flask import Blueprint, render_template, request
from flask import session as cookie

from app import session
from app.auth import attempts
from app.config import settings
from app.session.store import SessionRecord
from app.session.workos_session import WorkOSSession

bp = Blueprint("development_session", __name__, url_prefix="/development/session")


@bp.get("")
def show() -> str:
    """Shows this browser's own cookies, session and claims, and why a refresh came or did not."""
    record = session.live_record()
    workos_session = record.workos_session if record else None
    return render_template(
        "development/session.html",
        cookies={name: len(f"{name}={value}") for name, value in request.cookies.items()},
        in_cookie={name: _shown(name) for name in cookie},
        attempts=attempts.under_way(),
        record=record,
        ends_at=session.ends_at() if record else None,
        lifetime=settings().session_lifetime,
        workos=workos_session,
        refresh=_why(record, workos_session),
    )


def _shown(name: str) -> object:
    # The id is the session, and the CSRF secret makes its tokens: not even for one's own eyes.
    return cookie[name] if name in ("at", "seen", "_permanent") else "(secret)"


def _why(record: SessionRecord | None, workos: WorkOSSession | None) -> str:
    if record is None:
        return "Nobody is signed in."
    if workos is None:
        return "None: a link leaves no session at WorkOS, so there is nothing to refresh."
    wait = max(0, record.refresh_at - int(time.time()))
    if workos.refresh_token is None:
        return f"The refresh token was lost on the way; WorkOS is asked again in {wait} s."
    if workos.delayed_by:
        return f"The last one failed ({workos.delayed_by}); the next is tried in {wait} s."
    done = f"{workos.generation} so far. " if workos.generation else "None so far. "
    if wait:
        return f"{done}The access token is fresh; a request after {wait} s refreshes it."
    return f"{done}It is time: the next guarded request refreshes it."

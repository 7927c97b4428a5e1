"""`/development/session`: what is in the cookies, in the session and in the access token."""

from __future__ import annotations

import time

from flask import Blueprint, request

from .. import session
from ..auth import attempts
from ..config import settings
from ..pages import render_for_developers
from ..session.store import SessionRecord
from ..session.workos_session import ACCESS_TOKEN, WorkOSSession
from .token_verdicts import verdicts

bp = Blueprint("development_session", __name__, url_prefix="/development/session")


@bp.get("")
def show() -> str:
    """Shows this browser's cookies, session and claims, and why a refresh happened or did not."""
    record = session.live_record()
    workos_session = record.workos_session if record else None
    claims = dict((workos_session and workos_session.claims) or {})
    claims.pop(ACCESS_TOKEN, None)  # which is kept with them
    return render_for_developers(
        "development/session.html",
        cookies={name: len(f"{name}={value}") for name, value in request.cookies.items()},
        ticket=session.ticket() if record else None,
        attempts=attempts.under_way(settings()),
        record=record,
        ends_at=session.ends_at() if record else None,
        lifetime=settings().session_lifetime,
        workos=workos_session,
        refresh=_why(record, workos_session),
        claims=claims,
        verdicts=verdicts(workos_session, settings()) if workos_session else [],
    )


def _why(record: SessionRecord | None, workos: WorkOSSession | None) -> str:
    if record is None:
        return "Nobody is signed in."
    if workos is None:
        return "None: a link leaves no session at WorkOS, so there is nothing to refresh."
    wait = max(0, record.refresh_at - int(time.time()))
    if workos.refresh_token is None:
        return f"The refresh token was lost in transit; WorkOS is asked again in {wait} s."
    if workos.delayed_by:
        return f"The last one failed ({workos.delayed_by}); the next is tried in {wait} s."
    done = f"{workos.generation} so far. " if workos.generation else "None so far. "
    if wait:
        return f"{done}The access token is fresh; a request after {wait} s refreshes it."
    return f"{done}It is due: the next guarded request refreshes it."

"""`/account/sessions`: where a person is signed in, and how to end it."""

from __future__ import annotations

import time

from flask import Blueprint, Response, url_for
from flask.typing import ResponseReturnValue

from .. import session
from ..auth.doors import said
from ..auth.sign_out import sign_out
from ..failures import Button, Failure
from ..guards import fresh_login_required, login_required, not_impersonated
from ..limits import known_browsers
from ..pages import render
from ..session import current_user
from ..session.store import SessionRecord, session_store
from ..web.answers import see_other, wants_json
from ..web.fields import submitted
from ..workos_api.organization_membership import memberships_if_told, name_of

bp = Blueprint("sessions", __name__, url_prefix="/account/sessions")


class SessionNotFound(Failure):
    """The session does not exist, or belongs to somebody else."""

    status = 404
    title = "That session is not there"
    reason = "It may have ended already."
    button = Button("sessions", "Show my sessions")
    symptom = "A session cannot be ended"
    cause = "It has already ended, or it belongs to somebody else."
    fix = "Reload the list."


@bp.get("")
@login_required
def show() -> ResponseReturnValue:
    """Shows all of this person's sessions: this one, then the others, latest first."""
    here = session.ticket().handle
    listed = sorted(
        _own_sessions().items(), key=lambda item: (item[0] == here, item[1].seen_at), reverse=True
    )
    is_in_one = any(record.identity.organization_id for _, record in listed)
    belongs_to = memberships_if_told(current_user.user_id) if is_in_one else []
    names = {one.organization_id: name_of(one) for one in belongs_to}
    if wants_json():
        sessions = [
            {
                "session": handle,
                "browser": record.browser,
                "method": record.identity.method,
                "signed_in_at": record.signed_in_at,
                "last_seen_at": record.seen_at,
                "organization_id": record.identity.organization_id,
                "organization": names.get(record.identity.organization_id or ""),
                "is_this_one": handle == here,
            }
            for handle, record in listed
        ]
        return {"sessions": sessions}
    return render(
        "account/sessions.html",
        listed=listed,
        here=here,
        now=int(time.time()),
        said=said,
        names=names,
    )


@bp.post("/end")
@login_required
@not_impersonated
def end_one() -> ResponseReturnValue:
    """Ends one of this person's sessions; anybody else's might as well not exist."""
    handle = submitted("session")["session"]
    record = _own_sessions().get(handle)
    if record is None:
        raise SessionNotFound
    if handle == session.ticket().handle:
        return sign_out({"status": "signed_out"})
    session.end({handle: record})
    return see_other(url_for("signin.sessions.show"), json={"status": "ended", "count": 1})


@bp.post("/end-others")
@login_required
@not_impersonated
def end_others() -> ResponseReturnValue:
    """Ends all of this person's sessions except this one."""
    others = _own_sessions()
    others.pop(session.ticket().handle, None)
    session.end(others)
    return see_other(
        url_for("signin.sessions.show"), json={"status": "ended", "count": len(others)}
    )


@bp.post("/end-all")
@fresh_login_required
def end_all() -> Response:
    """Ends all of this person's sessions, including this one; needs a recent sign-in.

    No browser is a known one for them after that.
    """
    others = _own_sessions()
    others.pop(session.ticket().handle, None)
    try:
        known_browsers.forget_everywhere(current_user.user_id)
    finally:  # what a failover might undo is done all the same, and ended at WorkOS
        session.end(others)
    return sign_out({"status": "ended", "count": len(others) + 1})


def _own_sessions() -> dict[str, SessionRecord]:
    return session_store().of_user(current_user.user_id)

"""`/account/sessions`: where somebody is signed in, and a way to end each of it."""

from __future__ import annotations

import time

from flask import Blueprint, Response, render_template, url_for
from flask.typing import ResponseReturnValue

from app import session
from app.auth.sign_out import signed_out
from app.failures import Failure
from app.guards import fresh_login_required, login_required
from app.session import current_user
from app.session.store import SessionRecord, session_store
from app.web.answers import see_other, wants_json
from app.web.fields import submitted

bp = Blueprint("sessions", __name__, url_prefix="/account/sessions")


@bp.get("")
@login_required
def show() -> ResponseReturnValue:
    """Shows every session of this person, this one first, then the one used last."""
    here = session.handle()
    listed = sorted(
        _own_sessions().items(), key=lambda item: (item[0] == here, item[1].seen_at), reverse=True
    )
    if wants_json():
        return {"sessions": [_as_json(handle, record) for handle, record in listed]}
    return render_template("sessions.html", listed=listed, here=here, now=int(time.time()))


@bp.post("/end")
@login_required
def end_one() -> Response:
    """Ends one session of this person; a session of anybody else is as good as none."""
    handle = submitted("session")["session"]
    record = _own_sessions().get(handle)
    if record is None:
        raise Failure("session_not_found")
    if handle == session.handle():
        session.sign_out()
        return signed_out({"status": "signed_out"})
    session.end({handle: record})
    return see_other(url_for("sessions.show"), json={"status": "ended", "count": 1})


@bp.post("/end-others")
@login_required
def end_others() -> Response:
    """Ends every session of this person but this one."""
    others = _own_sessions()
    others.pop(session.handle(), None)
    session.end(others)
    return see_other(url_for("sessions.show"), json={"status": "ended", "count": len(others)})


@bp.post("/end-all")
@fresh_login_required
def end_all() -> Response:
    """Ends every session of this person, this one too; needs a recent sign-in."""
    others = _own_sessions()
    others.pop(session.handle(), None)
    session.sign_out()
    session.end(others)
    return signed_out({"status": "ended", "count": len(others) + 1})


def _own_sessions() -> dict[str, SessionRecord]:
    return session_store().of_user(current_user.user_id)


def _as_json(handle: str, record: SessionRecord) -> dict[str, object]:
    return {
        "session": handle,
        "browser": record.browser,
        "method": record.identity.method,
        "signed_in_at": record.signed_in_at,
        "last_seen_at": record.seen_at,
        "is_this_one": handle == session.handle(),
    }

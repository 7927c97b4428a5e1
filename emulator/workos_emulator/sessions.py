"""Ending a session, from a server or through the browser (WorkOS docs: Revoke Session, Logout)."""

from http import HTTPStatus

from flask import Blueprint, redirect, request
from flask.typing import ResponseReturnValue

from .environment import the_environment
from .errors import Refusal
from .fields import reading_body, reading_query
from .formats import home, origin
from .webhooks import announce

bp = Blueprint("sessions", __name__, url_prefix="/user_management/sessions")


@bp.post("/revoke")
def revoke() -> ResponseReturnValue:
    """Ends a session at once; ending it again changes nothing."""
    with reading_body() as body:
        session_id = body.text("session_id")
    with the_environment() as environment:
        session = environment.sessions.get(session_id)
        if session is None:
            message = f"Session not found: '{session_id}'."
            raise Refusal(HTTPStatus.BAD_REQUEST, {"message": message})
        ended_now = session.end()
        revoked = session.to_json()
    if ended_now:
        announce("session.revoked", revoked)
    return ""


@bp.get("/logout")
def logout() -> ResponseReturnValue:
    """Ends a session and sends the browser on, but only to where the application lives."""
    if request.method == "HEAD":
        return ""
    with the_environment() as environment:
        known = environment.redirect_uris
        with reading_query() as query:
            session_id = query.text("session_id")
            return_to = query.optional_text("return_to") or home(known[0])
            if origin(return_to) not in map(origin, known):
                query.refuse("return_to", "return_to_invalid", "return_to is not a known address.")
        session = environment.sessions.get(session_id)
        revoked = session.to_json() if session is not None and session.end() else None
    if revoked:
        announce("session.revoked", revoked)
    return redirect(return_to)

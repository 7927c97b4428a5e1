"""Ending a session, from a server or through the browser (WorkOS docs: Revoke Session, Logout)."""

from http import HTTPStatus

from flask import Blueprint, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from . import remembered
from .control_fields import read_object, texts
from .environment import Environment, the_environment
from .errors import Refusal
from .fields import reading_body, reading_query
from .formats import home, origin
from .webhooks import announce

bp = Blueprint("sessions", __name__)


@bp.post("/user_management/sessions/revoke")
def revoke() -> ResponseReturnValue:
    """Ends a session at once; ending it again changes nothing."""
    with reading_body() as body:
        session_id = body.text("session_id")
    with the_environment() as environment:
        session = environment.sessions.get(session_id)
        if session is None:
            raise _unknown(session_id)
        ended_now = session.end()
        revoked = session.to_json()
    if ended_now:
        announce("session.revoked", revoked)
    return ""


@bp.get("/user_management/sessions/logout")
def logout() -> ResponseReturnValue:
    """Ends a session, forgets who was in this browser, and sends it on: to a known address only."""
    if request.method == "HEAD":
        return ""
    with the_environment() as environment:
        with reading_query() as query:
            session_id = query.text("session_id")
            return_to = query.optional_text("return_to") or home(environment.redirect_uris[0])
        session = environment.sessions.get(session_id)
        if session is None:
            raise _unknown(session_id)
        if session.end():
            environment.announce("session.revoked", session.to_json())
        # Nobody is sent to an address that is not known: the person is stranded here.
        if not _is_known(environment, return_to):
            unknown = f"sign-out redirect {return_to}"
            page = render_template("stranded.html", unknown=unknown)
            response = make_response(page, HTTPStatus.BAD_REQUEST)
        else:
            response = make_response(redirect(return_to))
        return remembered.forget(environment, response)


@bp.post("/_emulate/sign-out-redirects")
def set_sign_out_redirects() -> ResponseReturnValue:
    """Says where people may be sent after signing out: these addresses only."""
    given = read_object(request.get_json(silent=True), "The body", {"uris"})
    uris = texts(given, "uris")
    with the_environment() as environment:
        environment.logout_redirect_uris = uris
    return {"uris": uris}, HTTPStatus.CREATED


def _is_known(environment: Environment, return_to: str) -> bool:
    if environment.logout_redirect_uris is None:
        return origin(return_to) in map(origin, environment.redirect_uris)
    return return_to in environment.logout_redirect_uris


def _unknown(session_id: str) -> Refusal:
    message = f"Session not found: '{session_id}'."
    return Refusal(HTTPStatus.BAD_REQUEST, {"message": message})

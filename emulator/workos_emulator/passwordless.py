"""Magic Link (WorkOS docs: Magic Link / Passwordless Session): a link that works once."""

import secrets
from datetime import timedelta

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from .environment import Environment, the_environment
from .errors import EntityNotFound
from .fields import reading_body
from .formats import Json, now, timestamp, with_query
from .mail import Mail
from .objects import AuthorizationCode, PasswordlessSession
from .rules import (
    AUTHORIZATION_CODE_LIFETIME,
    PASSWORDLESS_SESSION_LONGEST,
    PASSWORDLESS_SESSION_SHORTEST,
)

bp = Blueprint("passwordless", __name__, url_prefix="/passwordless")

SHORTEST = int(PASSWORDLESS_SESSION_SHORTEST.total_seconds())
LONGEST = int(PASSWORDLESS_SESSION_LONGEST.total_seconds())


@bp.post("/sessions")
def create() -> ResponseReturnValue:
    """Makes the link; nobody hears of it before it is sent."""
    with the_environment() as environment:
        known = environment.redirect_uris
        with reading_body() as body:
            email = body.email()
            body.one_of("type", {"MagicLink"})
            redirect_uri = body.one_of("redirect_uri", known, default=known[0])
            state = body.optional_text("state")
            lifetime = body.integer("expires_in", SHORTEST, LONGEST, default=SHORTEST)
        expires_at = now() + timedelta(seconds=lifetime)
        token = secrets.token_urlsafe(24)
        session = PasswordlessSession(email, redirect_uri, state, expires_at, token)
        environment.passwordless_sessions[session.id] = environment.links[token] = session
        return _to_json(environment, session), 201


@bp.post("/sessions/<session_id>/send")
def send(session_id: str) -> ResponseReturnValue:
    """Mails the link."""
    with the_environment() as environment:
        session = environment.passwordless_sessions.get(session_id)
        if session is None:
            raise EntityNotFound("Passwordless Session", session_id)
        environment.mailbox.append(Mail.with_link(session, _link(environment, session)))
    return {"success": True}


@bp.get("/<token>/confirm")
def confirm(token: str) -> ResponseReturnValue:
    """Spends the link, for a mail scanner too: that is how WorkOS's links get burnt."""
    if request.method == "HEAD":
        return ""
    with the_environment() as environment:
        session = environment.links.get(token)
        if session is None:
            return render_template("unknown_link.html"), 404
        if session.used or now() >= session.expires_at:
            return redirect(_back(session, _refused(session)))
        session.used = True
        code = secrets.token_urlsafe(24)
        expires_at = now() + AUTHORIZATION_CODE_LIFETIME
        environment.authorization_codes[code] = AuthorizationCode(session.email, expires_at)
        return redirect(_back(session, {"code": code}))


def _refused(session: PasswordlessSession) -> Json:
    why = "has already been used" if session.used else "has expired"
    return {"error": "access_denied", "error_description": f"The sign-in link {why}."}


def _back(session: PasswordlessSession, answer: Json) -> str:
    return with_query(session.redirect_uri, {**answer, "state": session.state})


def _link(environment: Environment, session: PasswordlessSession) -> str:
    return f"{environment.settings.base_url}/passwordless/{session.token}/confirm"


def _to_json(environment: Environment, session: PasswordlessSession) -> Json:
    return {
        "object": "passwordless_session",
        "id": session.id,
        "email": session.email,
        "expires_at": timestamp(session.expires_at),
        "link": _link(environment, session),
    }

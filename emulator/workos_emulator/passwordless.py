"""Magic Link (WorkOS docs: Magic Link / Passwordless Session): a link that works once."""

import secrets
from datetime import timedelta
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Flask, redirect, render_template, request
from flask.typing import ResponseReturnValue

from emulator.errors import EntityNotFound
from emulator.fields import reading_body
from emulator.mail import Mail
from emulator.objects import AuthorizationCode, PasswordlessSession
from emulator.rules import (
    AUTHORIZATION_CODE_LIFETIME,
    PASSWORDLESS_SESSION_LONGEST,
    PASSWORDLESS_SESSION_SHORTEST,
)
from emulator.wire import Json, now, timestamp
from emulator.world import World, the_world

blueprint = Blueprint("passwordless", __name__, url_prefix="/passwordless")

SHORTEST = int(PASSWORDLESS_SESSION_SHORTEST.total_seconds())
LONGEST = int(PASSWORDLESS_SESSION_LONGEST.total_seconds())


def init_app(app: Flask) -> None:
    app.register_blueprint(blueprint)


@blueprint.post("/sessions")
def create() -> ResponseReturnValue:
    """Make the link; nobody hears of it before it is sent."""
    with the_world() as world:
        known = world.settings.redirect_uris
        with reading_body() as body:
            email = body.email()
            body.one_of("type", {"MagicLink"})
            redirect_uri = body.one_of("redirect_uri", known, default=known[0])
            state = body.optional_text("state")
            lifetime = body.integer("expires_in", SHORTEST, LONGEST, default=SHORTEST)
        expires_at = now() + timedelta(seconds=lifetime)
        token = secrets.token_urlsafe(24)
        session = PasswordlessSession(email, redirect_uri, state, expires_at, token)
        world.passwordless_sessions[session.id] = world.links[token] = session
        return _to_json(world, session), 201


@blueprint.post("/sessions/<session_id>/send")
def send(session_id: str) -> ResponseReturnValue:
    with the_world() as world:
        session = world.passwordless_sessions.get(session_id)
        if session is None:
            raise EntityNotFound("Passwordless Session", session_id)
        world.mailbox.append(Mail.with_link(session, _link(world, session)))
    return {"success": True}


@blueprint.get("/<token>/confirm")
def confirm(token: str) -> ResponseReturnValue:
    """Any GET spends the link, a mail scanner's too: that is how WorkOS's links get burnt."""
    if request.method == "HEAD":
        return ""
    with the_world() as world:
        session = world.links.get(token)
        if session is None:
            return render_template("unknown_link.html"), 404
        if session.used or now() >= session.expires_at:
            return redirect(_back(session, _refused(session)))
        session.used = True
        code = secrets.token_urlsafe(24)
        expires_at = now() + AUTHORIZATION_CODE_LIFETIME
        world.authorization_codes[code] = AuthorizationCode(session.email, expires_at)
        return redirect(_back(session, {"code": code}))


def _refused(session: PasswordlessSession) -> dict[str, str]:
    why = "has already been used" if session.used else "has expired"
    return {"error": "access_denied", "error_description": f"The sign-in link {why}."}


def _back(session: PasswordlessSession, answer: dict[str, str]) -> str:
    if session.state is not None:
        answer = {**answer, "state": session.state}
    separator = "&" if urlsplit(session.redirect_uri).query else "?"
    return session.redirect_uri + separator + urlencode(answer)


def _link(world: World, session: PasswordlessSession) -> str:
    return f"{world.settings.base_url}/passwordless/{session.token}/confirm"


def _to_json(world: World, session: PasswordlessSession) -> Json:
    return {
        "object": "passwordless_session",
        "id": session.id,
        "email": session.email,
        "expires_at": timestamp(session.expires_at),
        "link": _link(world, session),
    }

"""`/auth/sign-out`: GET shows a button, POST ends the session; the browser may be forgotten too."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from .. import session
from ..config import settings
from ..failures import HOME, Failure
from ..guards import not_impersonated
from ..limits import known_browsers
from ..pages import leave, render
from ..web import log
from ..web.answers import see_other
from ..web.fields import queried
from ..web.headers import clear_site
from ..workos_api import sessions
from . import attempts
from .doors import find_door

bp = Blueprint("sign_out", __name__)


class SignedOutHereOnly(Failure):
    """WorkOS could not be asked to forget this browser too."""

    title = "You are signed out here only"
    reason = (
        "Our sign-in service could not be reached, so its page may let this browser in again "
        "without asking. On a shared computer, sign in and out once more in a few minutes."
    )
    button = HOME
    symptom = "After signing out, somebody is signed in again without being asked"
    cause = (
        "They had signed in on the page of WorkOS, which knows their browser by a cookie, and "
        "WorkOS could not be reached when they signed out. In the log: workos_session_not_revoked."
    )
    fix = "Nothing, once WorkOS is back: the next sign-out ends both."


@bp.get("/auth/sign-out")
def show() -> str:
    """Shows the button, or says that nobody is signed in; 503 while nobody can tell."""
    session.live_record()
    because = queried("because")["because"]
    reason = SignedOutHereOnly() if because == SignedOutHereOnly.name() else None
    if reason:
        reason.translate()
    is_known = known_browsers.last_method(settings()) is not None
    return render("auth/sign_out.html", is_known=is_known, reason=reason)


@bp.post("/auth/sign-out")
def end() -> Response:
    """Ends the session for every copy of its cookie."""
    return sign_out({"status": "signed_out"})


@bp.post("/auth/forget-browser")
@not_impersonated
def forget_browser() -> ResponseReturnValue:
    """Makes this browser an unknown one for everybody who has signed in here."""
    response = see_other(url_for("signin.sign_out.show"), json={"status": "forgotten"})
    known_browsers.forget(settings(), response)
    return response


def sign_out(json: dict[str, Any]) -> Response:
    """Ends this browser's session, here in any case, and has it forget what it has of the person.

    Who came back from a page of WorkOS is known to it by a cookie, which would let the next person
    at this browser in without a question. Only its logout page takes that, so they leave by it.
    """
    config, record = settings(), session.live_record()
    door = find_door(record.identity.method) if record else None
    elsewhere = record.workos_session if record and door and door.redeem else None
    session.sign_out(revokes=elsewhere is None)
    page, url = url_for("signin.sign_out.show"), None
    if record and elsewhere:
        try:
            url = sessions.logout_url(
                record.identity.user_id, elsewhere.id, return_to=config.public_url + page
            )
        except Failure as failure:
            log.event("workos_session_not_revoked", reason=failure.name(), detail=failure.detail)
            because = SignedOutHereOnly.name()
            page, json = url_for("signin.sign_out.show", because=because), json | {"error": because}
    if url:
        response = leave(url, gettext("You are signed out here"), json=json | {"url": url})
    else:
        response = see_other(page, json=json)
    for attempt in attempts.under_way(config):
        attempts.end(attempt, config, response)
    return clear_site(response)

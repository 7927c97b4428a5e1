"""`/auth/sign-out`: GET shows a button, POST ends the session; the browser may be forgotten too."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, url_for
from flask.typing import ResponseReturnValue

from .. import session
from ..config import settings
from ..guards import not_impersonated
from ..limits import known_browsers
from ..pages import render
from ..web.answers import see_other
from ..web.headers import clear_site
from . import attempts

bp = Blueprint("sign_out", __name__)


@bp.get("/auth/sign-out")
def show() -> str:
    """Shows the button, or says that nobody is signed in; 503 while nobody can tell."""
    session.live_record()
    return render("auth/sign_out.html", is_known=known_browsers.is_known(settings()))


@bp.post("/auth/sign-out")
def end() -> Response:
    """Ends the session for every copy of its cookie."""
    session.sign_out()
    return signed_out({"status": "signed_out"})


@bp.post("/auth/forget-browser")
@not_impersonated
def forget_browser() -> ResponseReturnValue:
    """Makes this browser an unknown one for everybody who has signed in here."""
    response = see_other(url_for("signin.sign_out.show"), json={"status": "forgotten"})
    known_browsers.forget(settings(), response)
    return response


def signed_out(json: dict[str, Any]) -> Response:
    """Shows that nobody is signed in; the browser forgets what it has of the person."""
    config, response = settings(), see_other(url_for("signin.sign_out.show"), json=json)
    for attempt in attempts.under_way(config):
        attempts.end(attempt, config, response)
    return clear_site(response)

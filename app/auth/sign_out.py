"""`/auth/sign-out`: GET shows a button, POST ends the session."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, render_template, url_for

from app import session
from app.web.answers import see_other

# Everything that a shared computer might keep. It also clears the cookies of sibling host names.
CLEAR_SITE_DATA = '"cache", "cookies", "storage"'

bp = Blueprint("sign_out", __name__)


@bp.get("/auth/sign-out")
def show() -> str:
    """Shows the button, or says that nobody is signed in."""
    return render_template("sign_out.html")


@bp.post("/auth/sign-out")
def end() -> Response:
    """Ends the session for every copy of its cookie."""
    session.sign_out()
    return signed_out({"status": "signed_out"})


def signed_out(json: dict[str, Any]) -> Response:
    """Tells this browser to forget everything, and shows that nobody is signed in."""
    response = see_other(url_for("sign_out.show"), json=json)
    response.headers["Clear-Site-Data"] = CLEAR_SITE_DATA
    return response

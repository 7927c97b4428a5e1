"""`GET /sign-in`: the ways to sign in, in the order of SIGN_IN_WITH."""

from __future__ import annotations

from flask import Blueprint

from ..config import settings
from ..pages import render
from ..web.fields import queried
from ..web.redirects import safe_return_to
from . import attempts
from .callback import StateMissing
from .doors import last_used, offered
from .visitors import redirect_if_signed_in

bp = Blueprint("sign_in", __name__)


@bp.get("/sign-in")
@redirect_if_signed_in
def show() -> str:
    """Shows the ways to sign in, and why the person has to start again, if they do."""
    query = queried("next", "because", "attempt")
    attempt = attempts.find(query["attempt"], settings()) if query["attempt"] else None
    reason = StateMissing() if query["because"] == StateMissing.name() else None
    if reason:
        reason.translate()
    return render(
        "auth/sign_in.html",
        doors=offered(),
        last_used=last_used(settings()),
        submitted={
            "next": attempt.return_to if attempt else safe_return_to(query["next"]),
            "state": attempt.caller_state if attempt else "",
            "email": attempt.retyped_email if attempt else "",
        },
        reason=reason,
    )

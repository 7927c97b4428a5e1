"""`/account`: who is signed in, how, since when and until when."""

from __future__ import annotations

from flask import Blueprint

from .. import session
from ..auth.doors import said
from ..guards import login_required
from ..pages import render

bp = Blueprint("overview", __name__)


@bp.get("/account")
@login_required
def show() -> str:
    """Shows who is signed in, how and since when, and when the session ends."""
    return render(
        "account/account.html",
        record=session.live_record(),
        ends_at=session.ends_at(),
        said=said,
    )

"""`GET /sign-in`: asks for the e-mail address, and offers both ways in."""

from __future__ import annotations

from flask import Blueprint, render_template

from app.failures import EXPLANATIONS
from app.guards import redirect_if_signed_in
from app.web.fields import queried
from app.web.redirects import safe_return_to

bp = Blueprint("sign_in", __name__)


@bp.get("/sign-in")
@redirect_if_signed_in
def show() -> str:
    """Shows the form: a code first, a link second; and why it begins again, if it does."""
    query = queried("next", "because")
    reason = EXPLANATIONS["state_missing"] if query["because"] == "state_missing" else None
    return render_template(
        "sign_in.html", submitted={"next": safe_return_to(query["next"])}, reason=reason
    )

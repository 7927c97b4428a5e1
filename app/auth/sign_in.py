"""`GET /sign-in`: asks for the e-mail address, and offers both ways in."""

from __future__ import annotations

from flask import Blueprint, render_template

from app.fields import queried
from app.guards import redirect_if_signed_in
from app.redirects import safe_return_to

bp = Blueprint("sign_in", __name__)


@bp.get("/sign-in")
@redirect_if_signed_in
def show() -> str:
    """Shows the form: a code first, a link second."""
    return render_template(
        "sign_in.html", submitted={"next": safe_return_to(queried("next")["next"])}
    )

"""Hosted AuthKit: the sign-in pages of WorkOS. https://workos.com/docs/authkit/hosted-ui"""

from __future__ import annotations

from flask import Blueprint, Response

from ...web.fields import queried
from ...web.prefetch import refuse_machines
from ..door import Door
from ..elsewhere import lead_away, redeem

SCREENS = ("sign-in", "sign-up")
HINTS = ("screen_hint", "login_hint", "organization_id", "invitation_token")

bp = Blueprint("authkit", __name__, url_prefix="/auth")


# A link, not a form: the Content-Security-Policy lets no form lead to another site. And WorkOS
# sends people to the second address from invitations, bookmarks and impersonation: the initiate
# login URI. An attempt begins in this browser, and nobody is told anything.
@bp.get("/initiate", endpoint="initiate")
@bp.get("/authkit")
def begin() -> Response:
    """Leads to hosted AuthKit; with `again`, people there prove once more who they are."""
    refuse_machines()
    query = queried("next", "state", "again", *HINTS)
    if query["screen_hint"] not in SCREENS:
        query["screen_hint"] = ""  # WorkOS would show people an error
    return lead_away(
        "authkit",
        "authkit",
        next_url=query.pop("next"),
        caller_state=query.pop("state"),
        max_age=0 if query.pop("again") else None,
        **query,
    )


DOOR = Door(
    "authkit",
    "the page of our sign-in service",
    bp,
    offer="auth/doors/authkit.html",
    asks_email=False,
    redeem=redeem,
)

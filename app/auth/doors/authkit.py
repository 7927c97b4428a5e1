"""Hosted AuthKit: the sign-in pages of WorkOS. https://workos.com/docs/authkit/hosted-ui"""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, Response, url_for

from ...config import settings
from ...session import signed_in_identity
from ...web.answers import see_other
from ...web.fields import queried
from ...web.prefetch import is_from_elsewhere, refuse_machines
from .. import invitation
from ..door import Door
from ..elsewhere import has_just_begun, lead_away, redeem

SCREENS = ("sign-in", "sign-up")
HINTS = ("screen_hint", "login_hint", "organization_id", "connection_id")

bp = Blueprint("authkit", __name__, url_prefix="/auth")


# A link, not a form: the Content-Security-Policy lets no form lead to another site. And WorkOS
# sends people to the second address from invitations, bookmarks and impersonation: the initiate
# login URI. An attempt begins in this browser, and nobody is told anything.
@bp.get("/initiate", endpoint="initiate")
@bp.get("/authkit")
def begin() -> Response:
    """Leads to hosted AuthKit; with `again`, people there prove once more who they are."""
    refuse_machines()
    query = queried("next", "state", "again", "invitation_token", *HINTS)
    if query["invitation_token"]:
        # Any page could bring people here with one, and AuthKit may ask nothing. Ours asks first.
        return invitation.keep(query["invitation_token"], settings())
    if query["screen_hint"] not in SCREENS:
        query["screen_hint"] = ""  # WorkOS would show people an error
    if signed_in_identity():
        query["connection_id"] = ""  # any page could bring them to a provider of its choice
        if is_from_elsewhere():
            query["organization_id"] = ""  # which may have a provider, too
    if query["connection_id"]:
        query["organization_id"] = ""  # WorkOS takes one of them
    asked = {name: query[name] for name in HINTS}
    return lead_away(
        "authkit",
        asked if query["connection_id"] else {**asked, "provider": "authkit"},
        next_url=query["next"],
        caller_state=query["state"],
        max_age=0 if query["again"] else None,
    )


def lead_to_organization(organization_id: str, email: str, next_url: str) -> Response:
    """Leads somebody who is signed in to the sign-in of another organization."""
    named = {"organization_id": organization_id, "login_hint": email}
    asked = {**named, "provider": "authkit"}
    return lead_away("authkit", asked, next_url=next_url, caller_state="")


def begin_again(query: Mapping[str, str]) -> Response | None:
    """Leads somebody there whom WorkOS has sent to the callback without `state`; once."""
    if has_just_begun("authkit"):
        return None
    url = url_for(
        "signin.authkit.initiate",
        connection_id=query["connection_id"] or None,
        organization_id=query["organization_id"] or None,
    )
    return see_other(url, json={})


DOOR = Door(
    "authkit",
    "the page of our sign-in service",
    bp,
    offer="auth/doors/authkit.html",
    asks_email=False,
    lead_to_organization=lead_to_organization,
    redeem=redeem,
    begin_again=begin_again,
)

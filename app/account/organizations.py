"""`/account/organizations`: where a person belongs, and how they go from one to another."""

from __future__ import annotations

from flask import Blueprint, Response, url_for
from flask.typing import ResponseReturnValue

from .. import limits, session
from ..auth.doors import offered
from ..failure_pages import answer
from ..failures import ORGANIZATIONS, BadInput
from ..guards import ClaimMissing, login_required, not_impersonated
from ..limits.counters import Budget, hit
from ..pages import render
from ..session import current_user
from ..session.claims import current_organization
from ..session.switch import NotSwitched, switch
from ..web import log
from ..web.answers import see_other, wants_json
from ..web.fields import queried, submitted
from ..web.redirects import safe_return_to
from ..workos_api.organization_membership import (
    list_memberships,
    memberships_if_told,
    name_of,
    roles_of,
)
from ..workos_api.refusals import OtherWayOnly
from ..workos_api.steps import StepRequired

ASKED = "10 per minute"  # how often WorkOS is asked for the sake of one person's refusals
SURELY = "You have this role in another of your organizations."
POSSIBLY = "You may be able to do this in another of your organizations."

bp = Blueprint("organizations", __name__, url_prefix="/account/organizations")


class OrganizationNotNamed(BadInput):
    """The form came without an organization."""

    title = "Choose an organization"
    reason = "Choose one of your organizations from the list."
    button = ORGANIZATIONS
    symptom = "An organization cannot be switched to"
    cause = "The form came back without one."
    fix = "Choose one from the list."


@bp.get("")
@login_required
def show() -> ResponseReturnValue:
    """Shows the person's organizations, with their roles, and which is current."""
    memberships = list_memberships(current_user.user_id)
    here = current_organization.id if current_organization else None
    listed = [
        {
            "organization_id": one.organization_id,
            "name": name_of(one),
            "roles": roles_of(one),
            "is_current": one.organization_id == here,
        }
        for one in memberships
    ]
    if wants_json():
        return {"organizations": listed}
    record = session.live_record()
    return render(
        "account/organizations.html",
        listed=listed,
        here=here,
        can_switch=record is not None and record.workos_session is not None,
        return_to=queried("next")["next"],
    )


@bp.post("/switch")
@login_required
@not_impersonated
@limits.verifying
def switch_to() -> Response:
    """Goes on in another organization, or leads to where it wants the person to sign in."""
    fields = submitted("organization_id", "next")
    there = fields["organization_id"]
    if not there:
        raise OrganizationNotNamed
    record = session.live_record()
    if record is None:  # ended meanwhile
        raise NotSwitched(detail="ended")
    page = fields["next"] and safe_return_to(fields["next"])
    try:
        switch(session.ticket().handle, record, there)
    except (OtherWayOnly, StepRequired):
        # Not to WorkOS's `authkit_redirect_url`: who comes back from there has no `state`.
        leads = [door.lead_to_organization for door in offered() if door.lead_to_organization]
        if not leads:
            raise
        return leads[0](there, current_user.email, page)
    log.event("authz_organization_switched", user=record.identity.user_id)
    body = {"status": "switched", "organization_id": there}
    return see_other(page or url_for("signin.organizations.show"), json=body)


@bp.app_errorhandler(ClaimMissing)
def refuse(missing: ClaimMissing) -> Response:
    """Says in a guard's refusal where the person is, and where else they have what is missing.

    Only here is WorkOS asked: the guard has decided. It names roles, and not what they permit.
    """
    # A program was let into one organization: others who hold its token learn of no more.
    user_id = current_user.user_id if current_user and not session.is_of_program() else None
    if user_id is None or hit(Budget("refused-person", user_id, ASKED)):
        return answer(missing)
    belongs_to = {one.organization_id: one for one in memberships_if_told(user_id)}
    here = belongs_to.pop(missing.organization_id or "", None)
    is_told = missing.kind in ("role", "organization")
    others = [
        {"organization_id": one.organization_id, "name": name_of(one)}
        for one in belongs_to.values()
        if missing.kind == "organization"
        or (missing.kind == "role" and missing.claim in roles_of(one))
    ]
    if here:
        missing.organization = name_of(here)
        missing.hint = SURELY if others else POSSIBLY if belongs_to and not is_told else ""
        missing.about = {**missing.about, "organization": name_of(here)}
    if is_told:
        missing.about = {**missing.about, "elsewhere": others}
    return answer(missing)

"""`/auth/invitation`: where the link of an invitation leads.

https://workos.com/docs/authkit/invitations
"""

from __future__ import annotations

import time
from dataclasses import replace

from flask import Blueprint, Response, jsonify, make_response, url_for
from workos.user_management.models import Invitation

from .. import limits, session
from ..config import Config, settings
from ..failures import Button
from ..guards import login_required, not_impersonated
from ..pages import render
from ..session import current_user, signed_in_identity
from ..session.store import session_store
from ..web import log
from ..web.answers import see_other, wants_json
from ..web.fields import queried, submitted
from ..web.prefetch import refuse_machines
from ..web.visitor import this_visitor
from ..workos_api.invitations import (
    TOKEN,
    InvitationRefused,
    InvitationUnknown,
    accept_invitation,
    find_invitation,
    names_in,
)
from . import attempts
from .attempt import Attempt, Pending
from .invited import METHOD

LIFETIME = 60 * 60  # seconds to accept it, after which the link in the mail is opened once more

bp = Blueprint("invitation", __name__, url_prefix="/auth/invitation")


class InvitationForSomebodyElse(InvitationRefused):
    """The person signed in has another address."""

    status = 403
    title = "This invitation is for somebody else"
    reason = "It was sent to another address than yours. Sign out, then open its link once more."
    button = Button("sign_out", "Sign out")
    event = "authz_fail"


@bp.get("")
def show() -> Response:
    """Says who invites into what, and asks; what came with the link leaves the address first."""
    refuse_machines()
    query, config = queried("invitation_token", "attempt"), settings()
    if query["invitation_token"]:
        return keep(query["invitation_token"], config)
    attempt, found = _find(query["attempt"], config)
    if attempt.email != found.email:  # to fill it in at /sign-in
        attempts.remember(replace(attempt, email=found.email), config)
    organization, inviter = names_in(found)
    said = {"organization": organization, "inviter": inviter}
    if wants_json():
        about = {"email": found.email, "organization_id": found.organization_id, **said}
        return jsonify(status=found.state.value, attempt=attempt.id, **about)
    identity = signed_in_identity()
    # Both as WorkOS has them, which keeps capitals.
    is_theirs = identity is not None and identity.email.casefold() == found.email.casefold()
    page = render(
        "auth/invitation.html", attempt=attempt, invitation=found, is_theirs=is_theirs, **said
    )
    return make_response(page)


@bp.post("")
@login_required
@not_impersonated
def accept() -> Response:
    """Accepts it at once, for the person who is signed in with its address."""
    attempt, found = _find(submitted("attempt")["attempt"], settings())
    if current_user.email.casefold() != found.email.casefold():
        raise InvitationForSomebodyElse
    if found.accepted_user_id is None:
        accept_invitation(found)
        log.event("authn_invitation_accepted", user=current_user.user_id)
        session_store().refresh_soon(session.ticket().handle)
    return see_other(attempt.return_to, json={"status": "accepted"})


def keep(token: str, config: Config) -> Response:
    """Seals the token in this browser, and leads to the page that asks; raises InvitationUnknown.

    In an address it would stay in histories, and go along as the Referer.
    """
    if not TOKEN.fullmatch(token):
        raise InvitationUnknown(detail="malformed")
    attempt = attempts.begin(METHOD, lifetime=LIFETIME, next_url="/", caller_state="")
    page = url_for("signin.invitation.show", attempt=attempt.id)
    pending = Pending(METHOD, token, int(time.time()) + LIFETIME)
    # People who sign in from that page come back to it, and so it is known what they accept.
    attempts.remember(replace(attempt, pending=pending, return_to=page), config)
    log.event("authn_invitation_opened")
    return see_other(page, json={"status": "invited", "attempt": attempt.id, "url": page})


def _find(attempt_id: str, config: Config) -> tuple[Attempt, Invitation]:
    attempt = attempts.require(METHOD, attempt_id, config)
    # Counted only for a browser that has opened the link, and apart from codes: no page of another
    # site can use up what its readers need to sign in.
    limits.count_visit("invitation", this_visitor(), config)
    if attempt.pending is None:
        raise InvitationUnknown
    identity = signed_in_identity()
    accepted_by = identity.user_id if identity else None
    return attempt, find_invitation(attempt.pending.token, accepted_by=accepted_by)

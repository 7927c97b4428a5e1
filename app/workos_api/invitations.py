"""Invitations. https://workos.com/docs/reference/authkit/invitation"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from workos import RequestOptions
from workos.user_management.models import Invitation

from ..failures import SIGN_IN, Failure
from .client import ask, workos
from .denials import InvitationInvalid
from .faults import UnexpectedReply, WorkOSNotFound, WorkOSRefused

TOKEN = re.compile(r"[A-Za-z0-9_-]{1,200}")  # the SDK would take "" and ".." for other paths
PATIENCE: RequestOptions = {"timeout": 3}  # seconds; a page without a name is better than none


class InvitationRefused(Failure):
    """An invitation that lets nobody in, or not any more."""

    status = 410
    button = SIGN_IN
    symptom = "An invitation cannot be accepted"
    cause = (
        "It has expired (after seven days, unless it says otherwise), was used or withdrawn, is "
        "for another address, or its link is incomplete."
    )
    diagnosis = "WorkOS dashboard, Users, Invitations"
    fix = "Invite the person again. People who have an account can sign in without it."


class InvitationUnknown(InvitationRefused):
    """WorkOS does not know the token."""

    status = 404
    title = "This invitation is not known"
    reason = "Its link is incomplete, or it was deleted. Open the link in the email once more."


class InvitationExpired(InvitationRefused):
    """It is too old."""

    title = "This invitation has expired"
    reason = "Ask the person who invited you for another one."


class InvitationRevoked(InvitationRefused):
    """It was taken back."""

    title = "This invitation was withdrawn"
    reason = "Ask the person who invited you, if you did not expect that."


class InvitationUsed(InvitationRefused):
    """Somebody has accepted it."""

    title = "This invitation has already been used"
    reason = "Each works once. If you have accepted it, sign in."


OVER = {"accepted": InvitationUsed, "expired": InvitationExpired, "revoked": InvitationRevoked}


def find_invitation(token: str, *, accepted_by: str | None) -> Invitation:
    """Returns the invitation while it can be accepted, or to who has; raises Failure."""
    if not TOKEN.fullmatch(token):
        raise InvitationUnknown(detail="malformed")
    try:
        found = ask(workos().user_management.find_invitation_by_token, token)
    except WorkOSNotFound as unknown:
        raise InvitationUnknown(detail=unknown.detail) from None
    if not isinstance(found.email, str):  # the SDK does not look
        raise UnexpectedReply(detail="no address")
    state = str(found.state.value)
    is_theirs = state == "accepted" and accepted_by and found.accepted_user_id == accepted_by
    if state != "pending" and not is_theirs:
        raise OVER.get(state, InvitationUnknown)(detail=state)
    return found


def names_in(invitation: Invitation) -> tuple[str | None, str | None]:
    """Returns which organization it is for, and who invites; None where WorkOS does not say."""
    organization = _look_up(workos().organizations.get_organization, invitation.organization_id)
    inviter = _look_up(workos().user_management.get_user, invitation.inviter_user_id)
    return organization and organization.name, inviter and (inviter.name or inviter.email)


def accept_invitation(invitation: Invitation) -> None:
    """Makes the User with its address a member; raises Failure."""
    try:
        ask(workos().user_management.accept_invitation, invitation.id)
    except (WorkOSRefused, WorkOSNotFound) as refused:  # somebody was faster
        raise InvitationInvalid(detail=refused.detail) from None


def _look_up(method: Callable[..., Any], its_id: str | None) -> Any:
    try:
        return ask(method, its_id, request_options=PATIENCE) if its_id else None
    except Failure:
        return None

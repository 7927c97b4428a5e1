"""Invitations (WorkOS docs: Invitation): sent by mail, and accepted at sign-in or by their id."""

from datetime import timedelta
from http import HTTPStatus

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from .control_fields import read_object
from .environment import Environment, the_environment
from .errors import BadRequest, CodeRefusal, EntityNotFound, OAuthRefusal
from .fields import reading_body, reading_query
from .formats import home, now, same_email
from .invitation import Invitation
from .lists import page_of
from .mail import Mail
from .objects import Session, User
from .organization import MEMBER
from .organizations import find as find_organization
from .pages import kept_to_itself
from .rules import INVITATION_DAYS, INVITATION_DAYS_MOST
from .users import find as find_user

INVITATIONS = "/user_management/invitations"

bp = Blueprint("invitations", __name__)


@bp.get(INVITATIONS)
def list_invitations() -> ResponseReturnValue:
    """Lists invitations, newest first; `?email=` and `?organization_id=` keep those that match."""
    with the_environment() as environment, reading_query() as query:
        email, organization_id = (
            query.optional_text(name) for name in ("email", "organization_id")
        )
        found = [
            one.to_json(_url(environment))
            for one in environment.invitations.values()
            if (email is None or same_email(one.email) == same_email(email))
            and (organization_id is None or _organization_id(one) == organization_id)
        ]
        return page_of(found, query)


@bp.post(INVITATIONS)
def send() -> ResponseReturnValue:
    """Mails an invitation, to an address that is not in yet."""
    with the_environment() as environment:
        with reading_body() as body:
            email = body.email()
            organization_id = body.optional_text("organization_id")
            role = body.optional_text("role_slug")
            inviter_id = body.optional_text("inviter_user_id")
            locale = body.optional_text("locale")
            days = body.integer("expires_in_days", 1, INVITATION_DAYS_MOST, INVITATION_DAYS)
        organization = find_organization(environment, organization_id) if organization_id else None
        inviter = find_user(environment, inviter_id) if inviter_id else None
        if organization and role not in (None, *environment.roles, *organization.roles):
            raise CodeRefusal("invalid_role", "The organization does not have this role.")
        _require_wanted(environment, email, organization_id)
        if organization:
            role = role or MEMBER
        made = Invitation(email, now() + timedelta(days=days), organization, role, inviter, locale)
        environment.invitations[made.id] = made
        _mail(environment, made)
        environment.announce("invitation.created", made.to_json())
        return made.to_json(_url(environment)), HTTPStatus.CREATED


@bp.get(f"{INVITATIONS}/<invitation_id>")
def show(invitation_id: str) -> ResponseReturnValue:
    """Shows one invitation."""
    with the_environment() as environment:
        return _find(environment, invitation_id).to_json(_url(environment))


@bp.get(f"{INVITATIONS}/by_token/<token>")
def show_by_token(token: str) -> ResponseReturnValue:
    """Shows the invitation behind a link."""
    with the_environment() as environment:
        found = _by_token(environment, token)
        if found is None:
            raise EntityNotFound("Invitation", token)
        return found.to_json(_url(environment))


@bp.post(f"{INVITATIONS}/<invitation_id>/accept")
def accept(invitation_id: str) -> ResponseReturnValue:
    """Accepts it for the user with its address."""
    with the_environment() as environment:
        found = _pending(environment, invitation_id)
        user = environment.users_by_email.get(same_email(found.email))
        if user is None:
            raise CodeRefusal("invalid_invite", "There is no user with this address.")
        _accept(environment, found, user)
        return found.to_json(_url(environment))


@bp.post(f"{INVITATIONS}/<invitation_id>/revoke")
def revoke(invitation_id: str) -> ResponseReturnValue:
    """Takes it back."""
    with the_environment() as environment:
        found = _pending(environment, invitation_id)
        found.revoked_at = found.updated_at = now()
        environment.announce("invitation.revoked", found.to_json())
        return found.to_json(_url(environment))


@bp.post(f"{INVITATIONS}/<invitation_id>/resend")
def resend(invitation_id: str) -> ResponseReturnValue:
    """Mails it again."""
    with the_environment() as environment:
        found = _pending(environment, invitation_id)
        if request.content_length:
            with reading_body() as body:
                found.locale = body.optional_text("locale") or found.locale
        _mail(environment, found)
        environment.announce("invitation.resent", found.to_json())
        return found.to_json(_url(environment))


@bp.get("/_emulate/invitations")
def show_form() -> ResponseReturnValue:
    """Asks whom to invite, as the dashboard does, and shows what became of the others."""
    with the_environment() as environment:
        page = render_template(
            "invitations.html",
            organizations=list(environment.organizations.values()),
            people=list(environment.users.values()),
            invitations=list(reversed(environment.invitations.values())),
        )
    return kept_to_itself(page)


@bp.post("/_emulate/invitations")
def send_from_form() -> ResponseReturnValue:
    """Mails what the form says, and shows the mailbox."""
    send()
    return redirect("/", HTTPStatus.SEE_OTHER)


@bp.post("/_emulate/sign-up")
def set_sign_up() -> ResponseReturnValue:
    """Says whether addresses without a user may sign up, or need an invitation."""
    given = read_object(request.get_json(silent=True), "The body", {"allowed"})
    allowed = given.get("allowed")
    if not isinstance(allowed, bool):
        raise BadRequest("allowed must be a boolean.")
    with the_environment() as environment:
        environment.sign_up_allowed = allowed
    return {"allowed": allowed}, HTTPStatus.CREATED


def require_welcome(environment: Environment, email: str, token: str | None) -> None:
    """Refuses an invitation that is not for this address, and strangers where sign-up is closed."""
    if token is not None:
        _usable(environment, token, email)
    elif not environment.sign_up_allowed and same_email(email) not in environment.users_by_email:
        raise CodeRefusal("sign_up_not_allowed", "Sign-up is not allowed.")


def take_in(environment: Environment, session: Session, token: str | None) -> Session:
    """Accepts the invitation with which somebody signs in; the session is in its organization."""
    if token is None:
        return session
    found = _usable(environment, token, session.user.email)
    _accept(environment, found, session.user)
    session.organization_id = _organization_id(found) or session.organization_id
    return session


def _usable(environment: Environment, token: str, email: str) -> Invitation:
    found = _by_token(environment, token)
    if found is None or found.state != "pending":
        raise OAuthRefusal("invitation_invalid", "The invitation is invalid.")
    if not found.is_for(email):
        raise OAuthRefusal("invitation_cannot_be_used_for_email", "It is for another address.")
    return found


def _accept(environment: Environment, found: Invitation, user: User) -> None:
    found.accepted_at = found.updated_at = now()
    found.accepted_user_id = user.id
    environment.announce("invitation.accepted", found.to_json())
    if found.organization and not _is_member(environment, user, found.organization.id):
        membership = environment.join(user, found.organization, found.role_slug or MEMBER)
        environment.announce("organization_membership.created", membership.to_json())


def _is_member(environment: Environment, user: User, organization_id: str) -> bool:
    return organization_id in [one.organization.id for one in environment.memberships_of(user)]


def _require_wanted(environment: Environment, email: str, organization_id: str | None) -> None:
    user = environment.users_by_email.get(same_email(email))
    if organization_id is None and user:
        raise CodeRefusal("user_already_exists", "The user already exists.")
    if organization_id and user and _is_member(environment, user, organization_id):
        raise CodeRefusal("user_already_organization_member", "The user is a member already.")
    for one in environment.invitations.values():
        is_same = same_email(one.email) == same_email(email) and one.state == "pending"
        if is_same and _organization_id(one) == organization_id:
            where = "_to_organization" if organization_id else ""
            raise CodeRefusal(f"email_already_invited{where}", "The address is invited already.")


def _pending(environment: Environment, invitation_id: str) -> Invitation:
    found = _find(environment, invitation_id)
    if found.state != "pending":
        raise CodeRefusal("invite_not_pending", f"The invitation is {found.state}.")
    return found


def _find(environment: Environment, invitation_id: str) -> Invitation:
    found = environment.invitations.get(invitation_id)
    if found is None:
        raise EntityNotFound("Invitation", invitation_id)
    return found


def _by_token(environment: Environment, token: str) -> Invitation | None:
    return next((one for one in environment.invitations.values() if one.token == token), None)


def _organization_id(invitation: Invitation) -> str | None:
    return invitation.organization.id if invitation.organization else None


def _mail(environment: Environment, invitation: Invitation) -> None:
    environment.mailbox.append(Mail.with_invitation(invitation, _url(environment)))


def _url(environment: Environment) -> str:
    # The invitation URL of the dashboard: this project's own page for it.
    return f"{home(environment.redirect_uris[0])}auth/invitation"

"""Who belongs to which organization, and as what (WorkOS docs: Organization Membership)."""

from http import HTTPStatus

from flask import Blueprint
from flask.typing import ResponseReturnValue

from .environment import Environment, the_environment
from .errors import CodeRefusal, EntityNotFound
from .fields import Fields, reading_body, reading_query
from .formats import now
from .lists import page_of
from .organization import MEMBER, STATUSES, Membership, Organization
from .organizations import find as find_organization
from .users import find as find_user
from .webhooks import announce

bp = Blueprint("memberships", __name__, url_prefix="/user_management/organization_memberships")


@bp.get("")
def list_memberships() -> ResponseReturnValue:
    """Lists those of a user or an organization; unless `?statuses=` says others, active ones."""
    with the_environment() as environment, reading_query() as query:
        user_id = query.optional_text("user_id")
        organization_id = query.optional_text("organization_id")
        if user_id is None and organization_id is None:
            query.refuse("user_id", "user_id_required", "user_id or organization_id is required.")
        statuses = (query.optional_text("statuses") or "active").split(",")
        if not set(statuses) <= set(STATUSES):
            query.refuse("statuses", "statuses_invalid", f"statuses are {', '.join(STATUSES)}.")
        return page_of(
            [
                one.to_json()
                for one in environment.memberships.values()
                if user_id in (None, one.user.id)
                and organization_id in (None, one.organization.id)
                and one.status in statuses
            ],
            query,
        )


@bp.post("")
def create() -> ResponseReturnValue:
    """Makes a user a member of an organization."""
    with the_environment() as environment:
        with reading_body() as body:
            user_id, organization_id = body.text("user_id"), body.text("organization_id")
        user = find_user(environment, user_id)
        organization = find_organization(environment, organization_id)
        if any(
            one.user is user and one.organization is organization
            for one in environment.memberships.values()
        ):
            raise CodeRefusal("user_already_organization_member")
        roles = _roles(environment, organization, body) or [MEMBER]
        reply = environment.join(user, organization, *roles).to_json()
    announce("organization_membership.created", reply)
    return reply, HTTPStatus.CREATED


@bp.get("/<membership_id>")
def show(membership_id: str) -> ResponseReturnValue:
    """Shows one membership."""
    with the_environment() as environment:
        return _find(environment, membership_id).to_json()


@bp.put("/<membership_id>")
def update(membership_id: str) -> ResponseReturnValue:
    """Gives the member other roles; their tokens say so from the next refresh on."""
    with the_environment() as environment:
        membership = _find(environment, membership_id)
        with reading_body() as body:
            roles = _roles(environment, membership.organization, body)
        membership.roles = roles or membership.roles
        membership.updated_at = now()
        reply = membership.to_json()
    announce("organization_membership.updated", reply)
    return reply


@bp.put("/<membership_id>/deactivate")
def deactivate(membership_id: str) -> ResponseReturnValue:
    """Suspends a member, whose sessions in the organization end."""
    return _set_status(membership_id, "inactive")


@bp.put("/<membership_id>/reactivate")
def reactivate(membership_id: str) -> ResponseReturnValue:
    """Lets a suspended member in again, with the roles that they had."""
    return _set_status(membership_id, "active")


@bp.delete("/<membership_id>")
def delete(membership_id: str) -> ResponseReturnValue:
    """Ends a membership, and the member's sessions in the organization."""
    with the_environment() as environment:
        membership = _find(environment, membership_id)
        del environment.memberships[membership_id]
        revoked = [session.to_json() for session in environment.end_sessions_in(membership)]
    announce("organization_membership.deleted", membership.to_json())
    for session in revoked:
        announce("session.revoked", session)
    return "", HTTPStatus.NO_CONTENT


def _set_status(membership_id: str, status: str) -> ResponseReturnValue:
    with the_environment() as environment:
        membership = _find(environment, membership_id)
        if membership.status == "pending":
            raise CodeRefusal("organization_membership_pending", "The invitation is not accepted.")
        if membership.status == status:
            return membership.to_json()  # which is no event
        membership.status, membership.updated_at = status, now()
        reply = membership.to_json()
        ended = [] if status == "active" else environment.end_sessions_in(membership)
        revoked = [session.to_json() for session in ended]
    announce("organization_membership.updated", reply)
    for session in revoked:
        announce("session.revoked", session)
    return reply


def _find(environment: Environment, membership_id: str) -> Membership:
    membership = environment.memberships.get(membership_id)
    if membership is None:
        raise EntityNotFound("Organization Membership", membership_id)
    return membership


def _roles(environment: Environment, organization: Organization, body: Fields) -> list[str]:
    slug, slugs = body.optional_text("role_slug"), body.optional_texts("role_slugs")
    roles = slugs or ([slug] if slug else [])
    if not set(roles) <= {*environment.roles, *organization.roles}:
        raise CodeRefusal("invalid_role", "The organization does not have this role.")
    return roles

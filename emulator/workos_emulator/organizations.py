"""Organizations (WorkOS docs: Organization), and the choice of those who belong to several.

WorkOS: https://workos.com/docs/reference/authkit/authentication/organization-selection
"""

from http import HTTPStatus
from typing import Any, TypeGuard

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from .control_fields import optional_text, read_object, text
from .environment import Environment, the_environment
from .errors import BadRequest, CodeRefusal, EntityNotFound
from .fields import Fields, reading_body, reading_query
from .formats import now
from .lists import page_of
from .objects import PendingAuthentication
from .organization import MEMBER, Membership, Organization
from .step_ups import answered, ask, resume
from .webhooks import announce

SELECTION_REQUIRED = "organization_selection_required"
DOMAIN_STATES = ("failed", "legacy_verified", "pending", "unverified", "verified")

bp = Blueprint("organizations", __name__)


@bp.get("/organizations")
def list_organizations() -> ResponseReturnValue:
    """Lists organizations, newest first; `?domains=` and `?search=` keep those that match."""
    with the_environment() as environment, reading_query() as query:
        domains = set((query.optional_text("domains") or "").split(",")) - {""}
        search = (query.optional_text("search") or "").casefold()
        return page_of(
            [
                one.to_json()
                for one in environment.organizations.values()
                if (not domains or domains & set(one.domains)) and search in one.name.casefold()
            ],
            query,
        )


@bp.post("/organizations")
def create() -> ResponseReturnValue:
    """Makes an organization that nobody belongs to yet."""
    with reading_body() as body:
        body.text("name")
        organization = Organization(**{"name": "", **_changes(body)})
    with the_environment() as environment:
        environment.organizations[organization.id] = organization
    announce("organization.created", organization.to_json())
    return organization.to_json(), HTTPStatus.CREATED


@bp.get("/organizations/<organization_id>")
def show(organization_id: str) -> ResponseReturnValue:
    """Shows one organization."""
    with the_environment() as environment:
        return find(environment, organization_id).to_json()


@bp.put("/organizations/<organization_id>")
def update(organization_id: str) -> ResponseReturnValue:
    """Changes what the body names and leaves the rest."""
    with the_environment() as environment:
        organization = find(environment, organization_id)
        with reading_body() as body:
            changes = _changes(body)
        for name, value in changes.items():
            setattr(organization, name, value)
        organization.updated_at = now()
        reply = organization.to_json()
    announce("organization.updated", reply)
    return reply


@bp.delete("/organizations/<organization_id>")
def delete(organization_id: str) -> ResponseReturnValue:
    """Forgets an organization, who belonged to it, and their sessions there."""
    with the_environment() as environment:
        organization = find(environment, organization_id)
        del environment.organizations[organization_id]
        environment.announce("organization.deleted", organization.to_json())
        for connection in list(environment.connections.values()):
            if connection.organization is organization:
                del environment.connections[connection.id]
                environment.announce("connection.deleted", connection.to_json())
        for membership in list(environment.memberships.values()):
            if membership.organization is organization:
                del environment.memberships[membership.id]
                for session in environment.end_sessions_in(membership):
                    environment.announce("session.revoked", session.to_json())
        keys = environment.api_keys.items()
        environment.api_keys = {i: one for i, one in keys if one.organization is not organization}
    return "", HTTPStatus.NO_CONTENT


@bp.post("/_emulate/organizations")
def set_organizations() -> ResponseReturnValue:
    """Says to which organizations this address belongs, and makes those that there are not."""
    given = read_object(request.get_json(silent=True), "The body", {"email", "organizations"})
    email, listed = text(given, "email"), given.get("organizations")
    if not isinstance(listed, list):
        raise BadRequest("organizations must be a list of objects.")
    organizations = [read_object(one, "An organization", {"id", "name", "role"}) for one in listed]
    wanted = [
        (Organization(text(one, "name"), text(one, "id")), optional_text(one, "role") or MEMBER)
        for one in organizations
    ]
    with the_environment() as environment:
        user = environment.user_for(email)
        user.is_provisioned = True
        for old in [one for one in environment.memberships.values() if one.user is user]:
            del environment.memberships[old.id]
        for organization, role in wanted:
            known = environment.organizations.setdefault(organization.id, organization)
            known.name = organization.name
            environment.join(user, known, role)
    return {"email": email, "organizations": organizations}, HTTPStatus.CREATED


def find(environment: Environment, organization_id: str) -> Organization:
    """Returns the organization with this id; WorkOS answers 404 otherwise."""
    organization = environment.organizations.get(organization_id)
    if organization is None:
        raise EntityNotFound("Organization", organization_id)
    return organization


def choices(memberships: list[Membership]) -> list[dict[str, str]]:
    """Returns what WorkOS says of each organization that somebody may choose."""
    return [{"id": one.organization.id, "name": one.organization.name} for one in memberships]


def ask_for_organization(environment: Environment, pending: PendingAuthentication) -> None:
    """Puts the session into the person's organization; asks where there is a choice."""
    session = pending.session
    if session.organization_id is not None:
        return
    memberships = environment.memberships_of(session.user)
    if len(memberships) > 1:
        ask(
            environment,
            pending,
            SELECTION_REQUIRED,
            "The user must choose an organization to finish their authentication.",
            organizations=choices(memberships),
            user=session.user.to_json(),
        )
    if memberships:
        session.organization_id = memberships[0].organization.id


def with_organization_selection(environment: Environment) -> PendingAuthentication:
    """Goes on in the organization that the person chose."""
    pending = resume(environment, SELECTION_REQUIRED)
    with reading_body() as body:
        organization_id = body.text("organization_id")
    memberships = environment.memberships_of(pending.session.user)
    if organization_id not in [one.organization.id for one in memberships]:
        raise CodeRefusal("organization_not_found")
    pending.session.organization_id = organization_id
    return answered(environment, pending)


def _changes(body: Fields) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if name := body.optional_text("name"):
        changes["name"] = name
    if "external_id" in body.values:
        changes["external_id"] = body.optional_text("external_id")
    metadata = body.values.get("metadata", {})
    if not isinstance(metadata, dict | None):
        body.refuse("metadata", "metadata_invalid", "metadata must be an object of strings.")
    if "metadata" in body.values:
        changes["metadata"] = metadata or {}
    if (domains := body.optional_texts("domains")) is not None:
        changes["domains"] = dict.fromkeys(domains, "pending")
    if (data := body.values.get("domain_data")) is not None:
        listed = data if isinstance(data, list) else [data]
        changes["domains"] = {one["domain"]: one["state"] for one in listed if _is_domain(one)}
        if len(changes["domains"]) < len(listed):
            body.refuse("domain_data", "domain_data_invalid", "domain_data is malformed.")
    return changes


def _is_domain(given: object) -> TypeGuard[dict[str, str]]:
    return (
        isinstance(given, dict)
        and isinstance(given.get("domain"), str)
        and given.get("state") in DOMAIN_STATES
    )

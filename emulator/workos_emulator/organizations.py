"""The organizations that somebody belongs to, as a test says, and the choice between them.

WorkOS: https://workos.com/docs/reference/authkit/authentication/organization-selection
"""

import secrets
from http import HTTPStatus
from typing import NoReturn

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from .control_fields import read_object, text
from .environment import Environment, the_environment
from .errors import BadRequest, CodeRefusal, Refusal
from .fields import reading_body
from .formats import Json, now, same_email
from .objects import PendingAuthentication, Session, User
from .rules import PENDING_TOKEN_LIFETIME

bp = Blueprint("organizations", __name__, url_prefix="/_emulate")


@bp.post("/organizations")
def set_organizations() -> ResponseReturnValue:
    """Says to which organizations this address belongs; with two or more, WorkOS asks which."""
    given = read_object(request.get_json(silent=True), "The body", {"email", "organizations"})
    email, listed = text(given, "email"), given.get("organizations")
    if not isinstance(listed, list):
        raise BadRequest("organizations must be a list of objects.")
    organizations = [_organization(one) for one in listed]
    with the_environment() as environment:
        environment.organizations[same_email(email)] = organizations
    return {"email": email, "organizations": organizations}, 201


def choose_organization(environment: Environment, session: Session) -> None:
    """Puts the session into the person's organization; refuses where there is a choice."""
    organizations = environment.organizations.get(same_email(session.user.email), [])
    if len(organizations) > 1:
        _ask_for_a_choice(environment, session.user, organizations)
    if organizations:
        session.organization_id = organizations[0]["id"]


def with_organization_selection(environment: Environment) -> Session:
    """Begins a session in the organization that the person chose."""
    with reading_body() as body:
        token = body.text("pending_authentication_token")
        organization_id = body.text("organization_id")
    pending = environment.pending_authentications.get(token)
    if pending is None or now() >= pending.expires_at:
        raise CodeRefusal(
            "invalid_pending_authentication_token", "The pending authentication token is invalid."
        )
    organizations = environment.organizations.get(same_email(pending.user.email), [])
    if organization_id not in [organization["id"] for organization in organizations]:
        raise CodeRefusal("organization_not_found")
    del environment.pending_authentications[token]
    pending.user.signed_in()
    return Session(pending.user, organization_id=organization_id)


def _ask_for_a_choice(
    environment: Environment, user: User, organizations: list[dict[str, str]]
) -> NoReturn:
    token = secrets.token_urlsafe(18)
    pending = PendingAuthentication(user, now() + PENDING_TOKEN_LIFETIME)
    environment.pending_authentications[token] = pending
    body: Json = {
        "code": "organization_selection_required",
        "message": "The user must choose an organization to finish their authentication.",
        "pending_authentication_token": token,
        "organizations": organizations,
        "user": user.to_json(),
    }
    raise Refusal(HTTPStatus.FORBIDDEN, body)


def _organization(given: object) -> dict[str, str]:
    fields = read_object(given, "An organization", {"id", "name"})
    return {"id": text(fields, "id"), "name": text(fields, "name")}

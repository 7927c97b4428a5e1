"""The organizations that somebody belongs to, as a test says, and the choice between them.

WorkOS: https://workos.com/docs/reference/authkit/authentication/organization-selection
"""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from .control_fields import read_object, text
from .environment import Environment, the_environment
from .errors import BadRequest, CodeRefusal
from .fields import reading_body
from .formats import same_email
from .objects import PendingAuthentication
from .step_ups import answered, ask, resume

SELECTION_REQUIRED = "organization_selection_required"

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


def ask_for_organization(environment: Environment, pending: PendingAuthentication) -> None:
    """Puts the session into the person's organization; asks where there is a choice."""
    session = pending.session
    if session.organization_id is not None:
        return
    organizations = environment.organizations.get(same_email(session.user.email), [])
    if len(organizations) > 1:
        ask(
            environment,
            pending,
            SELECTION_REQUIRED,
            "The user must choose an organization to finish their authentication.",
            organizations=organizations,
            user=session.user.to_json(),
        )
    if organizations:
        session.organization_id = organizations[0]["id"]


def with_organization_selection(environment: Environment) -> PendingAuthentication:
    """Goes on in the organization that the person chose."""
    pending = resume(environment, SELECTION_REQUIRED)
    with reading_body() as body:
        organization_id = body.text("organization_id")
    user = pending.session.user
    organizations = environment.organizations.get(same_email(user.email), [])
    if organization_id not in [organization["id"] for organization in organizations]:
        raise CodeRefusal("organization_not_found")
    pending.session.organization_id = organization_id
    return answered(environment, pending)


def _organization(given: object) -> dict[str, str]:
    fields = read_object(given, "An organization", {"id", "name"})
    return {"id": text(fields, "id"), "name": text(fields, "name")}

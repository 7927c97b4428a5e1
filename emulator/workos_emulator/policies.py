"""Ways to sign in that an organization requires of its people.

WorkOS: https://workos.com/docs/reference/authkit/authentication-errors
"""

from http import HTTPStatus
from typing import NoReturn

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from .connection import Policy
from .connections import active_of
from .control_fields import read_object, text
from .environment import Environment, the_environment
from .errors import BadRequest, Refusal
from .formats import Json, same_email
from .identity_provider import VERIFIED
from .objects import PendingAuthentication, Session
from .organizations import SELECTION_REQUIRED, find

SSO_REQUIRED = "sso_required"
METHODS_REQUIRED = "organization_authentication_methods_required"
METHODS = {
    "AppleOAuth": "apple_oauth",
    "GitHubOAuth": "github_oauth",
    "GoogleOAuth": "google_oauth",
    "MagicAuth": "magic_auth",
    "MicrosoftOAuth": "microsoft_oauth",
    "Password": "password",
}

bp = Blueprint("policies", __name__, url_prefix="/_emulate")


@bp.post("/policies")
def set_policy() -> ResponseReturnValue:
    """Says how an organization lets its people in: by SSO alone, or by these methods."""
    known = {"organization_id", "requires_sso", "auth_methods", "envelope"}
    given = read_object(request.get_json(silent=True), "A policy", known)
    organization_id = text(given, "organization_id")
    methods, envelope = given.get("auth_methods"), given.get("envelope", "error")
    if methods is not None and not (
        isinstance(methods, dict) and set(methods) <= set(METHODS.values())
    ):
        raise BadRequest(f"auth_methods says true or false of {', '.join(METHODS.values())}.")
    if envelope not in ("error", "code"):
        raise BadRequest("envelope is error (with status 400) or code (with status 403).")
    policy = Policy(given.get("requires_sso") is True, methods, envelope == "error")
    with the_environment() as environment:
        find(environment, organization_id)
        environment.policies[organization_id] = policy
    return given, HTTPStatus.CREATED


def ask_for_permitted_method(environment: Environment, pending: PendingAuthentication) -> None:
    """Refuses a method that the person's organization, or the one with their domain, does not let
    people in by.
    """
    session = pending.session
    organization_id = session.organization_id or managing(environment, session.user.email)
    policy = environment.policies.get(organization_id or "")
    if policy is None or session.authentication_method == "SSO":
        return
    connection_ids = [one.id for one in active_of(environment, organization_id)]
    if policy.requires_sso and SELECTION_REQUIRED in pending.answered:
        message = {"message": "Must use SSO for selected organization"}
        raise Refusal(HTTPStatus.BAD_REQUEST, message)
    if policy.requires_sso:
        _refuse(
            policy,
            SSO_REQUIRED,
            "User must authenticate using one of the matching connections.",
            connection_ids=connection_ids,
            email=session.user.email,
            pending_authentication_token=pending.token,
        )
    if not _is_permitted(policy, session):
        _refuse(
            policy,
            METHODS_REQUIRED,
            "User must authenticate using one of the methods allowed by the organization.",
            sso_connection_ids=connection_ids,
            auth_methods=policy.auth_methods,
            email=session.user.email,
        )


def managing(environment: Environment, email: str) -> str | None:
    """Returns the id of the organization to which the domain of an address belongs, if any."""
    domain = same_email(email).partition("@")[2]
    organizations = environment.organizations.values()
    found = (one.id for one in organizations if one.domains.get(domain) in VERIFIED)
    return next(found, None)


def _is_permitted(policy: Policy, session: Session) -> bool:
    if policy.auth_methods is None:
        return True
    return policy.auth_methods.get(METHODS.get(session.authentication_method, "")) is True


def _refuse(policy: Policy, code: str, message: str, **details: object) -> NoReturn:
    if policy.is_oauth_error:
        body: Json = {"error": code, "error_description": message, **details}
        raise Refusal(HTTPStatus.BAD_REQUEST, body)
    raise Refusal(HTTPStatus.FORBIDDEN, {"code": code, "message": message, **details})

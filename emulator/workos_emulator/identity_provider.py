"""The identity provider of an organization, played: a page that says whatever it is told to.

WorkOS has one in every staging environment: https://workos.com/docs/sso/test-sso
"""

import secrets

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from .connection import Connection
from .connections import find
from .environment import Environment, the_environment
from .errors import EntityNotFound
from .events import announce_proof
from .fields import reading_body
from .formats import Json, now, origin, same_email, stable_id, with_query
from .objects import Assertion, AuthorizationRequest, PendingAuthentication, Session, SignInCode
from .pages import kept_to_itself
from .rules import AUTHORIZATION_CODE_LIFETIME

VERIFIED = ("verified", "legacy_verified")
DENIED: Json = {"error": "access_denied", "error_description": "The identity provider said no."}
NO_CONSENT: Json = {"error": "signin_consent_denied", "error_description": "The person said no."}
SWITCHED_OFF: Json = {
    "error": "idp_initiated_sso_disabled",
    "error_description": "IdP-initiated SSO is disabled for the connection.",
}

bp = Blueprint("identity_provider", __name__, url_prefix="/_emulate/idp")


@bp.get("/<connection_id>")
def show(connection_id: str) -> ResponseReturnValue:
    """Asks what the provider is to say; without `?request=`, as if it had begun there."""
    with the_environment() as environment:
        connection = find(environment, connection_id)
        asked = _request(environment, connection)
    page = render_template("identity_provider.html", connection=connection, asked=asked)
    scheme, host = origin(asked.redirect_uri)
    return kept_to_itself(page, may_lead_to=f"{scheme}://{host}")


@bp.post("/<connection_id>")
def answer(connection_id: str) -> ResponseReturnValue:
    """Sends the browser back with a code, or with a no."""
    with the_environment() as environment:
        connection = find(environment, connection_id)
        is_unasked = "unasked" in request.form or "request" not in request.args
        asked = (
            _unasked(environment, connection) if is_unasked else _request(environment, connection)
        )
        if is_unasked and not connection.allows_idp_initiated:
            sso = connection.in_event()
            announce_proof(environment, "sso", None, refusal=SWITCHED_OFF, sso=sso)
            ids = {"connection_id": connection.id, "organization_id": connection.organization.id}
            return redirect(with_query(asked.redirect_uri, {**SWITCHED_OFF, **ids}))
        if "deny" in request.form:
            no = NO_CONSENT if is_unasked else DENIED
            sso = connection.in_event()
            announce_proof(environment, "sso", asked.login_hint, refusal=no, sso=sso)
            return redirect(_back(asked, no))
        with reading_body() as body:
            email = body.email()
        attributes = {name: request.form.get(name) or None for name in ("first_name", "last_name")}
        idp_id = request.form.get("idp_id") or stable_id("idp", email)
        announce_proof(environment, "sso", email, sso=connection.in_event())
        code = secrets.token_urlsafe(24)
        environment.sign_in_codes[code] = SignInCode(
            asked,
            email,
            connection.organization.id,
            now() + AUTHORIZATION_CODE_LIFETIME,
            Assertion(connection.id, idp_id, **attributes),
        )
    return redirect(_back(asked, {"code": code}))


def with_assertion(
    environment: Environment, assertion: Assertion, email: str
) -> PendingAuthentication:
    """Lets in whom the provider named: by their id there; by address only in its own domains."""
    organization = find(environment, assertion.connection_id).organization
    key = organization.id, assertion.idp_id
    user, domain = environment.users_by_idp_key.get(key), same_email(email).partition("@")[2]
    is_trusted = user is not None or organization.domains.get(domain) in VERIFIED
    user = user or environment.user_for(email)
    if is_trusted:
        names = assertion.first_name or user.first_name, assertion.last_name or user.last_name
        if names != (user.first_name, user.last_name):
            user.first_name, user.last_name = names
            environment.announce("user.updated", user.to_json())
        if organization not in [one.organization for one in environment.memberships_of(user)]:
            membership = environment.join(user, organization)
            environment.announce("organization_membership.created", membership.to_json())
    session = Session(user, organization_id=organization.id, authentication_method="SSO")
    session.idp_key = key
    return PendingAuthentication(session, is_email_proved=is_trusted)


def _request(environment: Environment, connection: Connection) -> AuthorizationRequest:
    token = request.args.get("request")
    if token is None:
        return _unasked(environment, connection)
    asked = environment.authorization_requests.get(token)
    if asked is None or asked.connection_id != connection.id:
        raise EntityNotFound("Authorization request", token)
    return asked


def _unasked(environment: Environment, connection: Connection) -> AuthorizationRequest:
    # WorkOS sends people to the default redirect URI then, with a code and nothing else.
    return AuthorizationRequest(
        environment.redirect_uris[0],
        provider="",
        state=None,
        code_challenge=None,
        login_hint=None,
        is_sign_up=False,
        organization_id=connection.organization.id,
        connection_id=connection.id,
    )


def _back(asked: AuthorizationRequest, answer: Json) -> str:
    return with_query(asked.redirect_uri, {**answer, "state": asked.state})

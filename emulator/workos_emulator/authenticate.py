"""Every grant of POST /user_management/authenticate (WorkOS docs: Authentication)."""

import secrets

from flask import Blueprint, Flask
from flask.typing import ResponseReturnValue

from emulator.errors import CodeRefusal, OAuthRefusal
from emulator.fields import reading_body
from emulator.gate import require_client
from emulator.magic_auth import redeem
from emulator.objects import RefreshToken, Session
from emulator.wire import Json
from emulator.world import World, the_world

blueprint = Blueprint("authenticate", __name__, url_prefix="/user_management")


def init_app(app: Flask) -> None:
    app.register_blueprint(blueprint)


@blueprint.post("/authenticate")
def authenticate() -> ResponseReturnValue:
    """Turn a grant into a user and tokens."""
    with reading_body() as body:
        grant_type = body.text("grant_type")
        client_id = body.text("client_id")
        client_secret = body.optional_text("client_secret")
    grant = GRANTS.get(grant_type)
    if grant is None:
        raise OAuthRefusal("unsupported_grant_type", "The grant type is not supported.")
    with the_world() as world:
        require_client(world, client_id, client_secret)
        session = grant(world)
        return _signed_in(world, session)


def with_magic_auth_code(world: World) -> Session:
    with reading_body() as body:
        email = body.email()
        one_time_code = body.text("code")
    world.limits.count_authenticate(email)
    user = redeem(world, email, one_time_code)
    user.signed_in()
    session = Session(user)
    world.sessions[session.id] = session
    return session


def with_refresh_token(world: World) -> Session:
    """Refresh tokens rotate: each works once, and only while its session lives."""
    with reading_body() as body:
        value = body.text("refresh_token")
        organization_id = body.optional_text("organization_id")
    token = world.refresh_tokens.get(value)
    if token is None:
        raise OAuthRefusal("invalid_grant", "Invalid refresh token.")
    if token.session.status != "active":
        raise OAuthRefusal("invalid_grant", "Session has already ended.")
    if token.used:
        raise OAuthRefusal("invalid_grant", "Refresh token already exchanged.")
    # There are no organizations in here: all that is known of them is what a test claims.
    claims = world.claims_of(token.session.user)
    if organization_id not in (None, claims.organization_id):
        raise CodeRefusal("invalid_organization_id")
    token.used = True
    return token.session


def with_authorization_code(_world: World) -> Session:
    """Only hosted AuthKit gives out codes for this grant, and there is none in here."""
    with reading_body() as body:
        body.text("code")
    raise OAuthRefusal("invalid_grant", "The code has expired or has already been used.")


GRANTS = {
    "urn:workos:oauth:grant-type:magic-auth:code": with_magic_auth_code,
    "refresh_token": with_refresh_token,
    "authorization_code": with_authorization_code,
}


def _signed_in(world: World, session: Session) -> Json:
    refresh_token = secrets.token_urlsafe(24)
    world.refresh_tokens[refresh_token] = RefreshToken(session)
    session.claims = world.claims_of(session.user)
    reply: Json = {
        "user": session.user.to_json(),
        "organization_id": session.claims.organization_id,
        "authentication_method": "MagicAuth",
        "access_token": world.signing_key.access_token(
            session, world.settings.issuer, world.access_token_lifetime
        ),
        "refresh_token": refresh_token,
    }
    return session.claims.with_impersonator(reply)

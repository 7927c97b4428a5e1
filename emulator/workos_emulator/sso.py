"""The end of a Magic Link: a code for a Profile (WorkOS docs: Get a Profile and Token, JWKS)."""

import secrets

from flask import Blueprint, Flask
from flask.typing import ResponseReturnValue

from emulator.errors import EntityNotFound, OAuthRefusal
from emulator.fields import reading_body
from emulator.gate import require_client
from emulator.rules import PROFILE_TOKEN_LIFETIME
from emulator.wire import Json, now, stable_id
from emulator.world import World, the_world

blueprint = Blueprint("sso", __name__, url_prefix="/sso")


def init_app(app: Flask) -> None:
    app.register_blueprint(blueprint)


@blueprint.post("/token")
def token() -> ResponseReturnValue:
    with reading_body() as body:
        grant_type = body.text("grant_type")
        client_id = body.text("client_id")
        client_secret = body.optional_text("client_secret")
        code = body.text("code")
    if grant_type != "authorization_code":
        raise OAuthRefusal("unsupported_grant_type", "The grant type is not supported.")
    with the_world() as world:
        require_client(world, client_id, client_secret)
        email = _spend(world, code)
    return {
        "token_type": "Bearer",
        "access_token": secrets.token_urlsafe(24),
        "expires_in": int(PROFILE_TOKEN_LIFETIME.total_seconds()),
        "profile": profile(email),
    }


@blueprint.get("/jwks/<client_id>")
def jwks(client_id: str) -> ResponseReturnValue:
    with the_world() as world:
        if client_id != world.settings.client_id:
            raise EntityNotFound("Client", client_id)
        return {"keys": [world.signing_key.to_jwk()]}


def profile(email: str) -> Json:
    """A Magic Link Profile: no organization, no names, no user behind it."""
    return {
        "object": "profile",
        "id": stable_id("prof", email),
        "organization_id": None,
        "connection_id": stable_id("conn", "magic-link"),
        "connection_type": "MagicLink",
        "idp_id": email,
        "email": email,
        "first_name": None,
        "last_name": None,
        "name": None,
        "role": None,
        "roles": None,
        "groups": [],
        "custom_attributes": {},
        "raw_attributes": {},
    }


def _spend(world: World, code: str) -> str:
    """The address behind a code, for whoever brings it first and in time."""
    found = world.authorization_codes.get(code)
    if found is None or found.used or now() >= found.expires_at:
        raise OAuthRefusal("invalid_grant", "The code has expired or has already been used.")
    found.used = True
    return found.email

"""The end of a Magic Link: a code for a Profile (WorkOS docs: Get a Profile and Token, JWKS)."""

import secrets
from http import HTTPStatus

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from .credentials import require_client
from .environment import Environment, the_environment
from .errors import EntityNotFound, OAuthRefusal, Refusal
from .fields import reading_body
from .formats import Json, now, stable_id
from .objects import ProfileToken
from .rules import PROFILE_TOKEN_LIFETIME

bp = Blueprint("sso", __name__, url_prefix="/sso")


@bp.post("/token")
def token() -> ResponseReturnValue:
    """Takes the code of a link, once, and returns the Profile of who had it."""
    with reading_body() as body:
        grant_type = body.text("grant_type")
        client_id = body.text("client_id")
        client_secret = body.optional_text("client_secret")
        code = body.text("code")
    if grant_type != "authorization_code":
        raise OAuthRefusal("unsupported_grant_type", "The grant type is not supported.")
    access_token = secrets.token_urlsafe(24)
    with the_environment() as environment:
        require_client(environment, client_id, client_secret)
        email = _spend(environment, code)
        granted = ProfileToken(email, now() + PROFILE_TOKEN_LIFETIME)
        environment.profile_tokens[access_token] = granted
    return {
        "token_type": "Bearer",
        "access_token": access_token,
        "expires_in": int(PROFILE_TOKEN_LIFETIME.total_seconds()),
        "profile": profile(email),
    }


@bp.get("/profile")
def show_profile() -> ResponseReturnValue:
    """Shows the Profile that an access token of `POST /sso/token` came with."""
    scheme, _, access_token = request.headers.get("Authorization", "").partition(" ")
    with the_environment() as environment:
        granted = environment.profile_tokens.get(access_token)
    if scheme.lower() != "bearer" or granted is None or now() >= granted.expires_at:
        raise Refusal(HTTPStatus.UNAUTHORIZED, {"error": "Unauthorized"})
    return profile(granted.email)


@bp.get("/jwks/<client_id>")
def jwks(client_id: str) -> ResponseReturnValue:
    """Shows the keys that verify access tokens."""
    with the_environment() as environment:
        if client_id != environment.settings.client_id:
            raise EntityNotFound("Client", client_id)
        return {"keys": [key.to_jwk() for key in environment.signing_keys]}


def profile(email: str) -> Json:
    """Returns a Magic Link Profile: no organization, no names, no user behind it."""
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


def _spend(environment: Environment, code: str) -> str:
    """Returns the address behind a code, for the first to bring it, in time."""
    found = environment.authorization_codes.get(code)
    if found is None or found.used or now() >= found.expires_at:
        raise OAuthRefusal("invalid_grant", "The code has expired or has already been used.")
    found.used = True
    return found.email

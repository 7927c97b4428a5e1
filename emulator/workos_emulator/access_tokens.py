"""Access tokens on demand: those that a backend has to take, and those that it has to refuse.

Like WorkOS, it signs the tokens of people, agents and widgets with the same key. Those for MCP
clients and other OAuth applications come from the AuthKit domain, which has keys of its own.
"""

import base64
import hashlib
import hmac
import json

import jwt
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from .control_fields import flag, optional_text, read_object, text
from .environment import Environment, the_environment
from .errors import BadRequest
from .formats import Json, new_id
from .objects import Session
from .tokens import SigningKey, signing_key_of_this_process

bp = Blueprint("access_tokens", __name__)

# What differs from a person's token; null is left out.
KINDS: dict[str, Json] = {
    "user": {},
    "agent": {"sub_profile": "agent"},
    "widget": {"sid": None, "auth_time": None, "sub_type": "widget"},
    "authkit": {"sid": None, "auth_time": None},  # for an OAuth client, by consent of the person
    "m2m": {"sid": None, "auth_time": None},  # for an OAuth client, on its own behalf
}
OTHER_KEY = "other key"  # one of nobody's, under the name of WorkOS's
PUBLIC_KEY = "HS256 with the public key"
WAYS = ("RS256", "RS512", "none", OTHER_KEY, PUBLIC_KEY)


@bp.get("/oauth2/jwks")
def jwks() -> ResponseReturnValue:
    """Shows the keys of the AuthKit domain, which is this address."""
    return {"keys": [_key_of_authkit().to_jwk()]}


@bp.get("/.well-known/oauth-authorization-server")
def show_authorization_server() -> ResponseReturnValue:
    """Shows what the AuthKit domain offers (RFC 8414): only its keys are served here."""
    with the_environment() as environment:
        issuer = environment.settings.base_url
    return {"issuer": issuer, "jwks_uri": f"{issuer}/oauth2/jwks"}


@bp.post("/_emulate/access-tokens")
def make_access_token() -> ResponseReturnValue:
    """Makes one for somebody, who is made a user if there is none; WorkOS has no such call."""
    known = {"email", "kind", "claims", "signed", "kid"}
    given = read_object(request.get_json(silent=True), "The body", known)
    changes = {} if given.get("claims") is None else given["claims"]
    if not isinstance(changes, dict):
        raise BadRequest("claims is a JSON object.")
    with the_environment() as environment:
        token = make_token(
            environment,
            text(given, "email"),
            kind=optional_text(given, "kind") or "user",
            claims=changes,
            signed=optional_text(given, "signed") or "RS256",
            kid=optional_text(given, "kid"),
        )
    return {"access_token": token}, 201


@bp.post("/_emulate/signing-keys")
def rotate() -> ResponseReturnValue:
    """Signs with a new key from now on; the JWKS forgets the old ones if asked to."""
    given = read_object(request.get_json(silent=True), "The body", {"forget_old"})
    with the_environment() as environment:
        rotate_keys(environment, forget_old=flag(given, "forget_old"))
        return {"kids": [key.kid for key in environment.signing_keys]}, 201


def rotate_keys(environment: Environment, *, forget_old: bool = False) -> None:
    """Adds a new key, with which all is signed from now on; the old ones stay unless forgotten."""
    fresh = signing_key_of_this_process(f"after {environment.signing_keys[-1].kid}")
    environment.signing_keys = [fresh] if forget_old else [*environment.signing_keys, fresh]


def make_token(
    environment: Environment, email: str, *, kind: str, claims: Json, signed: str, kid: str | None
) -> str:
    """Returns a token of this kind, with these claims changed; raises BadRequest."""
    if kind not in KINDS:
        raise BadRequest(f"kind must be one of {', '.join(KINDS)}.")
    user = environment.user_for(email)
    claimed = environment.claims_of(user, None)
    made = {**environment.token_claims(Session(user, claimed)), **KINDS[kind]}
    key = environment.signing_keys[-1]
    if kind in ("authkit", "m2m"):
        key = _key_of_authkit()
        made |= {"iss": environment.settings.base_url, "client_id": "client_of_another_program"}
    if kind == "m2m":
        made["sub"] = made["client_id"]
    if kind == "agent":
        made["sub"] = new_id("agent")
    payload = {name: value for name, value in {**made, **claims}.items() if value is not None}
    return _signed(payload, key, signed, kid or key.kid)


def _signed(claims: Json, key: SigningKey, how: str, kid: str) -> str:
    if how not in WAYS:
        raise BadRequest(f"signed must be one of {', '.join(WAYS)}.")
    if how == PUBLIC_KEY:
        return _hmac_with_public_key(claims, key, kid)
    if how == OTHER_KEY:
        key, how = signing_key_of_this_process("of nobody"), "RS256"
    private_key = "" if how == "none" else key.private_key
    # Not by jwt.encode(), which refuses claims of a wrong type.
    return jwt.PyJWS().encode(json.dumps(claims).encode(), private_key, how, {"kid": kid})


def _hmac_with_public_key(claims: Json, key: SigningKey, kid: str) -> str:
    # By hand, because PyJWT refuses to. Who takes any algorithm that a token names takes this one.
    public = key.private_key.public_key()
    secret = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    header = {"alg": "HS256", "typ": "JWT", "kid": kid}
    signed = ".".join(_encoded(json.dumps(part).encode()) for part in (header, claims))
    return f"{signed}.{_encoded(hmac.new(secret, signed.encode(), hashlib.sha256).digest())}"


def _encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()


def _key_of_authkit() -> SigningKey:
    return signing_key_of_this_process("of the AuthKit domain")

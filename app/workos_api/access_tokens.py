"""Verifies the access tokens that programs bring: that WorkOS made them, of a person, for us.

Only tokens from elsewhere need this: what WorkOS has just answered to us is known to be WorkOS's.
https://workos.com/docs/authkit/sessions, https://workos.com/docs/authkit/mcp, RFC 8725
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jwt
from flask import Flask, current_app
from workos import WorkOSClient

from ..config import WORKOS, Config, settings
from ..failures import SIGN_IN, Failure
from ..keys import CLOCK_SKEW
from .client import TIMEOUT, ask, workos
from .jwks import Keys
from .token_claims import Claims, wrong, wrong_at_authkit
from .transport import Transport, make_http

METADATA = "/.well-known/oauth-protected-resource"  # RFC 9728
ALGORITHM = "RS256"


class TokenRefused(Failure):
    """Nobody is let in as a program without an access token that counts here."""

    status = 401
    button = SIGN_IN
    event = "authz_fail"
    symptom = "401: a program is refused, or its access token"
    cause = (
        "It sends no `Authorization: Bearer`, or an access token that has expired, comes from "
        "another WorkOS environment or issuer, names another audience, or is not a person's."
    )
    diagnosis = "grep invalid_token in the log: `detail` says what is wrong with it"
    fix = "Refresh it. For a domain or an audience of your own, see docs/tokens.md."

    @property
    def challenge(self) -> str:
        """Returns how to come again: with a token, and where to get one (RFC 6750, RFC 9728)."""
        config = settings()
        said = f'Bearer resource_metadata="{config.public_url}{METADATA}"'
        return said if config.authkit_domain else "Bearer"


class AccessTokenMissing(TokenRefused):
    """It did not say who it is."""

    title = "This is for programs that say who they are"
    reason = "Nothing came in the header Authorization: Bearer."


class InvalidToken(TokenRefused):
    """The access token does not count here; only the log says why."""

    title = "This access token does not count here"
    reason = "It has expired, was changed, or was made for something else."

    @property
    def challenge(self) -> str:
        """Returns the same, with the error code of RFC 6750."""
        scheme, _, metadata = super().challenge.partition(" ")
        said = [f'{scheme} error="invalid_token"', metadata]
        return ", ".join(part for part in said if part)


@dataclass(frozen=True)
class Authority:
    """Somebody who makes tokens for us: the issuers that they call themselves, and their keys."""

    issuers: tuple[str, ...]
    keys: Keys
    wrong: Callable[[Claims], str | None]  # the claim that is not as it should be


def init_app(app: Flask, config: Config) -> None:
    """Says whose tokens count here."""
    path = ("sso", "jwks", config.workos_client_id)
    keys = Keys(lambda: ask(workos().request_raw, "get", path))
    found = [Authority(issuers(config), keys, lambda claims: wrong(claims, config))]
    if domain := config.authkit_domain:
        keys = Keys(lambda: _fetch_from(domain, config))
        ours = Authority((domain,), keys, lambda claims: wrong_at_authkit(claims, config))
        found.insert(0, ours)  # it may be a custom domain too, and then has this name for itself
    app.extensions["signin_authorities"] = found


def issuers(config: Config) -> tuple[str, ...]:
    """Returns every form of `iss` that WorkOS has for this client ID."""
    client_id = config.workos_client_id
    paths = ("", "/", f"/user_management/{client_id}", f"/sso/{client_id}", f"/convex/{client_id}")
    origins = dict.fromkeys((WORKOS, config.workos_base_url, *config.workos_custom_domains))
    return tuple(origin + path for origin in origins for path in paths)


def verify(token: str) -> Claims:
    """Returns the claims of a person's access token; raises InvalidToken and KeysUnavailable."""
    authority, key = key_of(token)
    try:
        claims: Claims = jwt.decode(
            token,
            key,
            algorithms=[ALGORITHM],
            issuer=authority.issuers,
            leeway=CLOCK_SKEW,
            options={"require": ["exp", "iss", "sub"], "verify_aud": False},
        )
    except jwt.InvalidTokenError as error:  # its text may quote the token
        raise InvalidToken(detail=type(error).__name__) from None
    if claim := authority.wrong(claims):
        raise InvalidToken(detail=claim)
    return claims


def key_of(token: str) -> tuple[Authority, jwt.PyJWK]:
    """Returns the key that a token says it is signed with, and whose it is; raises as `verify`."""
    try:
        header = jwt.get_unverified_header(token)
        # Not verified yet: it only says whose keys to try, and asks nobody on behalf of strangers.
        issuer = jwt.decode(token, options={"verify_signature": False}).get("iss")
    except jwt.InvalidTokenError as error:
        raise InvalidToken(detail=type(error).__name__) from None
    authorities: list[Authority] = current_app.extensions["signin_authorities"]
    authority = next((one for one in authorities if issuer in one.issuers), None)
    if authority is None:
        raise InvalidToken(detail="iss")
    kid = header.get("kid")
    if header.get("alg") != ALGORITHM or not isinstance(kid, str):
        raise InvalidToken(detail="alg" if isinstance(kid, str) else "kid")
    key = authority.keys.find(kid)
    if key is None:
        raise InvalidToken(detail="kid")
    return authority, key


def _fetch_from(domain: str, config: Config) -> Mapping[str, Any]:
    # A client without our key, which is not for that host.
    transport = Transport(make_http())
    try:
        client = WorkOSClient(
            client_id=config.workos_client_id,
            is_public=True,
            base_url=domain,
            request_timeout=TIMEOUT,
            max_retries=0,
            http_client=transport,
        )
        return ask(client.request_raw, "get", ("oauth2", "jwks"))
    finally:
        transport.close()

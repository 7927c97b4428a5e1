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
from .transport import Transport, make_http

METADATA = "/.well-known/oauth-protected-resource"  # RFC 9728
ALGORITHM = "RS256"
Claims = Mapping[str, Any]


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
    found = [Authority(issuers(config), Keys(_fetch), lambda claims: _wrong(claims, config))]
    if domain := config.authkit_domain:
        keys = Keys(lambda: _fetch_from(domain, config))
        found.append(Authority((domain,), keys, lambda claims: _wrong_at_authkit(claims, config)))
    app.extensions["signin_authorities"] = found


def issuers(config: Config) -> tuple[str, ...]:
    """Returns every form of `iss` that WorkOS has for this client ID."""
    client_id = config.workos_client_id
    paths = ("", "/", f"/user_management/{client_id}", f"/sso/{client_id}", f"/convex/{client_id}")
    origins = dict.fromkeys((WORKOS, config.workos_base_url, *config.workos_custom_domains))
    return tuple(origin + path for origin in origins for path in paths)


def verify(token: str) -> Claims:
    """Returns the claims of a person's access token; raises InvalidToken and KeysUnavailable."""
    try:
        header = jwt.get_unverified_header(token)
        authority = _authority(jwt.decode(token, options={"verify_signature": False}))
        key = authority.keys.find(_kid(header))
        if key is None:
            raise InvalidToken(detail="kid")
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
    if wrong := authority.wrong(claims):
        raise InvalidToken(detail=wrong)
    return claims


def _authority(said: Claims) -> Authority:
    # Not verified yet: it only says whose keys to try, and asks nobody on behalf of strangers.
    authorities: list[Authority] = current_app.extensions["signin_authorities"]
    for authority in authorities:
        if said.get("iss") in authority.issuers:
            return authority
    raise InvalidToken(detail="iss")


def _kid(header: Mapping[str, Any]) -> str:
    kid = header.get("kid")
    if header.get("alg") != ALGORITHM or not isinstance(kid, str):
        raise InvalidToken(detail="alg" if isinstance(kid, str) else "kid")
    return kid


def _wrong(claims: Claims, config: Config) -> str | None:
    # One key signs the tokens of people, agents and widgets, and those of every application here.
    audience = config.access_token_audience
    if not _is_for((audience,) if audience else None, claims):
        return "aud"
    if claims.get("client_id", config.workos_client_id) != config.workos_client_id:
        return "client_id"
    if not isinstance(claims.get("sid"), str):
        return "sid"
    return _wrong_time(claims, "auth_time") or _wrong_subject(claims)


def _wrong_at_authkit(claims: Claims, config: Config) -> str | None:
    # MCP clients write an address without a path with or without its slash (RFC 8707).
    if not _is_for((config.public_url, f"{config.public_url}/"), claims):
        return "aud"
    return _wrong_subject(claims)


def _wrong_subject(claims: Claims) -> str | None:
    if claims.get("sub_profile") not in (None, "user"):
        return "sub_profile"
    if claims.get("sub_type") is not None:
        return "sub_type"
    is_user = str(claims["sub"]).startswith("user_")  # a program on its own behalf has another id
    return _wrong_time(claims, "exp") if is_user else "sub"


def _wrong_time(claims: Claims, name: str) -> str | None:
    return None if type(claims.get(name)) in (int, float) else name


def _is_for(audience: tuple[str, ...] | None, claims: Claims) -> bool:
    said = claims.get("aud")
    if audience is None:
        return said is None
    return any(one in audience for one in (said if isinstance(said, list) else [said]))


def _fetch() -> Mapping[str, Any]:
    client = workos()
    return ask(client.request_raw, "get", ("sso", "jwks", settings().workos_client_id))


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

"""Whether another backend would take an access token, one question after the other."""

from __future__ import annotations

import time
from typing import Any, NamedTuple

import jwt

from ..config import Config
from ..session.access_token import kept
from ..session.workos_session import WorkOSSession
from ..workos_api.access_tokens import ALGORITHM, InvalidToken, issuers, key_of
from ..workos_api.jwks import KeysUnavailable


class Verdict(NamedTuple):
    """One answer."""

    about: str
    is_good: bool
    words: str


def verdicts(there: WorkOSSession, config: Config) -> list[Verdict]:
    """Returns what a backend would find that is set up as docs/tokens.md says."""
    token = kept(there)
    if token is None:  # begun before tokens were kept
        return []
    claims = jwt.decode(token, options={"verify_signature": False})
    issuer = claims.get("iss")
    if is_ours := issuer in issuers(config):
        on_issuer = "a backend has to expect exactly this."
    else:
        on_issuer = "not WorkOS's. See WORKOS_CUSTOM_DOMAINS."
    if is_of_session := isinstance(claims.get("sid"), str):
        on_session = "There: it is of a session, and so of a person."
    else:
        on_session = "Not there: the token of an agent or a widget, not of a person."
    return [
        _on_signature(token, config),
        Verdict("iss", is_ours, f"{issuer}: {on_issuer}"),
        _on_audience(claims, config),
        _on_expiry(claims),
        Verdict("sid", is_of_session, on_session),
    ]


def _on_signature(token: str, config: Config) -> Verdict:
    jwks = f"{config.workos_base_url}/sso/jwks/{config.workos_client_id}"
    try:
        _, key = key_of(token)
        jwt.PyJWS().decode(token, key, algorithms=[ALGORITHM])
    except KeysUnavailable:
        return Verdict("Signature", False, f"Nobody can tell: {jwks} cannot be fetched.")
    except (InvalidToken, jwt.InvalidTokenError):
        return Verdict("Signature", False, f"Not by a key of {jwks}, with {ALGORITHM}.")
    return Verdict("Signature", True, f"By key {key.key_id} of {jwks}, with {ALGORITHM}.")


def _on_audience(claims: dict[str, Any], config: Config) -> Verdict:
    said, ours = claims.get("aud"), config.access_token_audience
    if said is None and ours is None:
        return Verdict(
            "aud", True, "Not there, as WorkOS makes them: a backend must not ask for it."
        )
    if ours is not None and ours in (said if isinstance(said, list) else [said]):
        return Verdict("aud", True, f"{ours}, which is ACCESS_TOKEN_AUDIENCE.")
    if said is None:
        return Verdict("aud", False, "Not there, although ACCESS_TOKEN_AUDIENCE asks for it.")
    return Verdict("aud", False, f"{said}: for somebody else, or set ACCESS_TOKEN_AUDIENCE to it.")


def _on_expiry(claims: dict[str, Any]) -> Verdict:
    ends_at = claims.get("exp")
    if not isinstance(ends_at, int):
        return Verdict("exp", False, "Not there: it would count for ever.")
    left = ends_at - int(time.time())
    words = f"Good for another {left} s." if left > 0 else f"Expired {-left} s ago."
    return Verdict("exp", left > 0, words)

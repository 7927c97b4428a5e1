"""The session that WorkOS keeps for a person who signed in by code, and its claims."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, NamedTuple

import jwt
from workos.user_management.models import AuthenticateResponse

from .. import shapes
from ..config import Config
from ..identity import Impersonator
from ..keys import sealer, unseal

PURPOSE = "refresh-token"  # of the key that seals them
# Of the key that seals access tokens, and what one is kept under among the claims, if it is kept:
# a field of its own would be another format, and end every session.
ACCESS_TOKEN = "access-token"  # noqa: S105 # a name
REFRESH_AHEAD = 60  # seconds before the access token runs out
SHORTEST_PAUSE = 30  # seconds between two refreshes, however short an access token lives
MAX_STALENESS = 60 * 60  # seconds that a person stays in on what was known before a problem
DEFAULT_LIFETIME = 300  # seconds, for an access token that does not say


@dataclass(frozen=True, kw_only=True)
class WorkOSSession:
    """What WorkOS says about a signed-in person, as of the last refresh; times are in seconds.

    The refresh token is sealed, and kept in the store rather than in the cookie. Measured: it would
    fit in the cookie (about 200 bytes more), but of 20 requests at once with one cookie, 19 bring
    a token that the first has just used up, and a browser cannot know which of 20 answers has the
    good one. In the store the losers of the race read what the winner wrote, and the cookie has
    one size for all claims.
    """

    id: str
    expires_at: int
    refresh_token: str | None
    generation: int = 0
    in_doubt: bool = False  # its token is being spent, or was: nobody can tell
    organization_id: str | None = None
    role: str | None = None
    roles: tuple[str, ...] = ()
    permissions: tuple[str, ...] = ()
    entitlements: tuple[str, ...] = ()
    feature_flags: tuple[str, ...] = ()
    delayed_by: str | None = None  # the failure of the last refresh, until one succeeds
    key_id: str | None = None
    claims: dict[str, Any] | None = None  # all of them, to be looked at, and `ACCESS_TOKEN`

    @classmethod
    def from_claims(cls, claims: Mapping[str, Any], *, expires_at: int) -> WorkOSSession:
        """Reads the claims of an access token, without anything to refresh them with."""
        return cls(
            id=_text(claims.get("sid")) or "",
            expires_at=expires_at,
            refresh_token=None,
            organization_id=_text(claims.get("org_id")),
            role=_text(claims.get("role")),
            roles=_texts(claims.get("roles")),
            permissions=_texts(claims.get("permissions")),
            entitlements=_texts(claims.get("entitlements")),
            feature_flags=_texts(claims.get("feature_flags")),
        )

    @property
    def refresh_at(self) -> int:
        """When a refresh is due: early, so that nobody has to wait for it."""
        return max(self.expires_at - REFRESH_AHEAD, int(time.time()) + SHORTEST_PAUSE)

    @property
    def stale_at(self) -> int:
        """When what is known becomes too old to let the person in."""
        return self.expires_at + MAX_STALENESS

    def opened_refresh_token(self) -> str | None:
        """Returns the refresh token in the clear, to be sent to WorkOS and nowhere else.

        Raises ValueError if its key has gone.
        """
        return unseal(PURPOSE, self.refresh_token).decode() if self.refresh_token else None

    def fields(self) -> tuple[str, int, int]:
        """Returns what a record keeps: itself as text, `refresh_at` and `stale_at`."""
        return self.to_json(), self.refresh_at, self.stale_at

    def to_json(self) -> str:
        """Returns itself as text, for a store."""
        return json.dumps(shapes.write(self), ensure_ascii=False, separators=(",", ":"))

    @classmethod
    @lru_cache(maxsize=1024)  # it stays the same for every request until the next refresh
    def from_json(cls, text: str) -> WorkOSSession:
        """Reads what `to_json` wrote; raises ValueError."""
        return shapes.read(cls, json.loads(text))


class Authentication(NamedTuple):
    """What WorkOS says of somebody whom it lets in."""

    workos_session: WorkOSSession | None  # None without a `sid`
    impersonator: Impersonator | None  # who acts for the person
    auth_time: int | None  # when they last proved who they are, in seconds since the epoch


def read_authentication(
    reply: AuthenticateResponse, config: Config, *, generation: int = 0
) -> Authentication:
    """Reads the answer of `POST /user_management/authenticate`, and its access token.

    All claims, and the key, are kept where developers look at them, and nowhere else.
    """
    # Not verified: it came straight from WorkOS over TLS, in answer to a call with our key
    # (OpenID Connect Core 3.1.3.7 item 6). A token from anywhere else must be verified.
    try:
        token = jwt.decode_complete(reply.access_token, options={"verify_signature": False})
    except jwt.InvalidTokenError:
        token = {"header": {}, "payload": {}}
    claims, workos_session = token["payload"], None
    if isinstance(claims.get("sid"), str):
        said = WorkOSSession.from_claims(claims, expires_at=_expiry(claims))
        kept: dict[str, Any] = dict(claims) if config.is_development else {}
        if config.keeps_access_tokens:
            kept[ACCESS_TOKEN] = sealed(ACCESS_TOKEN, reply.access_token)
        workos_session = replace(
            said,
            refresh_token=sealed(PURPOSE, reply.refresh_token),
            generation=generation,
            organization_id=reply.organization_id or said.organization_id,
            key_id=_text(token["header"].get("kid")) if config.is_development else None,
            claims=kept or None,
        )
    method, named = reply.authentication_method, reply.impersonator
    is_certain = method is not None and method.value == "Impersonation"
    impersonator = impersonator_in(claims, is_certain=is_certain)
    if named:
        impersonator = Impersonator(email=str(named.email), reason=_text(named.reason))
    auth_time = claims.get("auth_time")
    is_said = isinstance(auth_time, int)
    return Authentication(workos_session, impersonator, auth_time if is_said else None)


def impersonator_in(claims: Mapping[str, Any], *, is_certain: bool = False) -> Impersonator | None:
    """Returns who acts for the person by a token (RFC 8693); `is_certain` that somebody does."""
    actor = claims.get("act")
    if actor is None and not is_certain:
        return None
    email = _text(actor.get("sub")) if isinstance(actor, dict) else None
    return Impersonator(email=email or "unknown", reason=None)


def _expiry(claims: Mapping[str, Any]) -> int:
    # By our own clock: WorkOS's may be a little ahead or behind.
    issued_at, expires_at = claims.get("iat"), claims.get("exp")
    if isinstance(issued_at, int) and isinstance(expires_at, int):
        return int(time.time()) + expires_at - issued_at
    return int(time.time()) + DEFAULT_LIFETIME


def sealed(purpose: str, token: str) -> str:
    """Returns a token as a store may keep it; `unseal` opens it."""
    return sealer(purpose).encrypt(token.encode()).decode()


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()

"""Programs that bring the access token of a person, from WorkOS, in `Authorization: Bearer`."""

from __future__ import annotations

import time
from functools import partial
from hashlib import sha256
from threading import Lock

from flask import current_app

from ..identity import Identity
from ..keys import CLOCK_SKEW
from ..session import act_as
from ..session.store import SessionRecord
from ..session.workos_session import WorkOSSession, impersonator_in
from ..web.answers import answer_program
from ..web.authorization import bearer_token
from ..workos_api.access_tokens import AccessTokenMissing, verify
from ..workos_api.token_claims import Claims
from .program import ProgramGuard
from .sign_in import signed_in_record

MOST = 1_000  # tokens that are remembered, so that one costs a signature only once


# Every JWT begins with "ey": its header is JSON, in base64.
@partial(ProgramGuard, takes=lambda token: token.startswith("ey"), missing=AccessTokenMissing)
def bearer_required() -> None:
    """Lets programs through with the access token of a person; a session in a browser is not asked.

    `current_user`, `can` and the other guards then go by its claims. They are as of the moment in
    which it was made: a session that has been revoked since counts until the token expires. It
    says no email address, so `current_user.email` is empty, unless a JWT template adds `email`.
    """
    answer_program()
    token = bearer_token()
    if token is None:
        raise AccessTokenMissing
    verified: Verified = current_app.extensions["signin_verified"]
    act_as(verified.record(token))
    signed_in_record()  # which logs that somebody acts for the person


class Verified:
    """Tokens that have been found good, by their hash, until they expire."""

    def __init__(self) -> None:
        self._records: dict[bytes, SessionRecord] = {}
        self._lock = Lock()

    def record(self, token: str) -> SessionRecord:
        """Returns for whom a token speaks; raises InvalidToken and KeysUnavailable."""
        name = sha256(token.encode()).digest()
        found = self._records.get(name)
        if found and time.time() < found.stale_at:
            return found
        record = _record(verify(token))
        with self._lock:
            self._records.pop(name, None)
            if len(self._records) >= MOST:
                del self._records[next(iter(self._records))]
            self._records[name] = record
        return record


def _record(claims: Claims) -> SessionRecord:
    there = WorkOSSession.from_claims(claims, expires_at=int(claims["exp"]) + CLOCK_SKEW)
    email = claims.get("email")
    identity = Identity(
        user_id=claims["sub"],
        email=email if isinstance(email, str) else "",
        name=None,
        method="access_token",
        organization_id=there.organization_id,
        impersonator=impersonator_in(claims),
    )
    return SessionRecord.of_program(identity, there)

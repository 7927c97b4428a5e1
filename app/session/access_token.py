"""The access token of a session, for another backend that knows WorkOS: off unless it is shared."""

from __future__ import annotations

import time
from typing import NamedTuple

from flask import g

from ..config import settings
from ..failures import Button, Failure, Unavailable
from ..keys import unseal
from . import refreshed_record, ticket
from .store import session_store
from .workos_session import ACCESS_TOKEN, WorkOSSession

SOON = 2  # seconds after which another request has fetched it


class NoAccessToken(Failure):
    """The session is one of ours alone."""

    status = 403
    title = "Please sign in another way for this"
    reason = (
        "Part of this site needs to know you by your account at our sign-in service, and after the "
        "way you signed in it does not. A link by email, for example, does not lead there."
    )
    button = Button("sign_in_another_way", "Sign in another way")
    event = "authz_fail"
    symptom = "403: there is no access token for somebody"
    cause = (
        "They came by a link, after which WorkOS keeps no session; or the refresh token was lost."
    )
    diagnosis = "GET /api/session: `workos` is null after a link"
    fix = "Offer another way in, such as a code (SIGN_IN_WITH), and sign in with that."


class AccessTokenExpired(Unavailable):
    """There is only an old one, and WorkOS cannot be asked for another right now."""

    title = "Part of this site cannot be used right now"
    reason = "Our sign-in service could not be asked for what it needs. You are still signed in."
    symptom = "503: an access token has expired and there is no other"
    cause = "WorkOS cannot be reached, or another request is fetching a new one."
    fix = "Try again. If it goes on, see what is said of WorkOS being down."


class AccessToken(NamedTuple):
    """What another backend takes."""

    value: str  # a credential
    expires_at: int  # seconds since the epoch, by our clock


def access_token() -> str:
    """Returns the WorkOS access token of the person signed in, refreshed if that is due.

    It is a credential: for your backends alone, and for no log. Only behind a guard, and with
    SHARE_ACCESS_TOKENS. Raises NoAccessToken after a link, AccessTokenExpired while WorkOS is down,
    and SessionEnded.
    """
    return current().value


def current() -> AccessToken:
    """Returns the same, and until when it counts."""
    if settings().share_access_tokens != "on":
        raise RuntimeError("Access tokens are not shared: set SHARE_ACCESS_TOKENS=on.")
    there = _session()
    token = kept(there)
    if token is None:  # since it began, sharing was switched on or the key has changed
        session_store().refresh_soon(ticket().handle)
        g.pop("signin_session")
        there = _session()
        token = kept(there)
    if token is None or time.time() >= there.expires_at:
        raise AccessTokenExpired(retry_after=SOON if token is None else None)
    return AccessToken(token, there.expires_at)


def kept(there: WorkOSSession) -> str | None:
    """Returns the token that is kept with a session, in the clear; None if there is none."""
    token = (there.claims or {}).get(ACCESS_TOKEN)
    try:
        return unseal(ACCESS_TOKEN, token).decode() if isinstance(token, str) else None
    except ValueError:  # its key has gone, or a claim has that name
        return None


def _session() -> WorkOSSession:
    record = refreshed_record()
    there = record.workos_session if record else None
    if there is None or there.refresh_token is None:
        raise NoAccessToken
    return there

"""The session: a signed cookie that names a live record.

The cookie carries a random id and two times, nothing about the person. A copy of it is worth
nothing once the record is gone, and the times are judged here, whatever the browser thinks.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import cast

from flask import Flask, g, request, session
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from itsdangerous import URLSafeTimedSerializer
from werkzeug.local import LocalProxy

from app.config import Config, settings
from app.failures import Failure
from app.identity import Identity
from app.keys import CLOCK_SKEW, Keyring
from app.session.refresh import keep_in_step
from app.session.store import SessionRecord, StoreUnavailable, hash_id, session_store
from app.session.workos_session import WorkOSSession
from app.signals import signed_in, signed_out, tell
from app.web import log, trail
from app.web.browsers import browser_name
from app.workos_api import client as workos_client

EXTEND_EVERY = 60  # seconds between two writes on behalf of one busy session
_NOT_ASKED = object()


def sign_in(
    identity: Identity, *, workos_session: WorkOSSession | None = None, state: str | None = None
) -> None:
    """Begins a session for this person in this browser: the only door.

    Everything from before is gone: a session of someone else, and the CSRF secret, which an
    attacker might have planted (session fixation).
    """
    trail.advance(trail.BEGINNING)
    now = int(time.time())
    record = SessionRecord(
        identity=identity,
        state=state,
        signed_in_at=now,
        browser=browser_name(request.headers.get("User-Agent", "")),
        seen_at=now,
        workos_text=workos_session.to_json() if workos_session else None,
        refresh_at=workos_session.refresh_at if workos_session else 0,
        stale_at=workos_session.stale_at if workos_session else 0,
    )
    session_id = secrets.token_urlsafe(32)
    session_store().create(hash_id(session_id), record, expires_at=_ends_at(now, now))
    if before := session.get("id"):
        session_store().end(hash_id(before))
    session.clear()
    session.update(id=session_id, at=now, seen=now)
    session.permanent = True
    g.session_record = record
    log.event("session_created", way=identity.method, user=identity.user_id)
    tell(signed_in, identity=identity, state=state)


def sign_out() -> None:
    """Ends this browser's session for every copy of its cookie, and WorkOS's with it."""
    record = live_record()
    if record:
        end({handle(): record})
    session.clear()
    g.session_record = None


def end(records: Mapping[str, SessionRecord]) -> None:
    """Ends these sessions here, and then at WorkOS as far as it can be reached."""
    for its_handle, record in records.items():
        session_store().end(its_handle)
        log.event("authn_logout", user=record.identity.user_id)
        tell(signed_out, identity=record.identity)
    ids = [record.workos_session.id for record in records.values() if record.workos_session]
    workos_client.revoke(ids)


def handle() -> str:
    """Returns the handle of this browser's session; only for signed-in requests."""
    return hash_id(session["id"])


def live_record() -> SessionRecord | None:
    """Returns the live record behind this request's cookie; raises StoreUnavailable."""
    found = g.get("session_record", _NOT_ASKED)
    if found is _NOT_ASKED:
        try:
            found = record_behind(session._get_current_object())  # type: ignore[attr-defined] # a proxy's own method
        except StoreUnavailable as error:
            found = error  # one page asks several times; one wait is enough
        g.session_record = found
    if isinstance(found, StoreUnavailable):
        raise found
    return cast("SessionRecord | None", found)


def signed_in_identity() -> Identity | None:
    """Returns who is signed in, for pages that must stay up while the store is down."""
    try:
        record = live_record()
    except StoreUnavailable:
        return None
    return record.identity if record else None


def record_in_step() -> SessionRecord | None:
    """Returns the live record as WorkOS sees it now; raises Failure when WorkOS has ended it."""
    record = live_record()
    if record is None:
        return None
    try:
        g.session_record = keep_in_step(handle(), record)
    except Failure as failure:
        if failure.code == "session_ended":
            g.session_record = None
            _forget(session)
        raise
    return cast("SessionRecord", g.session_record)


def is_fresh(max_age: int) -> bool:
    """Whether this person has signed in within the last `max_age` seconds."""
    record = live_record()
    return record is not None and time.time() - record.signed_in_at < max_age


def ends_at() -> datetime:
    """Returns when the session ends if it is not used again; only for signed-in requests."""
    return datetime.fromtimestamp(_ends_at(session["at"], session["seen"]), UTC)


def _current_user() -> Identity | None:
    record = live_record()
    return record.identity if record else None


current_user: Identity = LocalProxy(_current_user)  # type: ignore[assignment] # typed as what it stands for
"""The signed-in Identity, or something that is false; raises StoreUnavailable."""


def record_behind(cookie: SessionMixin) -> SessionRecord | None:
    """Returns the live record that the cookie names, and keeps both alive while they are used."""
    session_id = cookie.get("id")
    if session_id is None:
        return None
    at, seen, now = cookie["at"], cookie["seen"], int(time.time())
    its_handle = hash_id(session_id)
    record = session_store().find(its_handle) if _is_in_time(at, seen, now) else None
    if record is None:
        log.event("session_expired")
        _forget(cookie)
    elif now - seen >= EXTEND_EVERY or now - seen >= settings().session_idle_timeout // 4:
        _extend(cookie, its_handle, now)
    return record


def _extend(cookie: SessionMixin, its_handle: str, now: int) -> None:
    try:
        expires_at = _ends_at(cookie["at"], now)
        session_store().extend(its_handle, seen_at=now, expires_at=expires_at)
    except StoreUnavailable:
        return  # a full disk must not turn people away; the next request tries again
    cookie["seen"] = now


def _is_in_time(at: int, seen: int, now: int) -> bool:
    return at - CLOCK_SKEW <= seen <= now + CLOCK_SKEW and now < _ends_at(at, seen)


def _ends_at(at: int, seen: int) -> int:
    config = settings()
    return min(seen + config.session_idle_timeout, at + config.session_lifetime)


def _forget(cookie: SessionMixin) -> None:
    for key in ("id", "at", "seen", "_permanent"):
        cookie.pop(key, None)


class SignedCookie(SecureCookieSessionInterface):
    """Flask's own cookie session, with our key, SHA-256, and the lifetime of the record."""

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer:
        ring: Keyring = app.extensions["keyring"]
        return ring.session

    def get_expiration_time(self, app: Flask, session: SessionMixin) -> datetime | None:
        return ends_at() if "id" in session else None


def init_app(app: Flask, config: Config) -> None:
    """Makes `flask.session` ours and gives every template `current_user`."""
    app.session_interface = SignedCookie()
    app.config.update(
        SESSION_COOKIE_NAME="__Host-session" if config.is_https else "session",
        SESSION_COOKIE_SECURE=config.is_https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        SESSION_REFRESH_EACH_REQUEST=False,
        PERMANENT_SESSION_LIFETIME=config.session_lifetime,
    )
    app.context_processor(lambda: {"current_user": signed_in_identity()})

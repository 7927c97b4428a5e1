"""The session: a signed cookie that names a live record.

A copy of the cookie is worth nothing once the record is gone, and the times in it are judged here.
`sign_in` and `sign_out` are the only ways in and out; `current_user` is the person inside.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime

from flask import g, request
from werkzeug.local import LocalProxy

from ..config import Config, settings
from ..identity import Identity
from ..signals import signed_in, signed_out, tell
from ..web import csrf, log
from ..web.browsers import browser_name
from ..workos_api import sessions
from . import cookie
from .cookie import Current, NotForPrograms, Ticket
from .refresh import refreshed
from .store import SessionRecord, SessionStore, StoreUnavailable, session_store
from .verdicts import SessionEnded
from .workos_session import WorkOSSession

EXTEND_EVERY = 60  # seconds between two writes on behalf of one busy session


def sign_in(
    identity: Identity,
    config: Config,
    store: SessionStore,
    *,
    workos_session: WorkOSSession | None = None,
    caller_state: str | None = None,
    proved_at: int | None = None,
) -> None:
    """Begins a session for this person in this browser.

    Whatever was there before is gone: anybody else's session, and the CSRF secret, which an
    attacker might have planted (session fixation). `proved_at` is when they proved who they are, in
    seconds since the epoch, if that was not just now: what needs a recent sign-in goes by it.
    """
    now = int(time.time())
    new, ends_at, before = cookie.begin(config, now)
    text, refresh_at, stale_at = workos_session.fields() if workos_session else (None, 0, 0)
    record = SessionRecord(
        identity=identity,
        state=caller_state,
        signed_in_at=now if proved_at is None else min(now, proved_at),
        browser=browser_name(request.headers.get("User-Agent", "")),
        seen_at=now,
        workos_text=text,
        refresh_at=refresh_at,
        stale_at=stale_at,
    )
    store.create(new.handle, record, expires_at=ends_at)
    if before and (replaced := store.find(before.handle)):
        # WorkOS may go on with its session instead of beginning another: that one is to live.
        there = replaced.workos_session
        is_same = there and workos_session and there.id == workos_session.id
        with suppress(StoreUnavailable):  # by a failover it may come back, but a code is spent
            end({before.handle: replaced}, revokes=not is_same)
    csrf.forget_secret()
    g.signin_session = Current(config, new, record, is_changed=True)
    log.event("session_created", way=identity.method, user=identity.user_id)
    tell(signed_in, identity=identity, state=caller_state)


def sign_out(*, revokes: bool = True) -> None:
    """Ends this browser's session for every copy of its cookie, and `revokes` WorkOS's with it."""
    if record := live_record():
        end({ticket().handle: record}, revokes=revokes)
    csrf.forget_secret()
    g.signin_session = Current(settings(), is_changed=True)


def end(records: Mapping[str, SessionRecord], *, revokes: bool = True) -> None:
    """Ends these sessions here, and then, if it `revokes` them, at WorkOS if it can be reached."""
    try:
        for each_handle, record in records.items():
            session_store().end(each_handle)
            log.event("authn_logout", user=record.identity.user_id)
            tell(signed_out, identity=record.identity)
    finally:  # so that one which a failover may bring back ends with its next refresh
        found = [record.workos_session for record in records.values() if revokes]
        sessions.revoke_sessions([there.id for there in found if there])


def act_as(record: SessionRecord) -> None:
    """Answers this request as the one whom a program has proved to speak for, by a token or a key.

    Whatever the cookie says counts no more. The record holds for this request alone: no store keeps
    it, nothing refreshes it, no cookie is written, and it is never a recent sign-in.
    """
    g.signin_session = Current(settings(), record=record)


def live_record() -> SessionRecord | None:
    """Returns the live record of the cookie or the program; raises StoreUnavailable."""
    current = _current()
    if current.error:
        raise current.error
    return current.record


def refreshed_record() -> SessionRecord | None:
    """Returns the live record, with what WorkOS says refreshed if it is due.

    Raises SessionEnded when WorkOS has ended it, and SessionUnconfirmed when nobody can tell.
    """
    record, current = live_record(), _current()
    if record is None or current.ticket is None:
        return record
    try:
        fresh = refreshed(current.ticket.handle, record)
    except SessionEnded:
        g.signin_session = Current(current.config, is_changed=True)
        raise
    if fresh is not record:
        g.signin_session = current._replace(record=fresh)
    return fresh


def signed_in_identity() -> Identity | None:
    """Returns who is signed in; None also while the store is down, so that pages stay up."""
    return record.identity if (record := _current().record) else None


def ticket() -> Ticket:
    """Returns what this browser's session cookie says; raises NotForPrograms without one."""
    if found := _current().ticket:
        return found
    raise NotForPrograms


def ends_at() -> datetime:
    """Returns when the session ends if it is not used again; only for signed-in requests."""
    return datetime.fromtimestamp(ticket().ends_at(_current().config), UTC)


def is_of_program() -> bool:
    """Whether a program asks, with a token or a key, rather than a browser."""
    current = _current()
    return current.record is not None and current.ticket is None


def is_fresh(max_age: int) -> bool:
    """Whether this person, and nobody who acts for them, has signed in within `max_age` seconds."""
    record = live_record()
    if record is None or record.identity.impersonator or is_of_program():
        return False
    return time.time() - record.signed_in_at < max_age


current_user: Identity = LocalProxy(  # type: ignore[assignment] # typed as what it stands for
    lambda: record.identity or None if (record := live_record()) else None
)
"""The Identity of the person signed in; false if nobody is; raises StoreUnavailable."""


def _current() -> Current:
    found: Current | None = g.get("signin_session")
    if found is None:
        g.signin_session = found = _found(settings())
    return found


def _found(config: Config) -> Current:
    ticket, now = cookie.read(config), int(time.time())
    if ticket is None:
        return Current(config)
    try:
        is_in_time = ticket.is_in_time(config, now)
        record = session_store().find(ticket.handle) if is_in_time else None
    except StoreUnavailable as error:
        return Current(config, ticket, error=error)
    if record is None:
        log.event("session_expired")
        return Current(config, is_changed=True)
    if now - ticket.seen < min(EXTEND_EVERY, config.session_idle_timeout // 4):
        return Current(config, ticket, record)
    later = ticket._replace(seen=now)
    try:
        session_store().extend(later.handle, seen_at=now, expires_at=later.ends_at(config))
    except StoreUnavailable:  # a full disk must not lock people out; the next request tries again
        return Current(config, ticket, record)
    return Current(config, later, record, is_changed=True)

"""Refreshes a session at WorkOS: once, however many requests ask.

Only a final refusal ends a session. After anything that may pass (WorkOS is down, slow, busy, or
cannot be understood) the person stays signed in with what was known, and it is tried again, for a
limited time.
"""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from typing import NoReturn

from .. import signals
from ..failures import Failure
from ..web import log
from ..web.visitor import this_browser
from ..workos_api import refusals, sessions, user_management
from ..workos_api.faults import UnexpectedReply, WorkOSBusy, WorkOSUnreachable
from .store import SessionRecord, SessionUnconfirmed, StoreUnavailable, session_store
from .verdicts import SessionEnded, SessionNotEnough, Verdict, verdict_on
from .workos_session import WorkOSSession

LEASE = 15  # seconds that one refresh may take; longer than any call to WorkOS
RETRY_AFTER = 30  # seconds between two tries while WorkOS has a problem
CHECK_EVERY = 5 * 60  # seconds between two checks at WorkOS, once the refresh token is lost
PATIENCE = 4.0  # seconds that the losers of the race wait for the winner
PAUSE = 0.05  # seconds between two looks for the winner's result


class SessionStale(SessionUnconfirmed):
    """What is known about the person is too old to let them in."""

    title = "We cannot confirm your session right now"
    reason = (
        "The sign-in service could not be reached for a long time. You have not been signed out."
    )


def refreshed(handle: str, record: SessionRecord) -> SessionRecord:
    """Returns the record, refreshed if it was due; raises SessionEnded and SessionStale."""
    session = record.workos_session
    if session is None or time.time() < min(record.refresh_at, record.stale_at):
        return record
    if time.time() < record.refresh_at:
        raise SessionStale(retry_after=RETRY_AFTER)
    lease = f"refresh:{handle}:{session.generation}"
    try:
        if not session_store().claim(lease, expires_at=time.time() + LEASE):
            return _result_of_another(handle, record)
        try:
            return _refresh(handle, record, session.generation)
        finally:
            session_store().release(lease)
    except StoreUnavailable:
        # It can be read but not written, for example on a full disk: what was read still holds.
        return _unless_stale(record)


def _refresh(handle: str, record: SessionRecord, generation: int) -> SessionRecord:
    # Read again under the lease: another request may have refreshed it, or died trying.
    current = session_store().find(handle)
    if current is None or current.workos_session is None:
        _end(handle, record, "ended meanwhile")
    session = current.workos_session
    if session.generation != generation or time.time() < current.refresh_at:
        return current
    try:
        token = session.opened_refresh_token()
    except ValueError:
        sessions.revoke_sessions([session.id])  # nobody else could end it any more
        _end(handle, current, "sealed with a lost key")
    try:
        fresh = _ask(handle, current, session, token)
    except Failure as failure:
        signals.tell(signals.session_refresh_failed, identity=record.identity, code=failure.name())
        verdict = verdict_on(failure)
        if verdict is Verdict.ELSEWHERE:
            _end(handle, current, failure.name(), SessionNotEnough)
        if verdict is Verdict.FINAL or (
            verdict is Verdict.UNKNOWN and _is_answered(current, session)
        ):
            _end(handle, current, failure.name())
        return _put_off(handle, current, session, failure)
    session_store().keep(handle, fresh, refresh_at=fresh.refresh_at)
    # Who impersonates the person stays as it was at sign-in, whether or not the reply says it.
    identity = replace(current.identity, organization_id=fresh.organization_id)
    renewed = replace(
        current,
        identity=identity,
        workos_text=fresh.to_json(),
        refresh_at=fresh.refresh_at,
        stale_at=fresh.stale_at,
    )
    if identity != current.identity:
        session_store().set_identity(handle, renewed)
    log.event("authn_token_created", user=identity.user_id)
    signals.tell(signals.session_refreshed, identity=identity, workos_session=fresh)
    return renewed


def _ask(
    handle: str, record: SessionRecord, session: WorkOSSession, token: str | None
) -> WorkOSSession:
    if token is None:
        return _checked(record, session)
    # Written before the call: if this process dies halfway, the next one knows that the token may
    # be used up, and does not take "invalid_grant" for the end of the session.
    session_store().keep(handle, replace(session, in_doubt=True), refresh_at=record.refresh_at)
    try:
        reply = user_management.authenticate_with_refresh_token(token, this_browser())
    except refusals.InvalidGrant:
        if session.in_doubt:
            return _checked(record, session)
        raise
    fresh = WorkOSSession.from_authentication(
        reply, keep_claims=session.claims is not None, generation=session.generation + 1
    )
    if fresh is None:
        raise UnexpectedReply(detail="no sid")
    if (reply.user.id, fresh.id) != (record.identity.user_id, session.id):
        # Somebody else's roles must not become this person's; and nothing is known of their own.
        log.event("authn_token_foreign", level=logging.ERROR, user=record.identity.user_id)
        raise UnexpectedReply(detail="about somebody else")
    return fresh


def _checked(record: SessionRecord, session: WorkOSSession) -> WorkOSSession:
    # The token was lost in transit, which is nobody's fault: ask if the session is still alive.
    if not sessions.is_session_active(record.identity.user_id, session.id):
        raise refusals.InvalidGrant
    expires_at = int(time.time()) + CHECK_EVERY
    return replace(session, refresh_token=None, in_doubt=False, expires_at=expires_at)


def _is_answered(record: SessionRecord, session: WorkOSSession) -> bool:
    # A refusal that nobody knows is about this session if WorkOS does what else we ask; if not, it
    # may be about us, and must not sign everybody out.
    try:
        sessions.is_session_active(record.identity.user_id, session.id)
    except Failure:
        return False
    return True


def _put_off(
    handle: str, record: SessionRecord, session: WorkOSSession, failure: Failure
) -> SessionRecord:
    log.event("authn_token_delayed", user=record.identity.user_id, failure=failure.name())
    is_unused = isinstance(failure, WorkOSBusy | WorkOSUnreachable)
    kept = replace(session, in_doubt=not is_unused, delayed_by=failure.name())
    later = int(time.time()) + (failure.retry_after or RETRY_AFTER)
    session_store().keep(handle, kept, refresh_at=later)
    return _unless_stale(record)


def _result_of_another(handle: str, record: SessionRecord) -> SessionRecord:
    session = record.workos_session
    if session and time.time() < session.expires_at:
        return record  # still good while another request refreshes
    gives_up_at = time.monotonic() + PATIENCE
    while time.monotonic() < gives_up_at:
        time.sleep(PAUSE)
        found = session_store().find(handle)
        if found is None:
            _end(handle, record, "ended meanwhile")
        if found.refresh_at != record.refresh_at:
            return _unless_stale(found)
    return _unless_stale(record)


def _unless_stale(record: SessionRecord) -> SessionRecord:
    if time.time() >= record.stale_at:
        raise SessionStale(retry_after=RETRY_AFTER)
    return record


def _end(
    handle: str, record: SessionRecord, reason: str, kind: type[SessionEnded] = SessionEnded
) -> NoReturn:
    session_store().end(handle)
    log.event("authn_token_revoked", user=record.identity.user_id, reason=reason)
    raise kind

"""Keeps a session in step with the one at WorkOS: one refresh a session, whoever asks.

Only a refusal that is final ends a session. Whatever may pass (WorkOS down, slow, busy, senseless)
leaves the person signed in with what was known, and is tried again, for a limited time.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import NoReturn

from app.failures import Failure
from app.session.store import SessionRecord, StoreUnavailable, session_store
from app.session.workos_session import WorkOSSession
from app.signals import session_refresh_failed, session_refreshed, tell
from app.web import log
from app.workos_api import client as workos_client

LEASE = 15  # seconds that one refresh may take, more than the longest call to WorkOS
RETRY_AFTER = 30  # seconds between two tries while WorkOS has a problem
CHECK_EVERY = 5 * 60  # seconds between two looks at WorkOS, once the refresh token is lost
PATIENCE = 4.0  # seconds that the losers of the race wait for the winner
PAUSE = 0.05  # seconds between two looks for the winner's result

# What WorkOS says when a session is over, or may not go on as it is.
FINAL = frozenset(
    {
        "invalid_grant",
        "sso_required",
        "mfa_enrollment",
        "mfa_challenge",
        "organization_authentication_methods_required",
        "authentication_method_not_allowed",
        "email_verification_required",
        "sign_up_not_allowed",
        "user_mismatch",
    }
)


def keep_in_step(handle: str, record: SessionRecord) -> SessionRecord:
    """Returns the record, refreshed if it was time; raises Failure when the session is over."""
    if record.workos_text is None or time.time() < min(record.refresh_at, record.stale_at):
        return record
    if time.time() < record.refresh_at:
        raise _stale()
    session = WorkOSSession.from_json(record.workos_text)
    try:
        return _in_step(handle, record, session)
    except StoreUnavailable:
        # It could be read but not written, as when a disk is full: what was read still holds.
        return _as_it_was(record)


def _in_step(handle: str, record: SessionRecord, session: WorkOSSession) -> SessionRecord:
    lease = f"refresh:{handle}:{session.generation}"
    if not session_store().claim(lease, expires_at=time.time() + LEASE):
        return _winners_result(handle, record, session)
    try:
        return _refresh(handle, record, session)
    finally:
        session_store().release(lease)


def _refresh(handle: str, record: SessionRecord, session: WorkOSSession) -> SessionRecord:
    # Read again under the lease: another request may have refreshed since, or died while at it.
    current = session_store().find(handle)
    if current is None or current.workos_text is None:
        _over(handle, record, "ended meanwhile")
    newest = WorkOSSession.from_json(current.workos_text)
    if newest.generation != session.generation or time.time() < current.refresh_at:
        return current
    record, session = current, newest
    try:
        fresh = _ask(handle, record, session)
    except Failure as failure:
        return _not_refreshed(handle, record, session, failure)
    return _keep(handle, record, fresh)


def _ask(handle: str, record: SessionRecord, session: WorkOSSession) -> WorkOSSession:
    token = session.opened_refresh_token()
    if token is None:
        return _checked(record, session)
    # Written before the call: if this process dies in the middle, the next one knows that the token
    # may have been used up, and does not take "invalid_grant" for the end of the session.
    session_store().keep(handle, session.doubted(), refresh_at=record.refresh_at)
    try:
        reply = workos_client.refresh(token)
    except Failure as failure:
        if failure.code == "invalid_grant" and session.in_doubt:
            return _checked(record, session)
        raise
    fresh = WorkOSSession.from_authentication(reply, generation=session.generation + 1)
    if fresh is None:
        raise Failure("workos_nonsense")
    return fresh


def _checked(record: SessionRecord, session: WorkOSSession) -> WorkOSSession:
    # The token was lost on the way, which is nobody's fault: ask whether the session still lives.
    if not workos_client.is_alive(record.identity.user_id, session.id):
        raise Failure("invalid_grant")
    return session.without_refresh(checked_until=int(time.time()) + CHECK_EVERY)


def _keep(handle: str, record: SessionRecord, fresh: WorkOSSession) -> SessionRecord:
    session_store().keep(handle, fresh, refresh_at=fresh.refresh_at)
    log.event("authn_token_created", user=record.identity.user_id)
    kept = replace(
        record,
        workos_text=fresh.to_json(),
        refresh_at=fresh.refresh_at,
        stale_at=fresh.stale_at,
    )
    tell(session_refreshed, identity=kept.identity, workos_session=fresh)
    return kept


def _not_refreshed(
    handle: str, record: SessionRecord, session: WorkOSSession, failure: Failure
) -> SessionRecord:
    tell(session_refresh_failed, identity=record.identity, code=failure.code)
    if failure.code in FINAL:
        _over(handle, record, failure.code)
    log.event("authn_token_delayed", user=record.identity.user_id, failure=failure.code)
    is_unused = failure.code in ("workos_busy", "workos_unreachable")
    kept = (session.cleared() if is_unused else session.doubted()).delayed(failure.code)
    later = int(time.time()) + (failure.retry_after or RETRY_AFTER)
    session_store().keep(handle, kept, refresh_at=later)
    return _as_it_was(record)


def _winners_result(handle: str, record: SessionRecord, session: WorkOSSession) -> SessionRecord:
    if time.time() < session.expires_at:
        return record  # still good while another request refreshes
    gives_up_at = time.monotonic() + PATIENCE
    while time.monotonic() < gives_up_at:
        time.sleep(PAUSE)
        found = session_store().find(handle)
        if found is None:
            _over(handle, record, "ended meanwhile")
        if found.refresh_at != record.refresh_at:
            return _as_it_was(found)
    return _as_it_was(record)


def _as_it_was(record: SessionRecord) -> SessionRecord:
    if time.time() >= record.stale_at:
        raise _stale()
    return record


def _stale() -> Failure:
    return Failure("session_stale", retry_after=RETRY_AFTER)


def _over(handle: str, record: SessionRecord, reason: str) -> NoReturn:
    session_store().end(handle)
    log.event("authn_token_revoked", user=record.identity.user_id, reason=reason)
    raise Failure("session_ended")

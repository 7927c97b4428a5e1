"""Refreshes a session at WorkOS: once, however many requests ask.

Only a final refusal ends a session. After anything that may pass (WorkOS is down, slow, busy, or
cannot be understood) the person stays signed in with what was known, and it is tried again, for a
limited time.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import NoReturn

from .. import signals
from ..failures import Failure
from ..web import log
from ..workos_api import sessions
from ..workos_api.client import take_place
from ..workos_api.faults import TooManyWaiting, WorkOSBusy, WorkOSUnreachable
from . import deleted_organizations, exchange
from .store import SessionRecord, SessionUnconfirmed, StoreUnavailable, session_store
from .verdicts import OrganizationLost, SessionEnded, SessionNotEnough, Verdict, verdict_on
from .workos_session import WorkOSSession

LEASE = 15  # seconds that one refresh may take; longer than any call to WorkOS
RETRY_AFTER = 30  # seconds between two tries while WorkOS has a problem
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
    if session and deleted_organizations.includes(session.organization_id):
        _leave_organization(handle, session)
        raise OrganizationLost(detail="organization deleted")
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
        fresh = exchange.exchange(handle, current, session, token, session.organization_id)
    except Failure as failure:
        signals.tell(signals.session_refresh_failed, identity=record.identity, code=failure.name())
        verdict = verdict_on(failure)
        if verdict is Verdict.ELSEWHERE:
            _end(handle, current, failure.name(), SessionNotEnough)
        if verdict is Verdict.OUTSIDE and session.organization_id:
            exchange.leave_organization(handle, current, session)
            raise OrganizationLost(detail=failure.name()) from None
        if verdict in (Verdict.FINAL, Verdict.OUTSIDE) or (
            verdict is Verdict.UNKNOWN and _is_answered(current, session)
        ):
            _end(handle, current, failure.name())
        return _put_off(handle, current, session, failure)
    renewed = exchange.keep(handle, current, fresh)
    # What was asked for in one organization must not be done in another.
    if session.organization_id not in (None, fresh.organization_id):
        raise OrganizationLost(detail="another one")
    return renewed


def _leave_organization(handle: str, session: WorkOSSession) -> None:
    lease = f"refresh:{handle}:{session.generation}"
    if not session_store().claim(lease, expires_at=time.time() + LEASE):
        return  # whoever refreshes it hears the same from WorkOS
    try:
        current = session_store().find(handle)
        if current and current.workos_session == session:
            exchange.leave_organization(handle, current, session)
    finally:
        session_store().release(lease)


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
    in_doubt = session.in_doubt or not is_unused
    kept = replace(session, in_doubt=in_doubt, delayed_by=failure.name())
    later = int(time.time()) + (failure.retry_after or RETRY_AFTER)
    session_store().keep(handle, kept, refresh_at=later)
    return _unless_stale(record)


def _result_of_another(handle: str, record: SessionRecord) -> SessionRecord:
    session = record.workos_session
    if session and time.time() < session.expires_at:
        return record  # still good while another request refreshes
    try:
        take_place()  # this waits for WorkOS too
    except TooManyWaiting:
        return _unless_stale(record)
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

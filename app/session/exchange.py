"""Spends a refresh token: for new claims, in the organization that the session is in, or is to be.

Only for the request that holds the lease of the session.
"""

from __future__ import annotations

import logging
import time
from dataclasses import replace

from .. import signals
from ..config import settings
from ..web import log
from ..web.visitor import this_browser
from ..workos_api import refusals, sessions, user_management
from ..workos_api.faults import UnexpectedReply
from .store import SessionRecord, session_store
from .workos_session import WorkOSSession, read_authentication

CHECK_EVERY = 5 * 60  # seconds between two checks at WorkOS, once the refresh token is lost


def exchange(
    handle: str,
    record: SessionRecord,
    session: WorkOSSession,
    token: str | None,
    organization_id: str | None,
) -> WorkOSSession:
    """Returns what WorkOS says now of the person in this organization; raises Failure.

    Without the organization WorkOS would fall back to another, or to none.
    """
    if token is None:
        return _checked(record, session)
    # Written before the call: if this process dies halfway, the next one knows that the token may
    # be used up, and does not take "invalid_grant" for the end of the session.
    session_store().keep(handle, replace(session, in_doubt=True), refresh_at=record.refresh_at)
    try:
        reply = user_management.authenticate_with_refresh_token(
            token, this_browser(), organization_id=organization_id
        )
    except refusals.InvalidGrant:
        if session.in_doubt:
            return _checked(record, session)
        raise
    answered = read_authentication(reply, settings(), generation=session.generation + 1)
    fresh = answered.workos_session
    if fresh is None:
        raise UnexpectedReply(detail="no sid")
    if (reply.user.id, fresh.id) != (record.identity.user_id, session.id):
        # Somebody else's roles must not become this person's; and nothing is known of their own.
        log.event("authn_token_foreign", level=logging.ERROR, user=record.identity.user_id)
        raise UnexpectedReply(detail="about somebody else")
    return fresh


def keep(handle: str, current: SessionRecord, fresh: WorkOSSession) -> SessionRecord:
    """Keeps what WorkOS has said, and returns the record with it."""
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


def leave_organization(handle: str, current: SessionRecord, session: WorkOSSession) -> None:
    """Forgets the organization, and all that holds there; the next request asks without it.

    At once, rather than with that answer: it may never come, and the claims would stay.
    """
    outside = replace(
        session,
        organization_id=None,
        role=None,
        roles=(),
        permissions=(),
        entitlements=(),
        feature_flags=(),
        claims=None,
    )
    session_store().keep(handle, outside, refresh_at=int(time.time()))
    identity = replace(current.identity, organization_id=None)
    session_store().set_identity(handle, replace(current, identity=identity))
    log.event("authz_organization_left", user=identity.user_id)


def _checked(record: SessionRecord, session: WorkOSSession) -> WorkOSSession:
    # The token was lost in transit, which is nobody's fault: ask if the session is still alive.
    if not sessions.is_session_active(record.identity.user_id, session.id):
        raise refusals.InvalidGrant
    expires_at = int(time.time()) + CHECK_EVERY
    return replace(session, refresh_token=None, in_doubt=False, expires_at=expires_at)

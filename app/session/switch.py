"""Moves a session into another organization: one more thing that spends its refresh token.

https://workos.com/docs/reference/authkit/authentication/refresh-token
"""

from __future__ import annotations

import time

from ..failures import Button, Failure
from ..workos_api import refusals
from ..workos_api.faults import WorkOSBusy, WorkOSUnreachable
from . import exchange
from .refresh import LEASE, PATIENCE, PAUSE
from .store import SessionRecord, session_store
from .verdicts import SessionEnded, Verdict, verdict_on
from .workos_session import WorkOSSession


class NotSwitched(Failure):
    """The session cannot be moved, and stays where it is."""

    status = 409
    title = "You could not be moved to that organization"
    reason = "You are still where you were. Sign in again to choose where you want to be."
    button = Button("sign_in_another_way", "Sign in again")
    event = "authz_fail"
    symptom = "Somebody cannot switch to another of their organizations"
    cause = (
        "They came by a link, after which WorkOS keeps no session; an answer of WorkOS was lost, "
        "and the refresh token with it; or WorkOS answered with another organization."
    )
    diagnosis = "grep not_switched in the log: `detail` says which"
    fix = "Sign in again."


def switch(handle: str, record: SessionRecord, organization_id: str) -> None:
    """Moves the session there; raises Failure, after which it is where it was.

    Waits for a refresh that is under way, because both would spend the same token.
    """
    gives_up_at = time.monotonic() + PATIENCE
    while time.monotonic() < gives_up_at:
        if record.workos_session is None:
            raise NotSwitched(detail="no session at WorkOS")
        generation = record.workos_session.generation
        lease = f"refresh:{handle}:{generation}"
        is_ours = session_store().claim(lease, expires_at=time.time() + LEASE)
        try:
            found = session_store().find(handle)
            if found is None or found.workos_session is None:
                raise SessionEnded
            if is_ours and found.workos_session.generation == generation:
                return _switch(handle, found, found.workos_session, organization_id)
        finally:
            if is_ours:
                session_store().release(lease)
        record = found
        time.sleep(PAUSE)
    raise NotSwitched(detail="refreshed for too long")


def _switch(
    handle: str, record: SessionRecord, session: WorkOSSession, organization_id: str
) -> None:
    try:
        token = session.opened_refresh_token()
    except ValueError:
        token = None
    if token is None or session.in_doubt:
        raise NotSwitched(detail="no token")
    try:
        fresh = exchange.exchange(handle, record, session, token, organization_id)
    except refusals.InvalidGrant:  # the next request learns whether the session is over
        session_store().keep(handle, session, refresh_at=int(time.time()))
        raise NotSwitched(detail="token refused") from None
    except Failure as failure:
        is_refusal = verdict_on(failure) is not Verdict.PASSING
        if is_refusal or isinstance(failure, WorkOSBusy | WorkOSUnreachable):
            session_store().keep(handle, session, refresh_at=record.refresh_at)  # not spent
        raise
    exchange.keep(handle, record, fresh)
    if fresh.organization_id != organization_id:
        raise NotSwitched(detail="another organization")

"""What every store promises: which sessions are live, and what has been used once already."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Protocol

from flask import current_app

from .. import shapes
from ..failures import DOCTOR, RELOAD, Unavailable
from ..identity import Identity
from .workos_session import WorkOSSession

# Of what a store keeps. Counted up with every change of SessionRecord, Identity, WorkOSSession or a
# store's own tables and keys, so that no release meets what another keeps: people sign in again.
VERSION = 4


class SessionUnconfirmed(Unavailable):
    """We cannot tell right now whether the person is signed in; nobody is signed out for it."""

    button = RELOAD
    symptom = "503: the session cannot be confirmed"
    cause = (
        "WorkOS could not be reached for more than an hour, or the session store cannot be used: a "
        "full disk, wrong permissions, or its server down."
    )
    diagnosis = DOCTOR
    fix = "Bring it back up. Nobody has been signed out."


class StoreUnavailable(SessionUnconfirmed):
    """The store cannot be asked right now, which says nothing about anybody's session."""

    title = "We cannot check your session right now"
    reason = "Part of this site is not working. You have not been signed out."


@dataclass(frozen=True, kw_only=True)
class SessionRecord:
    """What is kept about one live session; times are seconds since the epoch."""

    identity: Identity
    state: str | None = None  # the caller's own, as passed along when signing in
    signed_in_at: int
    browser: str
    seen_at: int = 0
    workos_text: str | None = None  # kept as text, because most requests only need `refresh_at`
    refresh_at: int = 0
    stale_at: int = 0  # not stored: `workos_text` says it

    @cached_property
    def workos_session(self) -> WorkOSSession | None:
        """What WorkOS says about this person, if the session has one there."""
        return WorkOSSession.from_json(self.workos_text) if self.workos_text else None

    @classmethod
    def of_program(cls, identity: Identity, workos_session: WorkOSSession) -> SessionRecord:
        """Returns what `act_as` takes, for whom a program speaks; no store keeps it."""
        return cls(
            identity=identity,
            state=None,
            signed_in_at=0,
            browser="",
            workos_text=workos_session.to_json(),
            stale_at=workos_session.expires_at,
        )

    def to_json(self) -> str:
        """Returns what stays the same after sign-in; the rest has fields of its own."""
        lasting = replace(self, seen_at=0, workos_text=None, refresh_at=0, stale_at=0)
        return json.dumps(shapes.write(lasting), ensure_ascii=False, separators=(",", ":"))

    @classmethod
    @lru_cache(maxsize=1024, typed=True)  # the store is asked each time; mostly it says the same
    def from_fields(
        cls, text: str, seen_at: int, workos_text: str | None, refresh_at: int
    ) -> SessionRecord | None:
        """Reads the fields of a store; None for what another release wrote: it is no session."""
        try:
            lasting = shapes.read(cls, json.loads(text))
            stale_at = WorkOSSession.from_json(workos_text).stale_at if workos_text else 0
        except ValueError:
            return None
        return replace(
            lasting,
            seen_at=seen_at,
            workos_text=workos_text or None,
            refresh_at=refresh_at,
            stale_at=stale_at,
        )


class SessionStore(Protocol):
    """What a store of sessions promises; each call raises StoreUnavailable when it cannot.

    A session is known by its handle, the hash of the id in the cookie. Each field of a record is
    written separately, so that two requests at once never undo each other's changes.
    """

    def create(self, handle: str, record: SessionRecord, *, expires_at: float) -> None:
        """Makes the session live until `expires_at`."""

    def find(self, handle: str) -> SessionRecord | None:
        """Returns the record of a live session, or None."""

    def extend(self, handle: str, *, seen_at: int, expires_at: float) -> None:
        """Lets a live session live until `expires_at`; a dead one stays dead."""

    def keep(self, handle: str, workos_session: WorkOSSession, *, refresh_at: int) -> None:
        """Replaces what WorkOS says about a live session; a dead one stays dead."""

    def of_user(self, user_id: str) -> dict[str, SessionRecord]:
        """Returns the live sessions of one person, by handle."""

    def set_identity(self, handle: str, record: SessionRecord) -> None:
        """Replaces what stays the same in a live session; a dead one stays dead."""

    def refresh_soon(self, handle: str) -> None:
        """Lets the next request of a live session refresh it."""

    def end(self, handle: str) -> None:
        """Ends the session for every copy of its cookie."""

    def end_all(self) -> int:
        """Ends every session of everybody; returns how many."""

    def claim(self, name: str, *, expires_at: float) -> bool:
        """Returns True to exactly one caller for each name until then, over all workers."""

    def is_claimed(self, name: str) -> bool:
        """Whether somebody has claimed this name, and the claim still stands."""

    def release(self, name: str) -> None:
        """Lets the name be claimed again."""

    def check(self) -> None:
        """Raises StoreUnavailable unless the store could take a new session now."""


def readable(found: Mapping[str, SessionRecord | None]) -> dict[str, SessionRecord]:
    """Returns the sessions that `from_fields` could read, by handle."""
    return {handle: record for handle, record in found.items() if record}


def hash_id(secret: str) -> str:
    """Returns what a store may keep of a secret: nobody can sign in with what they read there.

    It is 192 bits of the SHA-256, in 32 characters, because a store keeps it more than once.
    """
    return base64.urlsafe_b64encode(hashlib.sha256(secret.encode()).digest()[:24]).decode()


def session_store() -> SessionStore:
    """Returns the store of the current application."""
    store: SessionStore = current_app.extensions["signin_store"]
    return store

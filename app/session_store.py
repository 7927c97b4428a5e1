"""Which sessions are alive, and which one-time things are spent: what every store promises."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Protocol

from flask import current_app

from app.identity import Identity


class StoreUnavailable(Exception):
    """The store cannot be asked now; it says nothing about anybody's session."""


@dataclass(frozen=True, kw_only=True)
class SessionRecord:
    """What is kept about one live session; times are seconds since the epoch."""

    identity: Identity
    state: str | None
    signed_in_at: int

    def to_json(self) -> str:
        """Returns the record as text for a store."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> SessionRecord:
        """Reads what `to_json` wrote."""
        values = json.loads(text)
        return cls(**{**values, "identity": Identity(**values["identity"])})


class SessionStore(Protocol):
    """What a store of sessions promises; each call raises StoreUnavailable when it cannot."""

    def create(self, session_id: str, record: SessionRecord, *, expires_at: float) -> None:
        """Makes the session live until `expires_at`."""

    def find(self, session_id: str) -> SessionRecord | None:
        """Returns the record of a live session, or None."""

    def extend(self, session_id: str, *, expires_at: float) -> None:
        """Lets a live session live until `expires_at`; a dead one stays dead."""

    def end(self, session_id: str) -> None:
        """Ends the session for every copy of its cookie."""

    def claim(self, name: str, *, expires_at: float) -> bool:
        """Returns True to exactly one caller for each name, over all workers."""

    def is_claimed(self, name: str) -> bool:
        """Whether somebody has claimed this name before."""

    def check(self) -> None:
        """Raises StoreUnavailable unless the store could take a new session now."""


def hash_id(secret: str) -> str:
    """Returns what a store may keep of a secret: who reads the store cannot sign in with it."""
    return hashlib.sha256(secret.encode()).hexdigest()


def session_store() -> SessionStore:
    """Returns the store of the application in hand."""
    store: SessionStore = current_app.extensions["session_store"]
    return store

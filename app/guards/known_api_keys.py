"""The API keys that WorkOS has just said are good, so that it is asked once a minute for each.

Asking takes 100 to 150 ms, and everybody's calls share 6,000 requests a minute.
"""

from __future__ import annotations

import threading
import time

from flask import current_app

from ..session.store import SessionRecord, session_store
from ..workos_api.api_keys import APIKey

KNOWN_FOR = 60  # seconds for which WorkOS's yes is good
ENDED_FOR = 10 * KNOWN_FOR  # longer than a yes and the call that brought it, by any host's clock
MOST = 1_000  # keys, in each process


class KnownAPIKeys:
    """Those of one process, by the hash of their value.

    They are kept in memory alone, where a look costs nothing. That one has ended is said in the
    store, which all processes share: a look there is what a known key costs.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found: dict[str, tuple[float, APIKey, SessionRecord]] = {}

    def find(self, handle: str) -> tuple[APIKey, SessionRecord] | None:
        """Returns a known key that has not ended, and its record; raises StoreUnavailable."""
        found = self._found.get(handle)
        if found is None:
            return None
        until, key, record = found
        # More than a minute is left once somebody has put the clock back.
        is_in_time = 0 < until - time.time() <= KNOWN_FOR
        has_ended = is_in_time and session_store().is_claimed(_ended(key.id))
        return (key, record) if is_in_time and not has_ended else None

    def keep(self, handle: str, key: APIKey, record: SessionRecord) -> None:
        """Remembers a key for a minute, or until it expires; raises StoreUnavailable."""
        # It may have been good when WorkOS was asked, and have ended since.
        if session_store().is_claimed(_ended(key.id)):
            return
        until = time.time() + KNOWN_FOR
        if key.expires_at:
            until = min(until, key.expires_at.timestamp())
        with self._lock:
            self._found.pop(handle, None)
            if len(self._found) >= MOST:
                del self._found[next(iter(self._found))]  # the oldest
            self._found[handle] = (until, key, record)


def known_api_keys() -> KnownAPIKeys:
    """Returns those of the current application."""
    known: KnownAPIKeys = current_app.extensions["signin_known_api_keys"]
    return known


def forget(api_key_id: str) -> None:
    """Has WorkOS asked anew about a key from now on, by all workers of all hosts."""
    name = _ended(api_key_id)
    session_store().release(name)  # so that the claim of an earlier change begins again
    session_store().claim(name, expires_at=time.time() + ENDED_FOR)


def _ended(api_key_id: str) -> str:
    return f"api-key-ended:{api_key_id}"

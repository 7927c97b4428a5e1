"""The public keys of those who sign access tokens (JWKS, RFC 7517).

Kept in each process, because they change once in months, and a request must not wait for them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from threading import Lock
from typing import Any

import jwt

from ..failures import Failure, Unavailable
from .client import take_place
from .faults import UnexpectedReply, WorkOSFault

PAUSE = 30  # seconds between two looks for a key that nobody knows yet: anybody can make one up
MAX_AGE = 60 * 60  # seconds for which a key counts that has been withdrawn meanwhile


class KeysUnavailable(Unavailable, WorkOSFault):
    """Nobody can tell whether an access token is genuine, because its key cannot be fetched."""

    title = "We cannot check this access token right now"
    reason = "Our sign-in service cannot be asked for the keys to check it with. Try again later."


class Keys:
    """The keys of one issuer, fetched when they are needed; those that there are stay meanwhile."""

    def __init__(self, fetch: Callable[[], Mapping[str, Any]]) -> None:
        self._fetch = fetch
        self._fetching = Lock()
        self._keys: dict[str, jwt.PyJWK] = {}
        self._asked_at = 0.0
        self._are_sure = False  # whether these are all there are, as of the last look

    def find(self, kid: str) -> jwt.PyJWK | None:
        """Returns the key of this name, None if there is none; raises KeysUnavailable.

        One thread fetches. The others take what is there, and wait only if that is nothing at all.
        """
        if is_first := not self._keys:
            take_place()
        if (is_first or self._is_due(kid)) and self._fetching.acquire(blocking=is_first):
            try:
                if self._is_due(kid):  # and not fetched while this thread waited
                    self._asked_at, self._are_sure = time.time(), False
                    with suppress(Failure):
                        self._keys = read(self._fetch())
                        self._are_sure = True
            finally:
                self._fetching.release()
        key = self._keys.get(kid)
        if key is None and not self._are_sure:
            raise KeysUnavailable(retry_after=PAUSE)
        return key

    def _is_due(self, kid: str) -> bool:
        pause = MAX_AGE if kid in self._keys else PAUSE
        return not 0 <= time.time() - self._asked_at < pause


def read(document: Mapping[str, Any]) -> dict[str, jwt.PyJWK]:
    """Returns the keys that sign with RS256, by `kid`; raises UnexpectedReply without any."""
    listed = document.get("keys")
    found = {}
    for entry in listed if isinstance(listed, list) else ():
        if not isinstance(entry, dict) or not isinstance(entry.get("kid"), str):
            continue
        kind = (entry.get("kty"), entry.get("use", "sig"), entry.get("alg", "RS256"))
        if kind == ("RSA", "sig", "RS256"):
            # One that is of no use says nothing of others.
            with suppress(jwt.PyJWTError, TypeError, ValueError):
                found[entry["kid"]] = jwt.PyJWK(entry, algorithm="RS256")
    if not found:
        raise UnexpectedReply(detail="no keys")
    return found

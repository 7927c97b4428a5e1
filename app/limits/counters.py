"""Where it is counted: in the storage that all workers share, or else in each worker's memory."""

from __future__ import annotations

import hmac
import logging
import time
from typing import Any

from flask import current_app
from limits.errors import StorageError
from limits.storage import MemoryStorage, Storage

from ..config import Config
from ..web import log

PAUSE = 5.0  # seconds until a storage that failed is asked again


class Limits:
    """What is counted for one application, and how often each may be asked."""

    def __init__(self, config: Config, counters: Storage, key: bytes) -> None:
        self.config = config
        self._key = key
        self._shared = counters
        self._memory = MemoryStorage()
        self._ask_again_at = 0.0

    def pseudonym(self, text: str) -> str:
        """Returns what is kept in place of an address, where only a count is needed."""
        return hmac.digest(self._key, text.encode(), "sha256").hex()[:32]

    def ask(self, question: str, *about: Any) -> Any:
        """Returns the answer of the shared storage, or of our memory while that cannot be reached.

        So each worker goes on counting: more loosely, but never not at all.
        """
        if time.monotonic() < self._ask_again_at:
            return getattr(self._memory, question)(*about)
        try:
            return getattr(self._shared, question)(*about)
        except StorageError as error:
            self._ask_again_at = time.monotonic() + PAUSE
            cause = error.storage_error
            reason = getattr(cause, "sqlite_errorname", type(cause).__name__)
            log.event("limits_counted_in_memory", level=logging.WARNING, reason=reason)
            return getattr(self._memory, question)(*about)


class Counters(Storage):
    """Passes each question on to the current application's own storage."""

    STORAGE_SCHEME = ["signin"]  # noqa: RUF012 # how the library wants it declared
    base_exceptions = ()  # there is always an answer

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        return int(current().ask("incr", key, expiry, amount))

    def get(self, key: str) -> int:
        return int(current().ask("get", key))

    def get_expiry(self, key: str) -> float:
        return float(current().ask("get_expiry", key))

    def check(self) -> bool:
        return bool(current().ask("check"))

    def reset(self) -> int | None:
        return current().ask("reset")  # type: ignore[no-any-return] # each storage's own

    def clear(self, key: str) -> None:
        current().ask("clear", key)


def current() -> Limits:
    """Returns the limits of the current application."""
    limits: Limits = current_app.extensions["signin_limits"]
    return limits

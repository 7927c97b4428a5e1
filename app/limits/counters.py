"""Where it is counted: in the storage that all workers share, or else in each worker's memory."""

from __future__ import annotations

import hmac
import logging
import time
from collections.abc import Callable, Sequence
from functools import cached_property, lru_cache
from typing import NamedTuple, Protocol, TypeVar, runtime_checkable

from flask import current_app
from limits import RateLimitItem, parse_many
from limits.errors import StorageError
from limits.storage import MemoryStorage, Storage

from ..session.store import StoreUnavailable
from ..web import log

PAUSE = 5.0  # seconds until a storage that failed is asked again

Answer = TypeVar("Answer")
Counted = Sequence[tuple[RateLimitItem, str]]


class Budget(NamedTuple):
    """How often something may happen for each of its kind, by a setting."""

    scope: str
    key: str  # kept as a pseudonym: a store of counters knows nobody
    setting: str


class Exceeded(NamedTuple):
    """The first budget that had nothing left."""

    scope: str
    retry_after: int  # seconds


@runtime_checkable
class Together(Protocol):
    """A storage that takes several limits at once; any other is asked for one after another."""

    def hit_in_turn(self, limits: Counted) -> tuple[int, float] | None:
        """Counts one hit for each limit and its key, up to the first that is exceeded.

        Returns which one that is, and when its window ends, in seconds since the epoch.
        """

    def clear_all(self, keys: Sequence[str]) -> None:
        """Forgets what was counted under these keys."""


class Limits:
    """What is counted for one application."""

    def __init__(self, counters: Storage, key: bytes) -> None:
        self.shared = counters
        self._key = key
        self._ask_again_at = 0.0

    @cached_property
    def _memory(self) -> Storage:
        return MemoryStorage()  # starts a thread: not before it is needed

    def ask(self, question: Callable[[Storage], Answer]) -> Answer:
        """Returns the answer of the shared storage, or of our memory while that cannot be reached.

        So each worker goes on counting: more loosely, but never not at all.
        """
        if time.monotonic() < self._ask_again_at:
            return question(self._memory)
        try:
            return question(self.shared)
        except StorageError as error:
            self._ask_again_at = time.monotonic() + PAUSE
            log.event("limits_counted_in_memory", level=logging.WARNING, reason=_reason(error))
            return question(self._memory)

    def ask_shared(self, question: Callable[[Storage], Answer]) -> Answer:
        """Returns the answer of the shared storage alone; raises StoreUnavailable."""
        try:
            return question(self.shared)
        except StorageError as error:
            raise StoreUnavailable(detail=_reason(error)) from error

    def windows(self, budget: Budget) -> list[tuple[RateLimitItem, str]]:
        """Returns the limits of a budget, each with the key under which it is counted."""
        pseudonym = hmac.digest(self._key, budget.key.encode(), "sha256").hex()[:32]
        return [
            (limit, limit.key_for(pseudonym, budget.scope)) for limit in _parsed(budget.setting)
        ]


def hit(*budgets: Budget, never_alone: bool = False) -> Exceeded | None:
    """Counts one event in all its budgets at once: in turn, up to the first that is exceeded.

    So whatever is refused uses up nothing of the budgets behind. With `never_alone` no worker
    counts in its own memory: raises StoreUnavailable instead.
    """
    limits = current()
    ask = limits.ask_shared if never_alone else limits.ask
    counted = [(budget.scope, window) for budget in budgets for window in limits.windows(budget)]
    windows = [window for _, window in counted]
    found = ask(lambda storage: _hit_in_turn(storage, windows))
    if found is None:
        return None
    index, ends_at = found
    return Exceeded(counted[index][0], max(1, int(ends_at - time.time()) + 1))


def left(budget: Budget) -> int:
    """Returns how often it may still happen."""
    limits = current()
    windows = limits.windows(budget)
    return limits.ask(lambda storage: min(max(0, w.amount - storage.get(k)) for w, k in windows))


def clear(budget: Budget) -> None:
    """Forgets what was counted in this budget."""
    limits = current()
    keys = [key for _, key in limits.windows(budget)]
    limits.ask(lambda storage: _clear_all(storage, keys))


def times(name: str, *, for_seconds: float) -> int:
    """Returns how often this has been called for `name`, over all workers, as far as is known."""
    seconds = max(1, int(for_seconds))
    return current().ask(lambda storage: storage.incr(name, seconds))


def number(name: str) -> int:
    """Returns what was added up under this name, as far as is known."""
    return current().ask(lambda storage: storage.get(name))


def current() -> Limits:
    """Returns the limits of the current application."""
    limits: Limits = current_app.extensions["signin_limits"]
    return limits


class Counters(Storage):
    """Passes each question of Flask-Limiter on to the current application's own storage."""

    STORAGE_SCHEME = ["signin"]  # noqa: RUF012 # how the library wants it declared
    base_exceptions = ()  # there is always an answer

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        return current().ask(lambda storage: storage.incr(key, expiry, amount))

    def get(self, key: str) -> int:
        return current().ask(lambda storage: storage.get(key))

    def get_expiry(self, key: str) -> float:
        return current().ask(lambda storage: storage.get_expiry(key))

    def check(self) -> bool:
        return current().ask(lambda storage: storage.check())

    def reset(self) -> int | None:
        return current().ask(lambda storage: storage.reset())

    def clear(self, key: str) -> None:
        current().ask(lambda storage: storage.clear(key))


def _hit_in_turn(storage: Storage, limits: Counted) -> tuple[int, float] | None:
    if isinstance(storage, Together):
        return storage.hit_in_turn(limits)
    for index, (limit, key) in enumerate(limits):
        if storage.incr(key, limit.get_expiry()) > limit.amount:
            return index, storage.get_expiry(key)
    return None


def _clear_all(storage: Storage, keys: list[str]) -> None:
    if isinstance(storage, Together):
        storage.clear_all(keys)
    else:
        for key in keys:
            storage.clear(key)


@lru_cache
def _parsed(setting: str) -> list[RateLimitItem]:
    # The shortest first: what it refuses must not count towards the longer windows too.
    return sorted(parse_many(setting))


def _reason(error: StorageError) -> str:
    cause = error.storage_error
    return str(getattr(cause, "sqlite_errorname", type(cause).__name__))

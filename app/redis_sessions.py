"""Sessions in Redis: for the workers of many hosts. Redis itself removes what has expired."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import redis

from app.session_store import SessionRecord, StoreUnavailable, hash_id

TIMEOUT = 2  # seconds to connect, and again for each answer


class RedisSessionStore:
    """Keeps one key for each session and for each one-time thing."""

    def __init__(self, url: str) -> None:
        self._redis = redis.Redis.from_url(
            url, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT, decode_responses=True
        )

    def create(self, session_id: str, record: SessionRecord, *, expires_at: float) -> None:
        with _unavailable():
            self._redis.set(_session(session_id), record.to_json(), exat=int(expires_at))

    def find(self, session_id: str) -> SessionRecord | None:
        with _unavailable():
            text = self._redis.get(_session(session_id))
        return SessionRecord.from_json(str(text)) if text else None

    def extend(self, session_id: str, *, expires_at: float) -> None:
        with _unavailable():
            self._redis.expireat(_session(session_id), int(expires_at))

    def end(self, session_id: str) -> None:
        with _unavailable():
            self._redis.delete(_session(session_id))

    def claim(self, name: str, *, expires_at: float) -> bool:
        with _unavailable():
            return bool(self._redis.set(_claim(name), "1", nx=True, exat=int(expires_at)))

    def is_claimed(self, name: str) -> bool:
        with _unavailable():
            return bool(self._redis.exists(_claim(name)))

    def check(self) -> None:
        with _unavailable():
            self._redis.ping()


def _session(session_id: str) -> str:
    return f"session:{hash_id(session_id)}"


def _claim(name: str) -> str:
    return f"claim:{hash_id(name)}"


@contextmanager
def _unavailable() -> Iterator[None]:
    try:
        yield
    except redis.RedisError as error:
        raise StoreUnavailable(type(error).__name__) from error

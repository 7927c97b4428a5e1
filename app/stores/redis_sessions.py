"""Sessions in Redis, for the workers of many hosts.

It removes by itself what has expired.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

import redis
from limits.storage import Storage
from redis.client import Pipeline

from ..session.store import (
    VERSION,
    SessionRecord,
    SessionStore,
    StoreUnavailable,
    hash_id,
    readable,
)
from ..session.workos_session import WorkOSSession
from .redis_counters import RedisCounters
from .redis_server import make_pool

REPLICAS_TIMEOUT = 500  # milliseconds for which a write waits for its replicas
USER_LIFETIME = 31 * 24 * 60 * 60  # seconds; no session lives longer
FIELDS = ["record", "seen_at", "workos_session", "refresh_at", "stale_at"]

# One step, so that a session which ends meanwhile does not come back as half a record.
SET_FIELDS = """
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('HSET', KEYS[1], unpack(ARGV, 2))
if ARGV[1] ~= '' then redis.call('EXPIREAT', KEYS[1], ARGV[1]) end
return 1
"""


def redis_stores(url: str, replicas: int = 0) -> tuple[SessionStore, Storage]:
    """Returns where sessions and limits are kept; nothing is opened before its first use."""
    counters = RedisCounters("redis://", connection_pool=make_pool(url), wrap_exceptions=True)
    return RedisSessionStore(url, replicas), counters


class RedisSessionStore:
    """Keeps a hash for each session, a set of handles for each person, a key for each claim.

    What a failover must not undo (that a token is being spent, that a session has ended) counts as
    written only when so many `replicas` have it, too.
    """

    def __init__(self, url: str, replicas: int = 0) -> None:
        self._redis = redis.Redis(connection_pool=make_pool(url, decode_responses=True))
        self._replicas = replicas
        self._set_fields = self._redis.register_script(SET_FIELDS)

    def create(self, handle: str, record: SessionRecord, *, expires_at: float) -> None:
        fields = (
            record.to_json(),
            record.seen_at,
            record.workos_text or "",
            record.refresh_at,
            record.stale_at,
        )
        user = _user(record.identity.user_id)
        with _unavailable(), self._redis.pipeline() as pipeline:
            pipeline.hset(_session(handle), mapping=dict(zip(FIELDS, fields, strict=True)))
            pipeline.expireat(_session(handle), int(expires_at))
            pipeline.sadd(user, handle)
            pipeline.expire(user, USER_LIFETIME)
            pipeline.execute()

    def find(self, handle: str) -> SessionRecord | None:
        with _unavailable():
            return _record(self._redis.hmget(_session(handle), FIELDS))

    def extend(self, handle: str, *, seen_at: int, expires_at: float) -> None:
        self._set(handle, int(expires_at), "seen_at", seen_at)

    def keep(self, handle: str, workos_session: WorkOSSession, *, refresh_at: int) -> None:
        changed: dict[str, str | int] = {
            "workos_session": workos_session.to_json(),
            "refresh_at": refresh_at,
            "stale_at": workos_session.stale_at,
        }
        fields = ["", *itertools.chain(*changed.items())]
        self._confirmed(
            lambda pipeline: self._set_fields([_session(handle)], fields, client=pipeline)
        )

    def of_user(self, user_id: str) -> dict[str, SessionRecord]:
        with _unavailable():
            handles = sorted(cast("set[str]", self._redis.smembers(_user(user_id))))
            with self._redis.pipeline(transaction=False) as pipeline:
                for handle in handles:
                    pipeline.hmget(_session(handle), FIELDS)
                found = dict(zip(handles, pipeline.execute(), strict=True))
            if gone := [handle for handle, fields in found.items() if fields[0] is None]:
                self._redis.srem(_user(user_id), *gone)
        return readable({handle: _record(fields) for handle, fields in found.items()})

    def set_identity(self, handle: str, record: SessionRecord) -> None:
        self._set(handle, "", "record", record.to_json())

    def refresh_soon(self, handle: str) -> None:
        self._set(handle, "", "refresh_at", 0)

    def end(self, handle: str) -> None:
        self._confirmed(lambda pipeline: pipeline.delete(_session(handle)))

    def end_all(self) -> int:
        with _unavailable():
            keys = self._redis.scan_iter(_session("*"), count=1000)
            return sum(cast("int", self._redis.delete(key)) for key in keys)

    def claim(self, name: str, *, expires_at: float) -> bool:
        with _unavailable():
            return bool(self._redis.set(_claim(name), "1", nx=True, exat=int(expires_at)))

    def is_claimed(self, name: str) -> bool:
        with _unavailable():
            return bool(self._redis.exists(_claim(name)))

    def release(self, name: str) -> None:
        with _unavailable():
            self._redis.delete(_claim(name))

    def check(self) -> None:
        with _unavailable():
            self._redis.set("check", "1", ex=1)  # a replica, or a full Redis, answers PING too

    def _confirmed(self, write: Callable[[Pipeline], Any]) -> None:
        with _unavailable(), self._redis.pipeline(transaction=False) as pipeline:
            write(pipeline)
            if self._replicas:
                pipeline.wait(self._replicas, REPLICAS_TIMEOUT)
            answers = pipeline.execute()
        if self._replicas and answers[-1] < self._replicas:
            raise StoreUnavailable(detail="too few replicas")

    def _set(self, handle: str, *arguments: str | int) -> None:
        with _unavailable():
            self._set_fields(keys=[_session(handle)], args=list(arguments))


def _record(fields: Any) -> SessionRecord | None:
    record, seen_at, workos_session, *moments = fields
    try:
        return SessionRecord.from_fields(record, int(seen_at), workos_session, *map(int, moments))
    except (TypeError, ValueError):  # a field that is missing, or that another release wrote
        return None


def _session(handle: str) -> str:
    return f"session/{VERSION}:{handle}"


def _user(user_id: str) -> str:
    return f"user/{VERSION}:{user_id}"


def _claim(name: str) -> str:
    return f"claim:{hash_id(name)}"


@contextmanager
def _unavailable() -> Iterator[None]:
    try:
        yield
    except redis.RedisError as error:
        raise StoreUnavailable(detail=type(error).__name__) from error

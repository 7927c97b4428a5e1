"""Sessions in Redis, for the workers of many hosts.

It removes by itself what has expired.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import redis
from limits.storage import Storage

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
from .redis_server import confirmed, make_pool

USER_LIFETIME = 31 * 24 * 60 * 60  # seconds; no session lives longer
RECORD, SEEN_AT, WORKOS_SESSION, REFRESH_AT = range(1, 5)  # the lines of a session

# One step, so that two changes at once both last, and no session that ends meanwhile comes back.
SET_FIELDS = """
local text, lines = redis.call('GET', KEYS[1]), {}
if not text then return 0 end
for line in (text .. '\\n'):gmatch('(.-)\\n') do lines[#lines + 1] = line end
for i = 2, #ARGV, 2 do lines[tonumber(ARGV[i])] = ARGV[i + 1] end
redis.call('SET', KEYS[1], table.concat(lines, '\\n'), 'KEEPTTL')
if ARGV[1] ~= '' then redis.call('EXPIREAT', KEYS[1], ARGV[1]) end
return 1
"""


def redis_stores(url: str, replicas: int = 0) -> tuple[SessionStore, Storage]:
    """Returns where sessions and limits are kept; nothing is opened before its first use."""
    return RedisSessionStore(url, replicas), RedisCounters(url, replicas)


class RedisSessionStore:
    """Keeps a text for each session, a sorted set of handles for each person, a key for each claim.

    The text has a line for each field, which JSON never breaks. A hash takes half as much again,
    because it is compact only while no field is longer than 64 bytes; and a set of one handle takes
    twice as much as a sorted one.

    What a failover must not undo (that a token is being spent, that a session has ended) counts as
    written only when so many `replicas` have it, too.
    """

    def __init__(self, url: str, replicas: int = 0) -> None:
        self._redis = redis.Redis(connection_pool=make_pool(url, decode_responses=True))
        self._replicas = replicas
        self._set_fields = self._redis.register_script(SET_FIELDS)

    def create(self, handle: str, record: SessionRecord, *, expires_at: float) -> None:
        fields = record.to_json(), record.seen_at, record.workos_text or "", record.refresh_at
        text = "\n".join(map(str, fields))
        user = _user(record.identity.user_id)
        with _unavailable(), self._redis.pipeline() as pipeline:
            pipeline.set(_session(handle), text, exat=int(expires_at))
            pipeline.zadd(user, {handle: record.seen_at})
            pipeline.zremrangebyscore(user, "-inf", record.seen_at - USER_LIFETIME)
            pipeline.expire(user, USER_LIFETIME)
            pipeline.execute()

    def find(self, handle: str) -> SessionRecord | None:
        with _unavailable():
            return _record(self._redis.get(_session(handle)))

    def extend(self, handle: str, *, seen_at: int, expires_at: float) -> None:
        self._set(handle, int(expires_at), SEEN_AT, seen_at)

    def keep(self, handle: str, workos_session: WorkOSSession, *, refresh_at: int) -> None:
        changed: list[str | int] = [
            "",
            WORKOS_SESSION,
            workos_session.to_json(),
            REFRESH_AT,
            refresh_at,
        ]
        with _unavailable():
            confirmed(
                self._redis,
                self._replicas,
                lambda pipeline: self._set_fields([_session(handle)], changed, client=pipeline),
            )

    def of_user(self, user_id: str) -> dict[str, SessionRecord]:
        with _unavailable():
            handles = cast("list[str]", self._redis.zrange(_user(user_id), 0, -1))
            with self._redis.pipeline(transaction=False) as pipeline:
                for handle in handles:
                    pipeline.get(_session(handle))
                found = dict(zip(handles, pipeline.execute(), strict=True))
            if gone := [handle for handle, text in found.items() if text is None]:
                self._redis.zrem(_user(user_id), *gone)
        return readable({handle: _record(text) for handle, text in found.items()})

    def set_identity(self, handle: str, record: SessionRecord) -> None:
        self._set(handle, "", RECORD, record.to_json())

    def refresh_soon(self, handle: str) -> None:
        self._set(handle, "", REFRESH_AT, 0)

    def end(self, handle: str) -> None:
        with _unavailable():
            confirmed(
                self._redis, self._replicas, lambda pipeline: pipeline.delete(_session(handle))
            )

    def end_all(self) -> int:
        with _unavailable():
            keys = self._redis.scan_iter(_session("*"), count=1000)
            return sum(cast("int", self._redis.delete(key)) for key in keys)

    def claim(self, name: str, *, expires_at: float) -> bool:
        key, ours = _claim(name), secrets.token_hex(8)
        with _unavailable():
            if self._redis.set(key, ours, nx=True, exat=int(expires_at)):
                return True
            # The client asks again when a connection breaks off: perhaps only the answer was lost.
            return self._redis.get(key) == ours

    def is_claimed(self, name: str) -> bool:
        with _unavailable():
            return bool(self._redis.exists(_claim(name)))

    def release(self, name: str) -> None:
        with _unavailable():
            self._redis.delete(_claim(name))

    def check(self) -> None:
        with _unavailable():
            self._redis.set("check", "1", ex=1)  # a replica, or a full Redis, answers PING too

    def _set(self, handle: str, *arguments: str | int) -> None:
        with _unavailable():
            self._set_fields(keys=[_session(handle)], args=list(arguments))


def _record(text: Any) -> SessionRecord | None:
    if text is None:
        return None
    try:
        record, seen_at, workos_session, refresh_at = text.split("\n")
        return SessionRecord.from_fields(record, int(seen_at), workos_session, int(refresh_at))
    except ValueError:  # another release wrote it
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

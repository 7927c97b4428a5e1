"""Counters for limits in Redis, all those of an event in one round trip."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import cast

import redis
from limits import RateLimitItem
from limits.errors import StorageError
from limits.storage import RedisStorage

from .redis_server import confirmed, make_pool

# One step, so that parallel events cannot slip through together.
HIT_IN_TURN = b"""
for i, key in ipairs(KEYS) do
  local hits = redis.call('INCR', key)
  if hits == 1 then redis.call('EXPIRE', key, ARGV[2 * i - 1]) end
  if hits > tonumber(ARGV[2 * i]) then return {i, redis.call('TTL', key)} end
end
return {0, 0}
"""


class RedisCounters(RedisStorage):
    """The storage of `limits`, which counts all the limits of an event in one round trip."""

    def __init__(self, url: str, replicas: int) -> None:
        super().__init__("redis://", connection_pool=make_pool(url), wrap_exceptions=True)
        self._replicas = replicas

    def initialize_storage(self, _uri: str) -> None:
        super().initialize_storage(_uri)
        self._hit_in_turn = self.get_connection().register_script(HIT_IN_TURN)

    def hit_in_turn(self, limits: Sequence[tuple[RateLimitItem, str]]) -> tuple[int, float] | None:
        """Counts all in one step of Redis: see `Together` in limits/counters.py."""
        keys = [self.prefixed_key(key) for _, key in limits]
        arguments = [number for one, _ in limits for number in (one.get_expiry(), one.amount)]
        try:
            which, seconds = self._hit_in_turn(keys, arguments)
        except redis.RedisError as error:
            raise StorageError(error) from error
        return (which - 1, time.time() + max(seconds, 0)) if which else None

    def clear_all(self, keys: Sequence[str]) -> None:
        """Forgets all in one round trip: see `Together` in limits/counters.py."""
        try:
            self.get_connection().delete(*(self.prefixed_key(key) for key in keys))
        except redis.RedisError as error:
            raise StorageError(error) from error

    def incr_confirmed(self, key: str, expiry: int, amount: int) -> int:
        """Waits for the replicas: see `Replicated` in limits/known_browsers.py."""
        name = self.prefixed_key(key)
        try:
            [number, *_] = confirmed(
                cast("redis.Redis", self.get_connection()),
                self._replicas,
                lambda pipeline: (pipeline.incrby(name, amount), pipeline.expire(name, expiry)),
            )
        except redis.RedisError as error:
            raise StorageError(error) from error
        return int(number)

"""How Redis is reached: one server, a managed one behind a name, or the one that Sentinels name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import redis
from redis.backoff import NoBackoff
from redis.client import Pipeline
from redis.retry import Retry
from redis.sentinel import Sentinel, SentinelConnectionPool

TIMEOUT = 2  # seconds to connect, and again for each answer
SENTINEL_TIMEOUT = 0.5  # seconds; then the next Sentinel is asked
SENTINEL_PORT = 26379
REPLICAS_TIMEOUT = 500  # milliseconds for which a write waits for its replicas
# Asked once more, on a connection made anew: what broke off, and what met a server that has become
# a replica. A server that does not answer is not asked again; somebody is waiting.
AGAIN = Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError, redis.ReadOnlyError))
NEVER_AGAIN = Retry(NoBackoff(), 0)


class TooFewReplicas(redis.RedisError):
    """A write was done, and a failover could undo it."""


def confirmed(client: redis.Redis, replicas: int, write: Callable[[Pipeline], Any]) -> list[Any]:
    """Writes, and waits until so many replicas have it; raises TooFewReplicas and RedisError."""
    with client.pipeline(transaction=False) as pipeline:
        write(pipeline)
        if replicas:
            pipeline.wait(replicas, REPLICAS_TIMEOUT)
        answers = pipeline.execute()
    if replicas and answers[-1] < replicas:
        raise TooFewReplicas
    return answers


def make_pool(url: str, **options: Any) -> redis.ConnectionPool:
    """Returns the connections to the server in a REDIS_URL; none is opened before its first use."""
    options |= {"socket_timeout": TIMEOUT, "socket_connect_timeout": TIMEOUT, "retry": AGAIN}
    parts = urlsplit(url)
    scheme, _, is_sentinel = parts.scheme.partition("+")
    if not is_sentinel:
        return redis.ConnectionPool.from_url(url, **options)
    userinfo, at, hosts = parts.netloc.rpartition("@")
    service, _, database = parts.path.strip("/").partition("/")
    # What redis-py reads from an address, it reads from this one: password, database, CA file.
    readable = f"{scheme}://{userinfo}{at}sentinel/{database}?{parts.query}"
    found = redis.ConnectionPool.from_url(readable).connection_kwargs
    for_sentinels = {"password": found.pop("sentinel_password", None)}
    tls = {name: found[name] for name in found if name.startswith("ssl_")}
    if scheme == "rediss":
        tls["ssl"] = True
    del found["host"]
    seconds = {"socket_timeout": SENTINEL_TIMEOUT, "socket_connect_timeout": SENTINEL_TIMEOUT}
    named = [urlsplit(f"//{host}") for host in hosts.split(",")]
    sentinel = Sentinel(  # type: ignore[no-untyped-call] # redis-py has no types for these
        [(one.hostname or "", one.port or SENTINEL_PORT) for one in named],
        sentinel_kwargs={**for_sentinels, **tls, **seconds, "retry": NEVER_AGAIN},
    )
    options = {**found, **tls, **options}
    return SentinelConnectionPool(service, sentinel, **options)  # type: ignore[no-untyped-call] # as above

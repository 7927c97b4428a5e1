"""The same with sessions in Redis: what a check costs, and bytes for each."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import cast

import redis

from app.session.store import session_store
from bench.clock import in_turn
from bench.in_process import checker
from bench.sessions import END, STORED, stored_sessions
from bench.subjects import (
    Sealed,
    cookie_of,
    make_app,
    session_at_workos,
    sign_in_at,
    workos_on_loopback,
)
from bench.table import Row, compared
from tests.machine import free_port

STARTS_WITHIN = 10.0  # seconds


def session_check_in_redis(rounds: int) -> list[Row]:
    """Cookie to identity, against the SDK's sealed session with its keys already fetched."""
    with (
        redis_on_loopback() as redis_url,
        workos_on_loopback() as (_, client),
        tempfile.TemporaryDirectory() as directory,
    ):
        reply, app = sign_in_at(client), make_app(Path(directory), redis_url=redis_url)
        ours = checker(app, cookie_of(app, session_at_workos(app, reply)))
        mine, theirs = in_turn(ours, Sealed(client, reply).check, rounds=rounds)
    question = "Checking a session (Redis on loopback), against the SDK's own check"
    return [compared(question, mine, theirs, target=0.5)]


def bytes_a_session_in_redis(_: int) -> list[Row]:
    """How much memory Redis takes for each session of somebody who signed in at WorkOS."""
    with redis_on_loopback() as redis_url, tempfile.TemporaryDirectory() as directory:
        app, client = (
            make_app(Path(directory), redis_url=redis_url),
            redis.Redis.from_url(redis_url),
        )
        sessions = stored_sessions(app)
        before = used_memory(client)
        with app.app_context():
            for handle, record in sessions:
                session_store().create(handle, record, expires_at=END)
        size = (used_memory(client) - before) / STORED
        client.close()
    return [Row("Bytes a session, Redis", size, 900)]


def used_memory(client: redis.Redis) -> int:
    """Returns the bytes that this Redis takes for all it keeps."""
    return int(cast("dict[str, int]", client.info("memory"))["used_memory"])


@contextmanager
def redis_on_loopback() -> Iterator[str]:
    """Runs a Redis that keeps nothing; yields its address."""
    program = shutil.which("redis-server")
    if not program:
        raise FileNotFoundError("redis-server is not installed")
    port = free_port()
    command = [program, "--bind", "127.0.0.1", "--port", str(port), "--save", ""]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        url = f"redis://127.0.0.1:{port}/0"
        try:
            wait_for_redis(url)
            yield url
        finally:
            process.kill()


def wait_for_redis(url: str) -> None:
    """Returns once it answers."""
    until = time.monotonic() + STARTS_WITHIN
    with redis.Redis.from_url(url) as client:
        while time.monotonic() < until:
            with suppress(redis.ConnectionError):
                client.ping()
                return
            time.sleep(0.01)
    raise TimeoutError("redis-server did not start")

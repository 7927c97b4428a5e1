"""Our own stores keep what every store promises, and what they promise beyond."""

from __future__ import annotations

import socket
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
import redis
import time_machine

from app.session.store import SessionStore, StoreUnavailable, hash_id
from app.stores.database import Database
from app.stores.redis_sessions import RedisSessionStore
from app.stores.sqlite_sessions import SQLiteSessionStore
from tests.redis_server import RedisServer
from tests.stores.contract import (
    RECORD,
    StoreContract,
    assert_says_it_is_out_of_reach,
    in_a_minute,
)


class TestSQLite(StoreContract):
    """In one file."""

    @pytest.fixture
    def store(self, tmp_path: Path) -> SessionStore:
        """A new file."""
        return SQLiteSessionStore(Database(tmp_path / "app.sqlite3"))


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Redis server of this module's own."""
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    yield server.url
    server.kill()


@pytest.mark.server
@pytest.mark.xdist_group("Redis sessions")
class TestRedis(StoreContract):
    """In a real server."""

    @pytest.fixture
    def store(self, redis_url: str) -> SessionStore:
        """A server with nothing in it."""
        with redis.Redis.from_url(redis_url) as client:
            client.flushall()
        return RedisSessionStore(redis_url)


def test_a_claim_in_the_file_goes_by_the_clock_of_the_application(tmp_path: Path) -> None:
    store = SQLiteSessionStore(Database(tmp_path / "app.sqlite3"))
    assert store.claim("name", expires_at=time.time() + 1)

    with time_machine.travel(time.time() + 30):
        assert not store.is_claimed("name")
        assert store.claim("name", expires_at=in_a_minute())


def test_a_store_out_of_reach_says_so_in_every_call(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    assert_says_it_is_out_of_reach(SQLiteSessionStore(Database(tmp_path / "file" / "app.sqlite3")))
    assert_says_it_is_out_of_reach(RedisSessionStore(f"redis://127.0.0.1:{closed_port()}"))


def test_the_file_is_private_and_keeps_no_session_id(tmp_path: Path) -> None:
    """SEC-06."""
    path = tmp_path / "instance" / "app.sqlite3"
    SQLiteSessionStore(Database(path)).create(
        hash_id("a-secret-id"), RECORD, expires_at=in_a_minute()
    )

    for file in path.parent.iterdir():
        assert file.stat().st_mode & 0o077 == 0, file
        assert b"a-secret-id" not in file.read_bytes()
    assert path.parent.stat().st_mode & 0o077 == 0
    assert any(
        hash_id("a-secret-id").encode() in file.read_bytes() for file in path.parent.iterdir()
    )


def test_a_file_of_another_version_is_emptied_rather_than_misread(tmp_path: Path) -> None:
    path = tmp_path / "app.sqlite3"
    with sqlite3.connect(path) as old:
        old.execute("CREATE TABLE sessions (something_else TEXT)")
    old.close()
    store = SQLiteSessionStore(Database(path))

    store.create("id", RECORD, expires_at=in_a_minute())

    assert store.find("id") == RECORD


def test_many_first_users_of_a_new_file_make_it_once(tmp_path: Path) -> None:
    stores = [SQLiteSessionStore(Database(tmp_path / "app.sqlite3")) for _ in range(16)]
    with ThreadPoolExecutor(16) as pool:
        won = list(pool.map(lambda each: each.claim("name", expires_at=in_a_minute()), stores))

    assert sum(won) == 1


def test_nobody_waits_until_all_that_expired_at_once_is_gone(tmp_path: Path) -> None:
    """LIM-08: each write removes a part, so that none holds up the others for long."""
    store, left = SQLiteSessionStore(Database(tmp_path / "app.sqlite3")), []
    for number in range(50):
        store.create(str(number), RECORD, expires_at=time.time() + 60)

    with time_machine.travel(time.time() + 120), sqlite3.connect(tmp_path / "app.sqlite3") as file:
        for _ in range(3):
            store.check()  # a write like any other
            left += file.execute("SELECT count(*) FROM sessions").fetchone()
    file.close()

    assert left == [30, 10, 0]


def test_a_file_that_vanished_is_made_again(tmp_path: Path) -> None:
    path = tmp_path / "app.sqlite3"
    store = SQLiteSessionStore(Database(path))
    store.create("id", RECORD, expires_at=in_a_minute())
    for file in tmp_path.iterdir():
        file.unlink()

    with suppress(StoreUnavailable):
        store.create("other", RECORD, expires_at=in_a_minute())
    store.create("third", RECORD, expires_at=in_a_minute())

    assert store.find("third") == RECORD


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_file_that_was_readable_to_others_is_made_private(tmp_path: Path) -> None:
    """SEC-06: as after a restore from a backup."""
    path = tmp_path / "app.sqlite3"
    path.touch(0o644)

    SQLiteSessionStore(Database(path)).check()

    assert path.stat().st_mode & 0o077 == 0

"""What every store of sessions promises, shown on SQLite and on a real Redis."""

from __future__ import annotations

import itertools
import socket
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
import time_machine

from app.identity import Identity
from app.session.store import SessionRecord, SessionStore, StoreUnavailable, hash_id
from app.session.workos_session import WorkOSSession
from app.stores.database import Database
from app.stores.redis_sessions import RedisSessionStore
from app.stores.sqlite_sessions import SQLiteSessionStore
from tests.redis_server import RedisServer

ADA = Identity(
    user_id="user_1",
    email="ada@example.com",
    name="Ad\u00e1",
    method="magic_auth",
)
RECORD = SessionRecord(
    identity=ADA, state="basket", signed_in_at=1_800_000_000, browser="Firefox on Linux"
)


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Redis server of this module's own."""
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    yield server.url
    server.kill()


@pytest.fixture(params=["sqlite", "redis"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SessionStore]:
    """Each store in turn."""
    if request.param == "sqlite":
        yield SQLiteSessionStore(Database(tmp_path / "app.sqlite3"))
    else:
        store = RedisSessionStore(request.getfixturevalue("redis_url"))
        store._redis.flushall()
        yield store
        store._redis.close()


def in_a_minute() -> float:
    return time.time() + 60


def test_a_session_is_found_again_as_it_was(store: SessionStore) -> None:
    store.create("id", RECORD, expires_at=in_a_minute())

    assert store.find("id") == RECORD


def test_an_unknown_session_is_none(store: SessionStore) -> None:
    assert store.find("id") is None


def test_an_ended_session_is_gone_and_ending_it_twice_is_no_error(store: SessionStore) -> None:
    store.create("id", RECORD, expires_at=in_a_minute())

    store.end("id")
    store.end("id")

    assert store.find("id") is None


def test_an_expired_session_is_gone(store: SessionStore) -> None:
    store.create("id", RECORD, expires_at=time.time() - 1)

    assert store.find("id") is None


def test_an_extension_keeps_a_session_and_raises_none_from_the_dead(store: SessionStore) -> None:
    store.create("id", RECORD, expires_at=in_a_minute())
    store.extend("id", seen_at=7, expires_at=in_a_minute() + 60)
    store.extend("other", seen_at=7, expires_at=in_a_minute())

    assert store.find("id") == replace(RECORD, seen_at=7)
    assert store.find("other") is None


def test_a_name_is_claimed_by_exactly_one_of_many(store: SessionStore) -> None:
    """AUT-03, AUT-04."""
    with ThreadPoolExecutor(16) as pool:
        won = list(pool.map(lambda _: store.claim("name", expires_at=in_a_minute()), range(64)))

    assert sum(won) == 1
    assert store.is_claimed("name")
    assert not store.is_claimed("other")


def test_each_field_is_changed_alone(store: SessionStore) -> None:
    """Two requests at once must not write back what the other has just changed."""
    store.create("id", RECORD, expires_at=in_a_minute())
    workos_session = WorkOSSession(id="session_1", expires_at=9, refresh_token="sealed")
    named = replace(RECORD, identity=replace(ADA, name="Augusta"))

    store.keep("id", workos_session, refresh_at=8)
    store.extend("id", seen_at=7, expires_at=in_a_minute())
    store.set_identity("id", named)

    whole = replace(
        named,
        seen_at=7,
        workos_text=workos_session.to_json(),
        refresh_at=8,
        stale_at=workos_session.stale_at,
    )
    assert store.find("id") == whole
    store.refresh_soon("id")
    assert store.find("id") == replace(whole, refresh_at=0)


def test_no_change_raises_a_session_from_the_dead(store: SessionStore) -> None:
    workos_session = WorkOSSession(id="session_1", expires_at=9, refresh_token=None)

    store.keep("id", workos_session, refresh_at=8)
    store.extend("id", seen_at=7, expires_at=in_a_minute())
    store.set_identity("id", RECORD)
    store.refresh_soon("id")

    assert store.find("id") is None
    assert store.of_user("user_1") == {}


def test_the_sessions_of_one_person_are_found(store: SessionStore) -> None:
    """SES-12."""
    eve = replace(RECORD, identity=replace(ADA, user_id="user_2"))
    for handle, record in (("a", RECORD), ("b", RECORD), ("c", eve)):
        store.create(handle, record, expires_at=in_a_minute())
    store.create("expired", RECORD, expires_at=time.time() - 1)
    store.end("b")

    assert store.of_user("user_1") == {"a": RECORD}
    assert store.of_user("nobody") == {}


def test_all_sessions_can_be_ended(store: SessionStore) -> None:
    """SES-13."""
    for handle in "abc":
        store.create(handle, RECORD, expires_at=in_a_minute())

    assert store.end_all() == 3
    assert store.find("a") is None
    assert store.end_all() == 0


def test_a_claim_that_was_released_or_has_expired_can_be_made_again(store: SessionStore) -> None:
    assert store.claim("name", expires_at=in_a_minute())
    store.release("name")
    assert store.claim("name", expires_at=time.time() + 1)
    with time_machine.travel(time.time() + 30):
        if isinstance(store, SQLiteSessionStore):  # Redis has a clock of its own
            assert not store.is_claimed("name")
            assert store.claim("name", expires_at=in_a_minute())


def test_a_store_in_order_says_so(store: SessionStore) -> None:
    store.check()


def test_a_store_out_of_reach_says_so_in_every_call(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    stores: list[SessionStore] = [
        SQLiteSessionStore(Database(tmp_path / "file" / "app.sqlite3")),
        RedisSessionStore(f"redis://127.0.0.1:{closed_port()}"),
    ]
    calls: list[Callable[[SessionStore], object]] = [
        lambda store: store.create("id", RECORD, expires_at=in_a_minute()),
        lambda store: store.find("id"),
        lambda store: store.extend("id", seen_at=7, expires_at=in_a_minute()),
        lambda store: store.end("id"),
        lambda store: store.claim("name", expires_at=in_a_minute()),
        lambda store: store.is_claimed("name"),
        lambda store: store.check(),
    ]
    for store, call in itertools.product(stores, calls):
        with pytest.raises(StoreUnavailable):
            call(store)


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


def test_a_file_that_vanished_is_made_anew(tmp_path: Path) -> None:
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

"""docs/stores.md: a store of one's own is written, tried and handed in as it says."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from limits.storage import MemoryStorage
from workos import WorkOSClient

from app import create_app
from app.config import Config
from app.session.store import SessionStore, StoreUnavailable
from tests.conftest import ROOT
from tests.stores.contract import CALLS, StoreContract, assert_says_it_is_out_of_reach
from tests.walk import Visitor

DOCUMENT = (ROOT / "docs/stores.md").read_text()
HANDING_IN, POSTGRES, *_, TRYING = re.findall(r"```python\n(.*?)```", DOCUMENT, re.S)
[TABLES] = re.findall(r"```sql\n(.*?)```", DOCUMENT, re.S)

IN_MEMORY = '''
"""A third store: in the memory of one process."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import Any

from app.session.store import SessionRecord
from app.session.workos_session import WorkOSSession


class MyStore:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sessions: dict[str, tuple[SessionRecord, float]] = {}
        self._claims: dict[str, float] = {}

    def create(self, handle: str, record: SessionRecord, *, expires_at: float) -> None:
        self._sessions[handle] = (record, expires_at)

    def find(self, handle: str) -> SessionRecord | None:
        record, expires_at = self._sessions.get(handle, (None, 0.0))
        return record if time.time() < expires_at else None

    def extend(self, handle: str, *, seen_at: int, expires_at: float) -> None:
        self._set(handle, expires_at, seen_at=seen_at)

    def keep(self, handle: str, workos_session: WorkOSSession, *, refresh_at: int) -> None:
        text, stale_at = workos_session.to_json(), workos_session.stale_at
        self._set(handle, workos_text=text, refresh_at=refresh_at, stale_at=stale_at)

    def of_user(self, user_id: str) -> dict[str, SessionRecord]:
        found = {handle: self.find(handle) for handle in list(self._sessions)}
        return {key: one for key, one in found.items() if one and one.identity.user_id == user_id}

    def set_identity(self, handle: str, record: SessionRecord) -> None:
        self._set(handle, identity=record.identity)

    def refresh_soon(self, handle: str) -> None:
        self._set(handle, refresh_at=0)

    def end(self, handle: str) -> None:
        self._sessions.pop(handle, None)

    def end_all(self) -> int:
        count = len(self._sessions)
        self._sessions.clear()
        return count

    def claim(self, name: str, *, expires_at: float) -> bool:
        with self._lock:
            if self.is_claimed(name):
                return False
            self._claims[name] = expires_at
            return True

    def is_claimed(self, name: str) -> bool:
        return time.time() < self._claims.get(name, 0)

    def release(self, name: str) -> None:
        self._claims.pop(name, None)

    def check(self) -> None:
        pass

    def _set(self, handle: str, until: float | None = None, **changes: Any) -> None:
        with self._lock:
            if self.find(handle):
                record, expires_at = self._sessions[handle]
                self._sessions[handle] = (replace(record, **changes), until or expires_at)
'''


@pytest.fixture
def own_project(tmp_path: Path) -> Path:
    """A directory with a store of one's own, and its test as the document has it."""
    (tmp_path / "my_store.py").write_text(IN_MEMORY)
    (tmp_path / "test_my_store.py").write_text(TRYING)
    return tmp_path


@pytest.mark.server
def test_a_third_store_is_held_to_the_contract_as_documented(own_project: Path) -> None:
    ended = tried(own_project)

    promised = [name for name in dir(StoreContract) if name.startswith("test_")]
    assert f"{len(promised)} passed" in ended.stdout, ended.stdout + ended.stderr


@pytest.mark.server
def test_a_store_that_breaks_a_promise_fails(own_project: Path) -> None:
    careless = IN_MEMORY.replace("if self.is_claimed(name):", "if False:")
    (own_project / "my_store.py").write_text(careless)

    ended = tried(own_project)

    assert "test_a_name_is_claimed_by_exactly_one_of_many" in ended.stdout
    assert ended.returncode == 1


def documented_store(run: Callable[[str, dict[str, Any]], list[Any]]) -> SessionStore:
    names: dict[str, Any] = {"__name__": __name__}
    exec(POSTGRES, names)  # our own documentation
    store: SessionStore = names["PostgresSessionStore"](run)
    return store


class TestDocumentedStore(StoreContract):
    """Its statements run on SQLite, which shares this part of the language with Postgres."""

    @pytest.fixture
    def store(self) -> Iterator[SessionStore]:
        """The store of the document on two empty tables."""
        connection = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        connection.executescript(TABLES)
        lock = threading.Lock()

        def run(statement: str, values: dict[str, Any]) -> list[Any]:
            with lock:
                statement = re.sub(r"%\((\w+)\)s", r":\1", statement)
                cursor = connection.execute(statement, values)
                assert cursor.description, "other drivers refuse to fetch what has no rows"
                return cursor.fetchall()

        yield documented_store(run)
        connection.close()


def test_the_documented_store_says_that_it_is_out_of_reach() -> None:
    def run(statement: str, values: dict[str, Any]) -> list[Any]:
        raise StoreUnavailable

    assert_says_it_is_out_of_reach(documented_store(run))


def test_people_sign_in_with_a_store_of_ones_own(
    config: Config, workos: WorkOSClient, emulator: Flask
) -> None:
    names: dict[str, Any] = {"__name__": __name__}
    exec(IN_MEMORY, names)
    stores = (names["MyStore"](), MemoryStorage())
    visitor = Visitor(create_app(config, workos=workos, stores=stores), emulator)

    visitor.sign_in_by_code()
    assert visitor.is_signed_in()
    assert not config.database_path.exists()
    visitor.sign_out()
    assert not visitor.is_signed_in()
    assert [visitor.ask_for_link().status_code for _ in range(4)] == [303, 303, 303, 429]


def test_the_table_of_promises_names_every_method() -> None:
    assert set(re.findall(r"^\| `(\w+)\(", DOCUMENT, re.M)) >= set(CALLS)
    declared = {name for name in vars(SessionStore) if not name.startswith("_")}
    assert declared == set(CALLS)


def tried(directory: Path) -> subprocess.CompletedProcess[str]:
    plugins = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}  # it needs none, and some take long to load
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_my_store.py"],
        cwd=directory,
        env={**os.environ, **plugins, "PYTHONPATH": f"{ROOT}:{directory}"},
        capture_output=True,
        text=True,
        check=False,
    )

"""The SQLite file in use: a connection for each thread, safe across a fork; counters for limits."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from limits import RateLimitItem
from limits.errors import StorageError
from limits.storage import Storage

from .sqlite_file import TABLES, open_file

Values = tuple[Any, ...] | dict[str, Any]

SWEEP_EVERY = 60.0  # seconds between two removals of expired rows
SWEEP_AT_ONCE = 20  # rows of a table: whoever writes waits for these, and all others for the lock
COUNT = """
    INSERT INTO limits VALUES (:key, :amount, :ends)
    ON CONFLICT (name) DO UPDATE SET
        hits = CASE WHEN expires_at <= :now THEN :amount ELSE hits + :amount END,
        expires_at = CASE WHEN expires_at <= :now THEN :ends ELSE expires_at END
    RETURNING hits, expires_at"""


class Database:
    """Runs one statement at a time against the file, and removes what has expired."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = threading.local()
        self._swept_at = 0.0

    def write(self, statement: str, values: Values = ()) -> list[Any]:
        """Runs a statement that changes something, as one transaction; returns its rows."""
        try:
            connection = self.connection()
            self._sweep(connection)
            return connection.execute(statement, values).fetchall()
        except sqlite3.Error:
            self._forget_connection()
            raise

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Runs several statements as one, and lets no other writer come between them."""
        try:
            connection = self.connection()
            self._sweep(connection)
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            self._forget_connection()  # and all that it has not committed
            raise

    def read(self, statement: str, values: Values = ()) -> list[Any]:
        """Returns the rows of a query."""
        try:
            return self.connection().execute(statement, values).fetchall()
        except sqlite3.Error:
            self._forget_connection()
            raise

    def check(self) -> None:
        """Raises sqlite3.Error unless this process can write now; only this shows a full disk."""
        self.write("INSERT OR REPLACE INTO claims VALUES ('check', ?)", (time.time(),))

    def connection(self) -> sqlite3.Connection:
        """Returns this thread's connection; after an error the next call opens a new one."""
        # A connection carried across a fork corrupts the file: only its own process may use it.
        if getattr(self._local, "pid", None) != os.getpid():
            self._local.connection = open_file(self._path)
            self._local.pid = os.getpid()
        connection: sqlite3.Connection = self._local.connection
        return connection

    def _forget_connection(self) -> None:
        if getattr(self._local, "pid", None) == os.getpid():
            self._local.connection.close()
            del self._local.pid

    def _sweep(self, connection: sqlite3.Connection) -> None:
        now = time.time()
        if 0 <= now - self._swept_at < SWEEP_EVERY:
            return
        self._swept_at = now
        for table, columns in TABLES.items():
            key = columns.split(maxsplit=1)[0]
            expired = f"SELECT {key} FROM {table} WHERE expires_at <= ? LIMIT {SWEEP_AT_ONCE}"  # noqa: S608 # our own names
            swept = connection.execute(f"DELETE FROM {table} WHERE {key} IN ({expired})", (now,))  # noqa: S608 # our own names
            if swept.rowcount == SWEEP_AT_ONCE:
                self._swept_at = 0.0  # the next write goes on


class SQLiteStorage(Storage):
    """The storage that `limits` lacks: a file that the workers of a host share, and count in."""

    STORAGE_SCHEME = ["sqlite"]  # noqa: RUF012 # how the library wants it declared
    base_exceptions = sqlite3.Error

    def __init__(self, database: Database) -> None:
        super().__init__(wrap_exceptions=True)
        self._database = database

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Counts in one statement, so that two workers never read the same number."""
        return int(self._database.write(COUNT, _counted(key, expiry, amount))[0][0])

    def hit_in_turn(self, limits: Sequence[tuple[RateLimitItem, str]]) -> tuple[int, float] | None:
        """Counts all in one transaction: see `Together` in limits/counters.py."""
        try:
            with self._database.transaction() as connection:
                for index, (limit, key) in enumerate(limits):
                    values = _counted(key, limit.get_expiry(), 1)
                    [[hits, ends_at]] = connection.execute(COUNT, values).fetchall()
                    if hits > limit.amount:
                        return index, ends_at
        except sqlite3.Error as error:
            raise StorageError(error) from error
        return None

    def get(self, key: str) -> int:
        rows = self._database.read(
            "SELECT hits FROM limits WHERE name = ? AND expires_at > ?", (key, time.time())
        )
        return int(rows[0][0]) if rows else 0

    def get_expiry(self, key: str) -> float:
        rows = self._database.read("SELECT expires_at FROM limits WHERE name = ?", (key,))
        return float(rows[0][0]) if rows else time.time()

    def check(self) -> bool:
        try:
            self._database.check()
        except sqlite3.Error:
            return False
        return True

    def reset(self) -> int | None:
        return len(self._database.write("DELETE FROM limits RETURNING 1", ()))

    def clear(self, key: str) -> None:
        self._database.write("DELETE FROM limits WHERE name = ?", (key,))

    def clear_all(self, keys: Sequence[str]) -> None:
        """Forgets all in one transaction: see `Together` in limits/counters.py."""
        marks = ", ".join("?" * len(keys))
        try:
            self._database.write(f"DELETE FROM limits WHERE name IN ({marks})", tuple(keys))  # noqa: S608 # only marks
        except sqlite3.Error as error:
            raise StorageError(error) from error


def _counted(key: str, seconds: int, amount: int) -> dict[str, Any]:
    now = time.time()
    return {"key": key, "amount": amount, "now": now, "ends": now + seconds}

"""The SQLite file, and the counters for limits in it.

A connection for each thread, private to this user, safe across a fork.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from pathlib import Path
from typing import Any

from limits.storage import Storage

from ..session.store import VERSION

Values = tuple[Any, ...] | dict[str, Any]

# Seconds to wait for another writer: a disk that stalls for a moment is not a store that is down.
BUSY_TIMEOUT = 5.0
SWEEP_EVERY = 60.0  # seconds between two removals of expired rows

# A file of another VERSION, which is counted up with every change here, is emptied.
TABLES = {
    "sessions": """
        handle TEXT PRIMARY KEY, user_id TEXT NOT NULL, record TEXT NOT NULL,
        seen_at INTEGER NOT NULL, workos_session TEXT, refresh_at INTEGER NOT NULL,
        stale_at INTEGER NOT NULL, expires_at REAL NOT NULL""",
    "claims": "name TEXT PRIMARY KEY, expires_at REAL NOT NULL",
    "limits": "name TEXT PRIMARY KEY, hits INTEGER NOT NULL, expires_at REAL NOT NULL",
}


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
            self._local.connection = self._open()
            self._local.pid = os.getpid()
        connection: sqlite3.Connection = self._local.connection
        return connection

    def _forget_connection(self) -> None:
        if getattr(self._local, "pid", None) == os.getpid():
            self._local.connection.close()
            del self._local.pid

    def _open(self) -> sqlite3.Connection:
        self._make_private()
        connection = sqlite3.connect(self._path, timeout=BUSY_TIMEOUT, isolation_level=None)
        _use_write_ahead_log(connection)
        # A crash of the machine may lose the last moments, never the file: people sign in again.
        connection.execute("PRAGMA synchronous = NORMAL")
        if not _is_current(connection):
            _make_tables(connection)
        return connection

    def _make_private(self) -> None:
        # Made before SQLite makes it, so that others can never read it, even briefly.
        # O_EXCL: closing an existing file would drop the locks of this process's connections.
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            if self._path.exists():
                self._path.chmod(0o600)  # a restored backup may have come readable to all
                return
            os.close(os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        except FileExistsError:
            return  # another worker was faster
        except OSError as error:
            raise sqlite3.OperationalError(f"cannot open the database: {error.strerror}") from None

    def _sweep(self, connection: sqlite3.Connection) -> None:
        now = time.time()
        if 0 <= now - self._swept_at < SWEEP_EVERY:
            return
        self._swept_at = now
        for table in TABLES:
            connection.execute(f"DELETE FROM {table} WHERE expires_at <= ?", (now,))  # noqa: S608 # our own names


class SQLiteStorage(Storage):
    """The storage that `limits` lacks: a file that the workers of a host share, and count in."""

    STORAGE_SCHEME = ["sqlite"]  # noqa: RUF012 # how the library wants it declared

    def __init__(self, database: Database) -> None:
        super().__init__(wrap_exceptions=True)
        self._database = database

    @property
    def base_exceptions(self) -> type[Exception]:
        return sqlite3.Error

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Counts in one statement, so that two workers never read the same number."""
        now = time.time()
        rows = self._database.write(
            "INSERT INTO limits VALUES (:key, :amount, :ends)"
            " ON CONFLICT (name) DO UPDATE SET"
            " hits = CASE WHEN expires_at <= :now THEN :amount ELSE hits + :amount END,"
            " expires_at = CASE WHEN expires_at <= :now THEN :ends ELSE expires_at END"
            " RETURNING hits",
            {"key": key, "amount": amount, "now": now, "ends": now + expiry},
        )
        return int(rows[0][0])

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


def _use_write_ahead_log(connection: sqlite3.Connection) -> None:
    # SQLite does not wait when several connections change the mode of a new file at once.
    ends_at = time.monotonic() + BUSY_TIMEOUT
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > ends_at:
                raise
            time.sleep(0.01)
        else:
            return


def _is_current(connection: sqlite3.Connection) -> bool:
    return bool(connection.execute("PRAGMA user_version").fetchone()[0] == VERSION)


def _make_tables(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        if not _is_current(connection):  # otherwise another worker was faster
            for table, columns in TABLES.items():
                connection.execute(f"DROP TABLE IF EXISTS {table}")
                connection.execute(f"CREATE TABLE {table} ({columns}) WITHOUT ROWID")
                connection.execute(f"CREATE INDEX {table}_by_expiry ON {table} (expires_at)")
            connection.execute("CREATE INDEX sessions_by_user ON sessions (user_id)")
            connection.execute(f"PRAGMA user_version = {VERSION}")
    except sqlite3.Error:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")

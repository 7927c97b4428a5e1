"""The SQLite file itself: private to this user, write-ahead, with the tables of this release."""

from __future__ import annotations

import os
import sqlite3
import time
from pathlib import Path

from ..session.store import VERSION

# Seconds to wait for another writer: a disk that stalls for a moment is not a store that is down.
BUSY_TIMEOUT = 5.0

# Of sessions, whose rows are large: in the order of their random handles, a third of each page
# would stay empty.
IN_ORDER_OF_ARRIVAL = "sessions"
# A file of another VERSION, which is counted up with every change here, is emptied.
TABLES = {
    "sessions": """
        handle TEXT PRIMARY KEY, user_id TEXT NOT NULL, record TEXT NOT NULL,
        seen_at INTEGER NOT NULL, workos_session TEXT, refresh_at INTEGER NOT NULL,
        expires_at REAL NOT NULL""",
    "claims": "name TEXT PRIMARY KEY, expires_at REAL NOT NULL",
    "limits": "name TEXT PRIMARY KEY, hits INTEGER NOT NULL, expires_at REAL NOT NULL",
}


def open_file(path: Path) -> sqlite3.Connection:
    """Returns a connection to the file, which is made if need be; raises sqlite3.Error."""
    _make_private(path)
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT, isolation_level=None)
    _use_write_ahead_log(connection)
    # A crash of the machine may lose the last moments, never the file: people sign in again.
    connection.execute("PRAGMA synchronous = NORMAL")
    if not _is_current(connection):
        _make_tables(connection)
    return connection


def _make_private(path: Path) -> None:
    # Made before SQLite makes it, so that others can never read it, even briefly.
    # O_EXCL: closing an existing file would drop the locks of this process's connections.
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if path.exists():
            path.chmod(0o600)  # a restored backup may have come readable to all
            return
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        return  # another worker was faster
    except OSError as error:
        raise sqlite3.OperationalError(f"cannot open the database: {error.strerror}") from None


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
                order = "" if table == IN_ORDER_OF_ARRIVAL else "WITHOUT ROWID"
                connection.execute(f"CREATE TABLE {table} ({columns}) {order}")
                connection.execute(f"CREATE INDEX {table}_by_expiry ON {table} (expires_at)")
            connection.execute("CREATE INDEX sessions_by_user ON sessions (user_id)")
            connection.execute(f"PRAGMA user_version = {VERSION}")
    except sqlite3.Error:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")

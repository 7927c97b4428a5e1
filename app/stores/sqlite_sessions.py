"""Sessions in the SQLite file: for all workers of one host."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from typing import Any

from limits.storage import Storage

from ..session.store import SessionRecord, SessionStore, StoreUnavailable, hash_id, readable
from ..session.workos_session import WorkOSSession
from .database import Database, SQLiteStorage, Values

FIELDS = "record, seen_at, workos_session, refresh_at"
FIND = f"SELECT {FIELDS} FROM sessions WHERE handle = ? AND expires_at > ?"  # noqa: S608 # our own names


def sqlite_stores(path: Path) -> tuple[SessionStore, Storage]:
    """Returns where sessions and limits are kept; nothing is opened before its first use."""
    database = Database(path)
    return SQLiteSessionStore(database), SQLiteStorage(database)


class SQLiteSessionStore:
    """Keeps sessions in one file."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def create(self, handle: str, record: SessionRecord, *, expires_at: float) -> None:
        self._write(
            "INSERT INTO sessions VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                handle,
                record.identity.user_id,
                record.to_json(),
                record.seen_at,
                record.workos_text,
                record.refresh_at,
                expires_at,
            ),
        )

    def find(self, handle: str) -> SessionRecord | None:
        rows = self._read(FIND, (handle, time.time()))
        return SessionRecord.from_fields(*rows[0]) if rows else None

    def extend(self, handle: str, *, seen_at: int, expires_at: float) -> None:
        self._write(
            "UPDATE sessions SET seen_at = ?, expires_at = ? WHERE handle = ? AND expires_at > ?",
            (seen_at, expires_at, handle, time.time()),
        )

    def keep(self, handle: str, workos_session: WorkOSSession, *, refresh_at: int) -> None:
        self._write(
            "UPDATE sessions SET workos_session = ?, refresh_at = ? WHERE handle = ?",
            (workos_session.to_json(), refresh_at, handle),
        )

    def of_user(self, user_id: str) -> dict[str, SessionRecord]:
        query = f"SELECT handle, {FIELDS} FROM sessions WHERE user_id = ? AND expires_at > ?"  # noqa: S608 # our own names
        rows = self._read(query, (user_id, time.time()))
        return readable({handle: SessionRecord.from_fields(*fields) for handle, *fields in rows})

    def set_identity(self, handle: str, record: SessionRecord) -> None:
        self._write("UPDATE sessions SET record = ? WHERE handle = ?", (record.to_json(), handle))

    def refresh_soon(self, handle: str) -> None:
        self._write("UPDATE sessions SET refresh_at = 0 WHERE handle = ?", (handle,))

    def end(self, handle: str) -> None:
        self._write("DELETE FROM sessions WHERE handle = ?", (handle,))

    def end_all(self) -> int:
        return len(self._write("DELETE FROM sessions RETURNING 1"))

    def claim(self, name: str, *, expires_at: float) -> bool:
        won = self._write(
            "INSERT INTO claims VALUES (:name, :expires_at)"
            " ON CONFLICT (name) DO UPDATE SET expires_at = :expires_at"
            " WHERE claims.expires_at <= :now RETURNING 1",
            {"name": hash_id(name), "expires_at": expires_at, "now": time.time()},
        )
        return bool(won)

    def is_claimed(self, name: str) -> bool:
        query = "SELECT 1 FROM claims WHERE name = ? AND expires_at > ?"
        return bool(self._read(query, (hash_id(name), time.time())))

    def release(self, name: str) -> None:
        self._write("DELETE FROM claims WHERE name = ?", (hash_id(name),))

    def check(self) -> None:
        try:
            self.database.check()
        except sqlite3.Error as error:
            raise StoreUnavailable(detail=type(error).__name__) from error

    def _read(self, statement: str, values: Values = ()) -> list[Any]:
        try:
            return self.database.read(statement, values)
        except sqlite3.Error as error:
            raise StoreUnavailable(detail=type(error).__name__) from error

    def _write(self, statement: str, values: Values = ()) -> list[Any]:
        try:
            return self.database.write(statement, values)
        except sqlite3.Error as error:
            raise StoreUnavailable(detail=type(error).__name__) from error

"""Sessions in the SQLite file: for all workers of one host."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager

from app.database import Database
from app.session_store import SessionRecord, StoreUnavailable, hash_id


class SQLiteSessionStore:
    """Keeps sessions in one file, for all workers of one host."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, session_id: str, record: SessionRecord, *, expires_at: float) -> None:
        with _unavailable():
            self._database.write(
                "INSERT INTO sessions VALUES (?, ?, ?, ?)",
                (hash_id(session_id), record.identity.user_id, record.to_json(), expires_at),
            )

    def find(self, session_id: str) -> SessionRecord | None:
        with _unavailable():
            rows = self._database.read(
                "SELECT record FROM sessions WHERE id_hash = ? AND expires_at > ?",
                (hash_id(session_id), time.time()),
            )
        return SessionRecord.from_json(rows[0][0]) if rows else None

    def extend(self, session_id: str, *, expires_at: float) -> None:
        with _unavailable():
            self._database.write(
                "UPDATE sessions SET expires_at = ? WHERE id_hash = ?",
                (expires_at, hash_id(session_id)),
            )

    def end(self, session_id: str) -> None:
        with _unavailable():
            self._database.write("DELETE FROM sessions WHERE id_hash = ?", (hash_id(session_id),))

    def claim(self, name: str, *, expires_at: float) -> bool:
        with _unavailable():
            won = self._database.write(
                "INSERT INTO claims VALUES (?, ?) ON CONFLICT DO NOTHING RETURNING 1",
                (hash_id(name), expires_at),
            )
        return bool(won)

    def is_claimed(self, name: str) -> bool:
        with _unavailable():
            query = "SELECT 1 FROM claims WHERE name = ?"
            return bool(self._database.read(query, (hash_id(name),)))

    def check(self) -> None:
        with _unavailable():
            self._database.check()


@contextmanager
def _unavailable() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise StoreUnavailable(type(error).__name__) from error

"""Counters for the `limits` library in our SQLite file: exact over all threads and workers."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

from limits.storage import Storage

from app.stores.database import Database

SCHEME = "sqlite"


class SQLiteStorage(Storage):
    """The one storage that `limits` lacks: a file shared by the workers of one host."""

    STORAGE_SCHEME = [SCHEME]  # noqa: RUF012 # how the library wants it declared

    def __init__(self, uri: str, wrap_exceptions: bool = False, **options: float | str | bool):
        super().__init__(uri, wrap_exceptions=wrap_exceptions, **options)
        self._database = Database(Path(uri.removeprefix(f"{SCHEME}://")))

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

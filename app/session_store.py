"""Which sessions are alive, and which one-time things are spent: SQLite."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Protocol

from flask import Flask, current_app

from app.config import Config
from app.database import Database
from app.identity import Identity


class StoreUnavailable(Exception):
    """The store cannot be asked now; it says nothing about anybody's session."""


@dataclass(frozen=True, kw_only=True)
class SessionRecord:
    """What is kept about one live session; times are seconds since the epoch."""

    identity: Identity
    state: str | None
    signed_in_at: int

    def to_json(self) -> str:
        """Returns the record as text for a store."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> SessionRecord:
        """Reads what `to_json` wrote."""
        values = json.loads(text)
        return cls(**{**values, "identity": Identity(**values["identity"])})


class SessionStore(Protocol):
    """What a store of sessions promises; each call raises StoreUnavailable when it cannot."""

    def create(self, session_id: str, record: SessionRecord, *, expires_at: float) -> None:
        """Makes the session live until `expires_at`."""

    def find(self, session_id: str) -> SessionRecord | None:
        """Returns the record of a live session, or None."""

    def extend(self, session_id: str, *, expires_at: float) -> None:
        """Lets a live session live until `expires_at`; a dead one stays dead."""

    def end(self, session_id: str) -> None:
        """Ends the session for every copy of its cookie."""

    def claim(self, name: str, *, expires_at: float) -> bool:
        """Returns True to exactly one caller for each name, over all workers."""

    def is_claimed(self, name: str) -> bool:
        """Whether somebody has claimed this name before."""

    def check(self) -> None:
        """Raises StoreUnavailable unless the store could take a new session now."""


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


def hash_id(secret: str) -> str:
    """Returns what a store may keep of a secret: who reads the store cannot sign in with it."""
    return hashlib.sha256(secret.encode()).hexdigest()


@contextmanager
def _unavailable() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise StoreUnavailable(type(error).__name__) from error


def init_app(app: Flask, config: Config) -> None:
    """Gives the application its store; nothing is opened before the first use."""
    database = Database(config.database_path)
    app.extensions["database"] = database
    app.extensions["session_store"] = SQLiteSessionStore(database)


def session_store() -> SessionStore:
    """Returns the store of the application in hand."""
    store: SessionStore = current_app.extensions["session_store"]
    return store

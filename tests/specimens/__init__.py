"""What each release leaves behind in browsers and stores, one numbered file for each; newest last.

A release meets what others left: after an update, after going back, and while both run. It passes
over whatever has another name (of a cookie, a key's purpose, a version). So a format that changes
gets a new name, and `make specimens` then adds a file; files that are there stay as they are.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import MISSING, dataclass, fields, is_dataclass
from pathlib import Path
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from app.auth import attempts, state
from app.auth.attempt import Attempt
from app.auth.doors import magic_auth, mailed_link, own_link
from app.auth.state import State
from app.auth.steps import STEPS
from app.limits import known_browsers
from app.session import cookie, workos_session
from app.session.store import VERSION, SessionRecord
from app.session.workos_session import WorkOSSession
from app.stores.sqlite_file import TABLES

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Format:
    """Something that another release may read: its name, and the shape that belongs to it."""

    name: str
    named_in: str  # to be changed there with the shape
    shape: str


def shape_of(kind: Any) -> str:
    """Returns the fields, types and defaults of what is kept."""
    origin, inner = get_origin(kind), list(map(shape_of, get_args(kind)))
    if is_dataclass(kind) or hasattr(kind, "_fields"):
        shapes = {name: f"{name}: {shape_of(one)}" for name, one in get_type_hints(kind).items()}
        for one in fields(kind) if is_dataclass(kind) else ():
            if one.default is not MISSING:  # which stands for a field that is left out
                shapes[one.name] += f" = {one.default!r}"
        return f"({', '.join(shapes.values())})"
    if origin is UnionType:
        return " | ".join(inner)
    name = "..." if kind is Ellipsis else getattr(origin or kind, "__name__", repr(kind))
    return f"{name}[{', '.join(inner)}]" if inner else name


STORED = f"stored {VERSION}", "VERSION in app/session/store.py"
SEALED = attempts.PURPOSE, "PURPOSE in app/auth/attempts.py"

FORMATS: dict[str, Format] = {
    "session cookie": Format(cookie.NAME, "NAME in app/session/cookie.py", shape_of(cookie.Ticket)),
    "attempt cookie": Format(*SEALED, shape_of(Attempt)),
    "known browser": Format(
        known_browsers.PURPOSE,
        "PURPOSE in app/limits/known_browsers.py",
        shape_of(tuple[known_browsers.Mark, ...]),
    ),
    "state": Format(state.PURPOSE, "PURPOSE in app/auth/state.py", shape_of(State)),
    "link": Format(
        own_link.LINK, "LINK in app/auth/doors/own_link.py", shape_of(mailed_link.Asked)
    ),
    "link beside a code": Format(
        magic_auth.LINK, "LINK in app/auth/doors/magic_auth.py", shape_of(mailed_link.Asked)
    ),
    "session record": Format(*STORED, shape_of(SessionRecord)),
    "WorkOS session": Format(*STORED, shape_of(WorkOSSession)),
    "tables": Format(
        *STORED, "; ".join(f"{name}: {' '.join(text.split())}" for name, text in TABLES.items())
    ),
    "refresh token": Format(
        workos_session.PURPOSE, "PURPOSE in app/session/workos_session.py", "str"
    ),
    **{f"step {step.name}": Format(*SEALED, shape_of(step.shape)) for step in STEPS},
}


@dataclass(frozen=True, kw_only=True)
class Specimens:
    """What one release has left."""

    name: str  # of the file: a number, and perhaps the release's commit
    made_at: int  # seconds since the epoch
    secret_key: str
    formats: dict[str, Any]  # name and shape of each
    signed_in: dict[str, str]  # the cookies of a browser
    under_way: dict[str, str]  # those of another, with attempts
    pages: list[str]  # that show one of those attempts
    arrivals: list[str]  # with `state`, and by a link of ours
    database: list[str]  # statements that make it

    def is_understood(self, *names: str) -> bool:
        """Whether these formats have the names that they have today."""
        return all(self.formats.get(one, {}).get("name") == FORMATS[one].name for one in names)

    def plant(self, path: Path) -> None:
        """Makes the database file as that release left it."""
        path.parent.mkdir(parents=True)
        with sqlite3.connect(path, isolation_level=None) as connection:
            for statement in self.database:
                connection.execute(statement)
        connection.close()


def dumped(path: Path) -> list[str]:
    """Returns the statements that make this database."""
    with sqlite3.connect(path) as connection:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        connection.execute("DELETE FROM limits")  # they only count
        statements = [*connection.iterdump(), f"PRAGMA user_version = {version}"]
    connection.close()
    return statements


def read_all() -> list[Specimens]:
    """Returns those of every release, oldest first."""
    paths = sorted(HERE.glob("*.json"), key=lambda path: int(path.stem.partition("-")[0]))
    return [Specimens(name=path.stem, **json.loads(path.read_text())) for path in paths]

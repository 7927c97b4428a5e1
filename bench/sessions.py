"""What many sessions cost in SQLite: time as they become more, and bytes for each."""

from __future__ import annotations

import os
import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import cycle
from pathlib import Path

from flask import Flask, g

from app.config import settings
from app.session import live_record, sign_in
from app.session.cookie import Current, Ticket
from app.session.cookie import write as write_cookie
from app.session.store import SessionRecord, hash_id, session_store
from app.stores.database import Database
from bench.clock import in_turn
from bench.pictures import lines
from bench.subjects import (
    ADA,
    RECORD,
    WORKOS,
    Direct,
    Sealed,
    client_of,
    environ_of,
    make_app,
    session_at_workos,
    sign_in_at,
    workos_on_loopback,
)
from bench.table import Picture, Row, compared

FEW, MANY, VERY_MANY = 1_000, 1_000_000, 10_000_000
STEPS = (FEW, 10_000, 100_000, MANY)  # of the picture
KNOWN = 10_000  # sessions that are looked up, so that no two lookups find the same pages at hand
STORED = 10_000  # sessions that are made to see how large one is
END = 4_000_000_000.0  # when they end; nobody waits for it
LONGEST_PAUSE = 20.0  # milliseconds that a sweep may hold up anybody
# Around the cycle of the random handles, so that the file is as full of gaps as a grown one.
FILL = """
    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :count)
    INSERT INTO sessions SELECT lower(hex(randomblob(16))), 'user_' || n, :record, 0, NULL, 0,
    :ends_at FROM numbers"""

Actions = tuple[Callable[[], object], Callable[[], object], Callable[[], object]]


def a_million_sessions(rounds: int) -> list[Row | Picture]:
    """What people do with ever more live sessions in the file, up to a million."""
    with tempfile.TemporaryDirectory() as directory:
        files = [Path(directory) / str(count) for count in STEPS]
        few, *_, many = actions = [
            actions_among(count, file) for count, file in zip(STEPS, files, strict=True)
        ]
        rows = [*against(few, many, MANY, rounds), sweep_pause(files[-1], MANY)]
        checks = [check for check, _, _ in actions]
        with workos_on_loopback() as (_, client):
            *times, sdk = in_turn(*checks, Sealed(client, sign_in_at(client)).check, rounds=rounds)
    ours = [(count, statistics.median(one)) for count, one in zip(STEPS, times, strict=True)]
    theirs = [(count, statistics.median(sdk)) for count in (FEW, MANY)]
    names = {"Request and session here": ours, "The SDK's own check": theirs}
    picture = lines("Checking a session among many", "sessions in SQLite", "time of one", names)
    return [*rows, Picture("performance-sessions", picture)]


def ten_million_sessions(rounds: int) -> list[Row]:
    """The same with ten million; the file takes 7 GB, and minutes to fill."""
    with tempfile.TemporaryDirectory() as directory:
        files = Path(directory) / "few", Path(directory) / "many"
        few, many = actions_among(FEW, files[0]), actions_among(VERY_MANY, files[1])
        return [*against(few, many, VERY_MANY, rounds), sweep_pause(files[1], VERY_MANY)]


def against(few: Actions, many: Actions, count: int, rounds: int) -> list[Row]:
    """Returns a row for each thing that people do, among so many against among few."""
    names = ("Checking a session", "Beginning a session", "Where somebody is signed in")
    rows = []
    for name, target, small, large in zip(names, (1.3, 1.5, 1.5), few, many, strict=True):
        less, more = in_turn(small, large, rounds=rounds)
        question = f"{name} among {count:,}, against {FEW:,}"
        rows.append(compared(question, more, less, target=target))
    return rows


def actions_among(count: int, directory: Path) -> Actions:
    """Fills a file with so many sessions; returns checking one, beginning one, and listing some's.

    Each call is about the next of many people.
    """
    directory.mkdir()
    app = make_app(directory)
    numbers = fill(directory / "app.sqlite3", count)
    environs = cycle([environ_of("/hello", cookie_of_number(app, number)) for number in numbers])
    people = cycle([f"known_{number}" for number in numbers])

    def check() -> None:
        with app.request_context(dict(next(environs))):
            assert live_record()

    def begin() -> None:
        with app.request_context(environ_of("/")):
            somebody = replace(ADA, user_id=f"new_{random.random()}")
            sign_in(somebody, settings(), session_store())

    def list_sessions() -> None:
        with app.request_context(environ_of("/")):
            assert session_store().of_user(next(people))

    return check, begin, list_sessions


def fill(path: Path, count: int) -> list[int]:
    """Puts live sessions of as many people into the file; returns the numbers of those known."""
    numbers = list(range(min(count, KNOWN)))
    connection = Database(path).connection()
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA cache_size = -1000000")  # kB
    connection.execute("BEGIN")
    if count > len(numbers):
        rest = {"count": count - len(numbers), "record": RECORD.to_json(), "ends_at": END}
        connection.execute(FILL, rest)
    rows = (
        (hash_id(str(number)), f"known_{number}", RECORD.to_json(), 0, None, 0, END)
        for number in numbers
    )
    connection.executemany("INSERT INTO sessions VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
    connection.execute("COMMIT")
    settle(connection, path)
    random.shuffle(numbers)
    return numbers


def settle(connection: sqlite3.Connection, path: Path) -> None:
    """Brings all to the disk, so that nothing measured later has to wait for that."""
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def cookie_of_number(app: Flask, number: int) -> str:
    """Returns the cookie that the application would have written for this session."""
    now = int(time.time())
    ticket = Ticket(str(number), now, now, hash_id(str(number)))
    with app.request_context(environ_of("/")):
        g.signin_session = Current(settings(), ticket, is_changed=True)
        response = write_cookie(app.make_response(""))
    return str(response.headers["Set-Cookie"]).partition(";")[0]


def sweep_pause(directory: Path, count: int) -> Row:
    """How long a write waits, at most, while a tenth of all is swept that expired at once."""
    path, expired = directory / "app.sqlite3", count // 10
    longest = []
    for _ in range(3):
        filler = sqlite3.connect(path, isolation_level=None)
        filler.execute("PRAGMA synchronous = OFF")
        filler.execute(FILL, {"count": expired, "record": RECORD.to_json(), "ends_at": 1.0})
        settle(filler, path)
        filler.close()
        longest.append(max(writes_until_swept(path)))
    question = (
        f"Longest write, in ms, while {expired:,} expired sessions beside {count:,} are swept"
    )
    value, noise = statistics.median(longest), max(longest) - min(longest)
    return Row(question, value * 1e3, LONGEST_PAUSE, noise=noise * 1e3)


def writes_until_swept(path: Path) -> list[float]:
    """Returns how long each write took until nothing was left that has expired."""
    database, times = Database(path), list[float]()
    left = "SELECT 1 FROM sessions WHERE expires_at <= ? LIMIT 1"
    while not times or database.read(left, (time.time(),)):
        started = time.perf_counter()
        database.write("INSERT OR REPLACE INTO claims VALUES ('bench', ?)", (END,))
        times.append(time.perf_counter() - started)
    return times


def bytes_a_session(_: int) -> list[Row]:
    """How large the file becomes for each session of somebody who signed in at WorkOS."""
    with tempfile.TemporaryDirectory() as directory:
        app, path = make_app(Path(directory)), Path(directory) / "app.sqlite3"
        with app.app_context():
            for handle, record in stored_sessions(app):
                session_store().create(handle, record, expires_at=END)
        settle(Database(path).connection(), path)
        size = path.stat().st_size / STORED
    return [Row("Bytes a session, SQLite", size, 700)]


def stored_sessions(app: Flask) -> list[tuple[str, SessionRecord]]:
    """Returns sessions of different people as sign-in stores them, each with one at WorkOS."""
    reply = sign_in_at(client_of(base_url=WORKOS, http_client=Direct()))
    text, refresh_at, stale_at = session_at_workos(app, reply).fields()
    found = []
    for number in range(STORED):
        user_id = f"{reply.user.id[:-6]}{number:06}"
        email = f"person.{number}@example.com"
        record = SessionRecord(
            identity=replace(ADA, user_id=user_id, email=email),
            state=None,
            signed_in_at=int(time.time()),
            browser="Firefox on Linux",
            seen_at=int(time.time()),
            workos_text=text,
            refresh_at=refresh_at,
            stale_at=stale_at,
        )
        found.append((hash_id(str(number)), record))
    return found

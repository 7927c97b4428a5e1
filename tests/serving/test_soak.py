"""Traffic of every kind, for a while: what the workers and the store hold must not grow.

`make soak` goes on for five minutes on each store; a line every ten seconds shows what grows.
"""

from __future__ import annotations

import hmac
import itertools
import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest
import redis
import requests

from tests.redis_server import RedisServer
from tests.site import WEBHOOK_SECRET, Browser, Site, running_site
from tests.waiting import PATIENCE

pytestmark = [
    pytest.mark.server,
    pytest.mark.soak,
    pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="/proc is Linux's"),
]
PEOPLE = 4  # at once, each on a thread of the only worker
ROUNDS = 2  # of all of them, before the first look and again before the last
ROWS = 16  # that one visit leaves until they expire: counts of limits, states that are used up
LOOK_EVERY = 10  # seconds, if it goes on for long
SETTINGS = {
    "WEB_CONCURRENCY": "1",
    "THREADS": str(PEOPLE),
    "SESSION_IDLE_TIMEOUT": "60",  # those who do not sign out are swept away meanwhile
}


class Held(NamedTuple):
    """What is held at one moment; sizes in kB."""

    memory: int
    files: int
    store: int  # the database without its log, or the memory of Redis
    log: int  # the write-ahead log
    sessions: int
    kept: int  # everything else that expires: what is used up, what is counted


Look = Callable[[], tuple[int, int, int, int]]


@pytest.fixture(params=["SQLite", "Redis"])
def soaked(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Site, Look]]:
    """A site of one worker, and how its store is looked at."""
    if request.param == "SQLite":
        with running_site(tmp_path, **SETTINGS) as site:
            yield site, lambda: look_at_sqlite(tmp_path / "app.sqlite3")
        return
    server = RedisServer(tmp_path)
    try:
        with running_site(tmp_path, **SETTINGS, REDIS_URL=server.url) as site:
            yield site, lambda: look_at_redis(server.url)
    finally:
        server.kill()


def test_nothing_grows(soaked: tuple[Site, Look], request: pytest.FixtureRequest) -> None:
    """LIM-08."""
    site, look_at_store = soaked
    seconds = request.config.getoption("--soak")

    def look() -> Held:
        [worker] = site.workers()
        files = len(list(Path(f"/proc/{worker}/fd").iterdir()))
        return Held(memory_of(worker), files, *look_at_store())

    names = itertools.count()  # WorkOS mails three codes a minute to one address, and no more

    def everybody() -> None:
        with ThreadPoolExecutor(PEOPLE) as pool:
            list(pool.map(lambda _: come_and_go(site, f"soak{next(names)}"), range(PEOPLE)))

    for _ in range(ROUNDS):
        everybody()
    ends_at, looked_at, rounds = time.monotonic() + seconds, 0.0, 0
    if seconds:
        while time.monotonic() < ends_at - seconds * 2 / 3:  # until the first sessions expire
            everybody()
    before = look()
    while rounds < ROUNDS or time.monotonic() < ends_at:
        everybody()
        rounds += 1
        if seconds and time.monotonic() > looked_at + LOOK_EVERY:
            looked_at = time.monotonic()
            print(f"{ends_at - looked_at:5.0f} s to go, {rounds} rounds: {look()}")
    after = look()

    told = f"{before}\n{after}\nafter {rounds} rounds"
    assert after.memory <= before.memory * 1.1 + 2_000, told
    assert after.files <= before.files + 3 * PEOPLE, told  # each thread opens the database late
    assert after.log <= 8_000, told
    if not seconds:  # nobody's session has expired yet
        assert after.sessions - before.sessions == PEOPLE * rounds, told
    rows = max(0, after.sessions - before.sessions) + max(0, after.kept - before.kept)
    assert after.kept - before.kept <= ROWS * PEOPLE * rounds, told
    assert after.store <= before.store + 2 * rows + 512, told


def come_and_go(site: Site, name: str) -> None:
    """One person: by code and by link, with mistakes, with news from WorkOS, and out again."""
    email = f"{name}@example.com"
    by_code, by_link = Browser(site), Browser(site)
    assert by_code.status("/nowhere") == 404
    assert by_code.status("/auth/callback?code=forged&state=forged") == 400
    by_code.post("/auth/magic-auth", email=email)
    assert by_code.post("/auth/magic-auth/verify", one_time_code="0").status_code == 400
    mailbox = f"{site.workos_url}/_emulate/mailbox"
    [mail] = requests.get(mailbox, params={"to": email}, timeout=PATIENCE).json()
    by_code.post("/auth/magic-auth/verify", one_time_code=mail["one_time_code"])
    session = by_code.http.get(f"{site.url}/api/session", timeout=PATIENCE).json()
    by_link.post("/auth/magic-link", email=email)
    [mail, _] = requests.get(mailbox, params={"to": email}, timeout=PATIENCE).json()
    hosted = requests.get(mail["links"][0], allow_redirects=False, timeout=PATIENCE)
    by_link.http.get(hosted.headers["Location"], timeout=PATIENCE)
    assert by_link.is_signed_in()
    tell(site, "organization_membership.updated", session["user"]["id"])  # so it is refreshed
    for path in ("/account", "/account/sessions", "/api/session"):
        assert by_code.status(path) == 200
    assert by_code.post("/auth/sign-out").status_code == 303
    assert not by_code.is_signed_in()
    for browser in (by_code, by_link):
        browser.http.close()


def tell(site: Site, event: str, user_id: str) -> None:
    """Says that something about a person has changed, as WorkOS does."""
    body = json.dumps({"id": "event_1", "event": event, "data": {"user_id": user_id}}).encode()
    moment = str(int(time.time() * 1000))
    signature = hmac.new(WEBHOOK_SECRET.encode(), f"{moment}.".encode() + body, "sha256")
    headers = {"WorkOS-Signature": f"t={moment}, v1={signature.hexdigest()}"}
    answer = requests.post(
        f"{site.url}/webhooks/workos", data=body, headers=headers, timeout=PATIENCE
    )
    assert answer.status_code == 200


def memory_of(pid: str) -> int:
    """Returns what is its own, and its share of the rest (PSS), in kB."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("Pss:")))


def look_at_sqlite(path: Path) -> tuple[int, int, int, int]:
    """Returns the sizes of database and log, and how many rows there are."""
    with closing(sqlite3.connect(path)) as database:
        tables = ("sessions", "claims", "limits")
        counted = [
            database.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in tables
        ]
    log = path.with_name(f"{path.name}-wal")
    return path.stat().st_size // 1024, log.stat().st_size // 1024, counted[0], sum(counted[1:])


def look_at_redis(url: str) -> tuple[int, int, int, int]:
    """Returns the same of Redis, which has no log that matters here."""
    with redis.Redis.from_url(url, decode_responses=True) as client:
        memory = dict(client.info("memory"))["used_memory"] // 1024
        sessions = sum(1 for _ in client.scan_iter("session/*", count=1_000))
        return memory, 0, sessions, int(client.dbsize()) - sessions

"""What people meet when gunicorn serves: waiting for WorkOS, memory, and the first response."""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import requests

from app.config import SETTINGS
from bench.table import Row
from tests.machine import ROOT, free_port
from tests.site import Browser, Site, running_site

LATENCY = 0.2  # seconds that WorkOS takes to answer
LONG = 6.0  # seconds for which sign-ins wait while pages are measured
WORKERS = 2
THREADS = 8  # in all: as many as two cores can feed with a load generator beside
WAITING = 64  # sign-ins that wait at once
ROUNDS = 3
PAGES, PAGE_RATE = 100, 40  # guarded pages in one round, and how many a second
# What gunicorn.conf.py sets, and enough for one worker to be handed all 64 and still serve.
PAGE_THREADS = (32, 72)
FREE_WITHIN = 10.0  # seconds after which a thread must be back from a WorkOS that hangs
UNLIMITED = {name: "1000000 per minute" for name in SETTINGS if name.startswith("LIMIT_")}


@contextmanager
def served(**settings: str) -> Iterator[Site]:
    """Runs the application with limits that do not stand in the way."""
    with tempfile.TemporaryDirectory() as directory:
        environ = {**UNLIMITED, "WEB_CONCURRENCY": str(WORKERS), **settings}
        with running_site(Path(directory), **environ) as site:
            yield site


def prepared(site: Site, count: int) -> list[tuple[Browser, str, str]]:
    """Returns browsers that have asked for a code, with their tokens and codes."""

    def ask(number: int) -> tuple[Browser, str, str]:
        browser = Browser(site)
        email = f"bench{number}-{time.monotonic_ns()}@example.com"
        browser.post("/auth/magic-auth", email=email)
        return browser, browser.token(), str(browser.mail_to(email)["one_time_code"])

    with ThreadPoolExecutor(8) as pool:
        attempts = list(pool.map(ask, range(count)))
    close(attempts)  # the server ends idle connections after 2 s, perhaps just as one is used
    return attempts


def verify(attempt: tuple[Browser, str, str]) -> int:
    """Types the code; returns the status."""
    browser, token, code = attempt
    return browser.http.post(
        f"{browser.site.url}/auth/magic-auth/verify",
        data={"csrf_token": token, "one_time_code": code},
        allow_redirects=False,
        timeout=60,
    ).status_code


def slow_workos(site: Site, latency: float = LATENCY) -> None:
    """Lets WorkOS take its time over each exchange."""
    hook = {
        "method": "POST",
        "path": "/user_management/authenticate",
        "delay_ms": int(latency * 1000),
    }
    requests.post(f"{site.workos_url}/_emulate/hooks", json=hook, timeout=5).raise_for_status()


def arrived(site: Site) -> int:
    """Returns how many exchanges have reached the slow WorkOS, answered or not."""
    hooks = requests.get(f"{site.workos_url}/_emulate/hooks", timeout=5).json()
    return sum(hook["hits"] for hook in hooks)


def sign_ins_per_second() -> list[Row]:
    """How close sign-ins come to what the threads could do if they only waited for WorkOS."""
    return [sign_in_rate(workers) for workers in (1, WORKERS)]


def sign_in_rate(workers: int) -> Row:
    """The same for so many workers of so many threads that there are THREADS in all."""
    count, best = 160, THREADS / LATENCY
    rates = []
    with served(WEB_CONCURRENCY=str(workers), THREADS=str(THREADS // workers)) as site:
        slow_workos(site)
        for _ in range(ROUNDS):
            attempts = prepared(site, count)
            with ThreadPoolExecutor(4 * THREADS) as pool:
                started = time.perf_counter()
                statuses = list(pool.map(verify, attempts))
                rates.append(count / (time.perf_counter() - started))
            close(attempts)
            assert set(statuses) == {303}, statuses
    rate = statistics.median(rates)
    question = f"Sign-ins per second of {workers} worker(s), against threads divided by latency"
    detail = f"{rate:.0f} of {best:.0f} per second, {THREADS} threads in all, {LATENCY} s"
    return Row(question, rate / best, 0.9, at_least=True, detail=detail)


def pages_while_sign_ins_wait() -> list[Row]:
    """The slowest guarded pages (99th percentile) while 64 sign-ins wait, against idle."""
    return [pages_with(threads) for threads in PAGE_THREADS]


def pages_with(threads: int) -> Row:
    """The same with so many threads a worker, idle and waiting in turn."""
    idle: list[float] = []
    busy: list[float] = []
    inside = []
    with served(THREADS=str(threads)) as site:
        ada = Browser(site)
        ada.sign_in_by_code("ada@example.com")
        cookies = ada.http.cookies.get_dict()
        ada.http.close()
        rounds = [prepared(site, WAITING) for _ in range(ROUNDS)]
        slow_workos(site, LONG)
        pages(site, cookies)  # warms up
        for attempts in rounds:
            idle += pages(site, cookies)
            before = arrived(site)
            with ThreadPoolExecutor(WAITING) as pool:
                waiting = [pool.submit(verify, attempt) for attempt in attempts]
                until = time.monotonic() + LONG / 3
                while arrived(site) - before < WAITING and time.monotonic() < until:
                    time.sleep(0.05)
                inside.append(arrived(site) - before)
                busy += pages(site, cookies)
                statuses = {job.result() for job in waiting}
                assert statuses == {303}, statuses
            close(attempts)
    slowest = [statistics.quantiles(times, n=100)[98] for times in (busy, idle)]
    stuck = sum(seconds > 1 for seconds in busy)
    detail = (
        f"{slowest[0] * 1e3:.1f} ms against {slowest[1] * 1e3:.1f} ms; "
        f"{stuck} of {len(busy)} over 1 s; at least {min(inside)} at WorkOS"
    )
    question = f"Guarded pages (99th percentile) while 64 sign-ins wait, {WORKERS} by {threads}"
    return Row(question, slowest[0] / slowest[1], 2.0, detail=detail)


def pages(site: Site, cookies: dict[str, str]) -> list[float]:
    """Returns the seconds of guarded pages, each from when it was due, on its own connection.

    They are asked at a fixed rate by different people: one after the other, a page that hangs
    for seconds would be a single slow one of hundreds, and no percentile would show it.
    """

    def ask(due: float) -> float:
        time.sleep(max(0.0, due - time.perf_counter()))
        answer = requests.get(f"{site.url}/api/session", cookies=cookies, timeout=30)
        assert answer.status_code == 200
        return time.perf_counter() - due

    first = time.perf_counter() + 0.1
    with ThreadPoolExecutor(PAGES) as pool:
        return list(pool.map(ask, [first + number / PAGE_RATE for number in range(PAGES)]))


def close(attempts: list[tuple[Browser, str, str]]) -> None:
    for browser, _, _ in attempts:
        browser.http.close()


def a_workos_that_hangs() -> list[Row]:
    """How long a thread is gone when WorkOS never answers, and how often it asks."""
    connections: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=accept_and_hang, args=(listener, connections), daemon=True).start()
        base_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with served(WORKOS_BASE_URL=base_url, THREADS="1", WEB_CONCURRENCY="1") as site:
            browser = Browser(site)
            started = time.perf_counter()
            status = browser.post("/auth/magic-auth", email="ada@example.com").status_code
            gone = time.perf_counter() - started
            browser.http.close()
        for connection in connections:
            connection.close()
    assert status == 503, status
    return [
        Row(
            "A thread back from a WorkOS that hangs, against 10 s",
            gone / FREE_WITHIN,
            1.0,
            detail=f"{gone:.1f} s",
        ),
        Row("Calls to a WorkOS that hangs, against the flow's own", len(connections), 1.0),
    ]


def accept_and_hang(listener: socket.socket, connections: list[socket.socket]) -> None:
    with suppress(OSError):
        while True:
            connections.append(listener.accept()[0])


BARE = """
import workos
from flask import Flask
app = Flask("bare")
app.add_url_rule("/healthz", view_func=lambda: "ok")
"""


def memory_and_start() -> list[Row]:
    """One worker after its first response, against a bare Flask application with the SDK."""
    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as directory:
        (Path(directory) / "bare.py").write_text(BARE)
        for _ in range(5):
            ours.append(start_once(directory, "app:create_app()", ROOT))
            theirs.append(start_once(directory, "bare:app", Path(directory)))
    memory = [statistics.median(kilobytes for kilobytes, _ in runs) for runs in (ours, theirs)]
    start = [statistics.median(seconds for _, seconds in runs) for runs in (ours, theirs)]
    return [
        Row(
            "Memory of a worker, against bare Flask with the SDK",
            memory[0] / memory[1],
            1.3,
            detail=f"{memory[0] / 1024:.0f} MB against {memory[1] / 1024:.0f} MB",
        ),
        Row(
            "Time to the first response, against the same",
            start[0] / start[1],
            1.5,
            detail=f"{start[0]:.2f} s against {start[1]:.2f} s",
        ),
    ]


def start_once(directory: str, target: str, cwd: Path) -> tuple[int, float]:
    """Returns the memory of a worker in kB, and the seconds until it had answered."""
    port = free_port()
    url = f"http://localhost:{port}/healthz"
    environ = {
        **os.environ,
        "PYTHONPATH": str(cwd),
        "WORKOS_API_KEY": "sk_test_emulator",
        "WORKOS_CLIENT_ID": "client_emulator",
        "PUBLIC_URL": f"http://localhost:{port}",
        "SECRET_KEY": "Zk4-mTqS9x_Lr7vWb2NcYd8HfJp3Ga6Ue0Ri5Ko1",
        "DATABASE_PATH": f"{directory}/app.sqlite3",
        "WEB_CONCURRENCY": "1",
    }
    command = [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--threads", "4"]
    if cwd != ROOT:
        command += ["--worker-class", "gthread", "--config", "/dev/null"]
    started = time.perf_counter()
    process = subprocess.Popen(  # our own words
        [*command, target],
        cwd=cwd,
        env=environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        while True:
            with suppress(requests.ConnectionError):
                requests.get(url, timeout=5).raise_for_status()
                break
            if process.poll() is not None:
                raise RuntimeError(f"{target} did not start")
            time.sleep(0.005)
        took = time.perf_counter() - started
        [worker] = Site(url, url, process).workers()
        return memory_of(worker), took
    finally:
        process.terminate()
        process.wait()


def memory_of(pid: str) -> int:
    """Returns the resident set size in kB (Linux), including what it shares with the master."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("Rss:")))

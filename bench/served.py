"""What people meet when gunicorn serves: pages and sign-ins per second, memory, and the start."""

from __future__ import annotations

import os
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import requests

from bench.clock import Seconds
from bench.load import PATIENCE, Answer, get, play
from bench.people import Mailing, served, slow_workos
from bench.pictures import lines
from bench.subjects import HOST, cookie_of, flask_login_app, make_app
from bench.table import Picture, Row, compared
from tests.machine import ROOT, free_port
from tests.site import Site

LATENCY = 0.2  # seconds that WorkOS takes to answer
THREADS = 8  # in all: as many as two cores can feed with a load generator beside
SIGN_INS, PEOPLE = 120, 4 * THREADS  # of one round, and how many sign in at once
PAGES, READERS = 200, 8  # of one round, and how many read at once
RATES = (50, 100, 200, 400)  # pages a second, of the picture


def sign_ins_per_second(rounds: int) -> list[Row]:
    """How close sign-ins come to what the threads could do if they only waited for WorkOS."""
    return [sign_in_rate(workers, min(rounds, 3)) for workers in (2, 4)]


def sign_in_rate(workers: int, rounds: int) -> Row:
    """The same for so many workers of so many threads that there are THREADS in all."""
    best, rates = THREADS / LATENCY, []
    with served(WEB_CONCURRENCY=str(workers), THREADS=str(THREADS // workers)) as site:
        mailing = Mailing(site)
        slow_workos(site, "/user_management/authenticate", LATENCY)
        for _ in range(rounds):
            typed = mailing.codes_typed(SIGN_INS)
            started = time.perf_counter()
            answers = play(site.inner_port, typed, people=PEOPLE)
            rates.append(SIGN_INS / (time.perf_counter() - started))
            assert {answer.status for answer in answers} == {200}
    rate = statistics.median(rates)
    question = f"Sign-ins per second of {workers} workers, against threads divided by latency"
    detail = f"{rate:.0f} of {best:.0f} per second, {THREADS} threads in all, {LATENCY} s"
    return Row(question, rate / best, 0.92, at_least=True, detail=detail, noise=0.02)


def pages_per_second(rounds: int) -> list[Row | Picture]:
    """The guarded view over gunicorn, against Flask-Login's and a bare one under the same."""
    with tempfile.TemporaryDirectory() as directory, ExitStack() as running:
        secret = secrets.token_urlsafe(48)
        app = make_app(Path(directory), secret_key=secret)
        cookies = {"ours": cookie_of(app), "flask_login": flask_login_app(secret)[1], "bare": ""}
        ports = {
            name: running.enter_context(gunicorn(directory, f"bench.hello:{name}()", secret))[1]
            for name in cookies
        }

        def load(name: str, count: int, **how: float) -> tuple[list[Answer], float]:
            started = time.perf_counter()
            answers = play(ports[name], [get("/hello", cookies[name])] * count, **how)  # type: ignore[arg-type] # people is whole
            assert {answer.status for answer in answers} == {200}
            return answers, count / (time.perf_counter() - started)

        rates: dict[str, Seconds] = {name: [] for name in cookies}
        for number in range(min(rounds, 9) + 1):
            for name, kept in rates.items():
                rate = load(name, PAGES, people=READERS)[1]
                kept += [rate] if number else []  # the first only warms up
        slowest: dict[str, list[tuple[float, float]]] = {name: [] for name in cookies}
        for asked in RATES[: max(2, rounds)]:
            for name, points in slowest.items():
                answers, _ = load(name, max(asked, 100), rate=asked)
                points.append((asked, percentile([answer.seconds for answer in answers])))
    medians = {name: f"{statistics.median(kept):.0f}" for name, kept in rates.items()}
    detail = f"{medians['ours']} against {medians['flask_login']}; bare {medians['bare']}"
    title = "A guarded page over gunicorn, by load: the slowest of a hundred"
    names = ("This application", "Flask-Login's hello-world", "A bare Flask view")
    drawn = dict(zip(names, slowest.values(), strict=True))
    question = "Pages per second over gunicorn, against Flask-Login's under the same"
    return [
        compared(
            question, rates["ours"], rates["flask_login"], target=1.2, at_least=True, detail=detail
        ),
        Picture(
            "performance-load", lines(title, "pages asked for in a second", "time of one", drawn)
        ),
    ]


def percentile(times: Seconds) -> float:
    """Returns the 99th percentile."""
    return statistics.quantiles(times, n=100)[98]


BARE = """
import workos
from flask import Flask
app = Flask("bare")
app.add_url_rule("/healthz", view_func=lambda: "ok")
"""


def memory_and_start(rounds: int) -> list[Row]:
    """One worker after its first response, against a bare Flask application with the SDK."""
    memory: tuple[list[float], list[float]] = [], []
    start: tuple[list[float], list[float]] = [], []
    with tempfile.TemporaryDirectory() as directory:
        (Path(directory) / "bare.py").write_text(BARE)
        bare = ("--worker-class", "gthread", "--threads", "4", "--config", "/dev/null")
        for _ in range(min(rounds, 5)):
            for which, (target, cwd, options) in enumerate(
                [("app:create_app()", ROOT, ()), ("bare:app", Path(directory), bare)]
            ):
                started = time.perf_counter()
                with gunicorn(directory, target, secrets.token_urlsafe(48), *options, cwd=cwd) as (
                    process,
                    _,
                ):
                    start[which].append(time.perf_counter() - started)
                    workers = Site("", "", process).workers()
                    memory[which].append(statistics.mean(map(share_of_memory, workers)))
    mega = [f"{statistics.median(one) / 1024:.0f} MB" for one in memory]
    return [
        compared(
            "Memory of a worker (PSS), against bare Flask with the SDK",
            *memory,
            target=1.1,
            detail=f"{mega[0]} against {mega[1]}",
        ),
        compared("Time to the first response, against the same", *start, target=1.2),
    ]


@contextmanager
def gunicorn(
    directory: str, target: str, secret_key: str, *options: str, cwd: Path = ROOT
) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """Runs two workers that have answered once; yields the process and its port."""
    port = free_port()
    environ = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(cwd), str(ROOT / "emulator")]),
        "WORKOS_API_KEY": "sk_test_emulator",
        "WORKOS_CLIENT_ID": "client_emulator",
        "PUBLIC_URL": f"https://{HOST}",
        "TRUSTED_PROXIES": "1",
        "SECRET_KEY": secret_key,
        "DATABASE_PATH": f"{directory}/app.sqlite3",
        "WEB_CONCURRENCY": "2",
    }
    command = [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", *options, target]
    with subprocess.Popen(
        command, cwd=cwd, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            path = "/hello" if target.startswith("bench") else "/healthz"
            while True:
                with suppress(requests.ConnectionError):
                    requests.get(f"http://127.0.0.1:{port}{path}", timeout=PATIENCE)
                    break
                if process.poll() is not None:
                    raise RuntimeError(f"{target} did not start")
                time.sleep(0.005)
            yield process, port
        finally:
            process.terminate()


def share_of_memory(pid: str) -> int:
    """Returns the proportional set size in kB: what it shares counts in parts (Linux)."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("Pss:")))

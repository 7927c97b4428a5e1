"""What people meet while others wait for WorkOS, and when it never answers."""

from __future__ import annotations

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import chain

from bench.clock import Seconds
from bench.load import PATIENCE, Answer, get, play
from bench.people import Mailing, arrived, served, slow_workos
from bench.served import percentile
from bench.table import Row, seconds
from tests.site import Site

SEND = "/user_management/magic_auth"
LONG = 6.0  # seconds that WorkOS takes over each mail while pages are measured
CROWDS = {64: 2, 256: 1, 1024: 1}  # how many wait at once, and in how many rounds
SETTLED = 2.5  # seconds until all of them have come as far as they come
PAGES, PAGE_RATE = 100, 40  # guarded pages in one round, and how many a second
CLEAR = 1.0  # seconds within which those who cannot wait are told so
FREE_WITHIN = 10.0  # seconds after which a thread must be back from a WorkOS that hangs


def pages_while_people_wait(_: int) -> list[Row]:
    """The slowest guarded pages (99th percentile) while many wait at WorkOS, against idle."""
    with served(WEB_CONCURRENCY="2") as site:
        mailing = Mailing(site)
        pages = [get("/api/session", mailing.session())] * PAGES
        slow_workos(site, SEND, LONG)
        play(site.inner_port, pages, rate=PAGE_RATE)  # warms up
        return list(chain(*(crowd(site, mailing, pages, *one) for one in CROWDS.items())))


def crowd(site: Site, mailing: Mailing, pages: list[bytes], count: int, rounds: int) -> list[Row]:
    """The same for so many, and how soon those are told who could not wait."""
    idle: Seconds = []
    busy: Seconds = []
    told: list[Answer] = []
    inside = 0
    for _ in range(rounds):
        idle += page_times(site, pages)
        before = arrived(site)
        with ThreadPoolExecutor(1) as beside:
            asking = beside.submit(play, site.inner_port, mailing.asking(count))
            settle(site, before + count)
            inside = arrived(site) - before
            busy += page_times(site, pages)
            told += asking.result()
    slowest = percentile(busy), percentile(idle)
    sent = sum(answer.status == 202 for answer in told)
    refused = [answer for answer in told if answer.status == 503 and answer.headers("Retry-After")]
    detail = (
        f"{seconds(slowest[:1])} against {seconds(slowest[1:])}; {inside} at WorkOS; of "
        f"{len(told)} {sent} got their mail, {len(refused)} a 503 with Retry-After"
    )
    ratio = slowest[0] / slowest[1]
    question = f"Guarded pages (99th percentile) while {count:,} people wait at WorkOS"
    # Whoever neither waits for WorkOS alone nor is told at once waits in a queue.
    queued = max(
        answer.seconds - (LONG if answer.status == 202 else 0)
        if answer.status == 202 or answer in refused
        else PATIENCE
        for answer in told
    )
    return [
        Row(question, ratio, 2, detail=detail, noise=0.3 * ratio),
        Row(
            f"Seconds in a queue, at most, of {count:,} who ask at once",
            queued,
            CLEAR,
            noise=0.1 * queued,
        ),
    ]


def settle(site: Site, count: int) -> None:
    """Returns once so many calls have reached WorkOS, or no more are to be expected."""
    until = time.monotonic() + SETTLED
    while arrived(site) < count and time.monotonic() < until:
        time.sleep(0.1)


def page_times(site: Site, pages: list[bytes]) -> Seconds:
    """Returns what guarded pages take that are asked at a fixed rate."""
    return [answer.seconds for answer in play(site.inner_port, pages, rate=PAGE_RATE)]


def a_workos_that_hangs(_: int) -> list[Row]:
    """How long a thread is gone when WorkOS never answers, and how often it asks."""
    connections: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=accept_and_hang, args=(listener, connections), daemon=True).start()
        base_url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with served(WORKOS_BASE_URL=base_url, THREADS="1", WEB_CONCURRENCY="1") as site:
            [answer] = play(site.inner_port, Mailing(site).asking(1))
        for connection in connections:
            connection.close()
    assert answer.status == 503, answer
    gone = answer.seconds / FREE_WITHIN
    return [
        Row(
            "A thread back from a WorkOS that hangs, against 10 s",
            gone,
            1,
            detail=f"{answer.seconds:.1f} s",
            noise=0.02,
        ),
        Row("Calls to a WorkOS that hangs, against the flow's own", len(connections), 1),
    ]


def accept_and_hang(listener: socket.socket, connections: list[socket.socket]) -> None:
    """Takes every connection, and says nothing."""
    with suppress(OSError):
        while True:
            connections.append(listener.accept()[0])

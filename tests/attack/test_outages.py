"""What breaks in production, broken here: stores, disks and workers, with the real processes."""

from __future__ import annotations

import os
import resource
import select
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

import pytest
import requests

from tests.redis_server import RedisServer
from tests.site import WORKERS, Browser, Site, Sites, running_site
from tests.waiting import PATIENCE, wait_for

pytestmark = pytest.mark.server
on_four_workers = pytest.mark.xdist_group("four workers")


@pytest.fixture
def redis_site(sites: Sites, redis_server: RedisServer) -> Site:
    """Four workers that share one Redis."""
    return sites.get({"REDIS_URL": redis_server.url})


@on_four_workers
def test_without_redis_public_pages_stay_up_and_nobody_is_signed_out(
    redis_site: Site, redis_server: RedisServer
) -> None:
    """LIM-03, and recovery without a restart."""
    ada = Browser(redis_site)
    ada.sign_in_by_code("ada@outage.example")
    redis_server.kill()
    try:
        assert ada.status("/account") == 503
        assert ada.status("/api/session") == 503
        assert ada.status("/readyz") == 503
        assert [ada.status(path) for path in ("/", "/sign-in", "/healthz")] == [200, 200, 200]
        stranger = Browser(redis_site)
        asked = [
            stranger.post("/auth/magic-auth", email="bob@outage.example").status_code
            for _ in range(3 * WORKERS + 1)
        ]
        stranger.http.close()
        # Three for each worker, which now count alone: looser, never open.
        assert asked[:3] == [303] * 3
        assert 429 in asked
    finally:
        redis_server.start()

    assert ada.status("/account") == 200
    assert ada.status("/readyz") == 200
    ada.http.close()


@on_four_workers
def test_a_redis_that_hangs_holds_nobody_for_long(
    redis_site: Site, redis_server: RedisServer
) -> None:
    ada = Browser(redis_site)
    ada.sign_in_by_code("hang@example.com")
    os.kill(redis_server.process.pid, signal.SIGSTOP)
    try:
        assert ada.status("/account") == 503
        assert ada.status("/healthz") == 200
    finally:
        os.kill(redis_server.process.pid, signal.SIGCONT)

    assert ada.status("/account") == 200
    ada.http.close()


@on_four_workers
@pytest.mark.skipif(sys.platform != "linux", reason="prlimit is Linux's")
def test_a_full_disk_signs_nobody_out_and_spends_no_code(site: Site, browser: Browser) -> None:
    browser.sign_in_by_code("full@example.com")
    waiting = Browser(site)
    waiting.post("/auth/magic-auth", email="waiting@example.com")
    code = waiting.mail_to("waiting@example.com")["one_time_code"]
    set_disk(site, full=True)
    try:
        assert browser.status("/account") == 200
        refused = waiting.post("/auth/magic-auth/verify", one_time_code=code)
        assert refused.status_code == 503
        assert waiting.status("/sign-in") == 200
    finally:
        set_disk(site, full=False)

    assert waiting.post("/auth/magic-auth/verify", one_time_code=code).status_code == 303
    assert waiting.is_signed_in()
    waiting.http.close()


def set_disk(site: Site, *, full: bool) -> None:
    """Lets every write to a file fail in the workers, as on a full disk, or succeed again."""
    most = 0 if full else resource.RLIM_INFINITY
    for pid in map(int, site.workers()):
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))


@on_four_workers
def test_a_worker_killed_in_the_middle_costs_nobody_their_session(
    site: Site, browser: Browser
) -> None:
    """All workers die while one asks WorkOS; gunicorn makes new ones, and people go on."""
    browser.sign_in_by_code("killed@example.com")
    other = Browser(site)
    other.post("/auth/magic-auth", email="other@example.com")
    code = other.mail_to("other@example.com")["one_time_code"]
    token = other.token()
    before = site.workers()
    with pytest.raises(requests.RequestException):
        kill_while_asking(site, other, token, code)

    wait_for(lambda: site.workers() and not site.workers() & before)
    assert browser.is_signed_in()
    # The code may be gone with the worker; asking for another one still works in this browser.
    assert other.post("/auth/magic-auth", email="other@example.com").status_code == 303
    other.http.close()


def kill_while_asking(site: Site, other: Browser, token: str, code: str) -> None:
    with (
        site.workos_door.hold("/user_management/authenticate") as held,
        ThreadPoolExecutor(1) as pool,
    ):
        asking = pool.submit(
            other.http.post,
            f"{site.url}/auth/magic-auth/verify",
            data={"csrf_token": token, "one_time_code": code},
            timeout=PATIENCE,
        )
        wait_for(lambda: held.count or asking.done())
        for pid in map(int, site.workers()):
            os.kill(pid, signal.SIGKILL)
        asking.result()


@on_four_workers
def test_a_restarted_server_knows_everybody(tmp_path: Path, site: Site, browser: Browser) -> None:
    """SES-17: the master too is a new process."""
    browser.sign_in_by_code("restart@example.com")
    kept = {"DATABASE_PATH": site.settings["DATABASE_PATH"], "WEB_CONCURRENCY": "1"}
    with running_site(tmp_path, **kept) as restarted:
        again = Browser(restarted)
        again.http.cookies.update(browser.http.cookies.get_dict())
        assert again.is_signed_in()
        again.http.close()


@on_four_workers
def test_a_slow_workos_does_not_stop_other_pages(site: Site, browser: Browser) -> None:
    """LIM-06: 64 people wait for it, and everybody else is served."""
    browser.sign_in_by_code("served@example.com")
    fields = {"csrf_token": browser.token()}
    cookies = "; ".join(f"{name}={value}" for name, value in browser.http.cookies.items())

    def ask(number: int) -> HTTPConnection:
        """Asks for a code, and leaves the answer until later."""
        connection = HTTPConnection("localhost", site.port, timeout=PATIENCE)
        body = urlencode({**fields, "email": f"slow{number}@example.com"})
        headers = {"Cookie": cookies, "Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", "/auth/magic-auth", body, headers)
        return connection

    def is_served_while_all_wait(first: int) -> bool:
        """Whether nobody was sent away: a busy machine may need longer than we wait for WorkOS."""
        with site.workos_door.hold("/user_management/magic_auth") as held:
            waiting = [ask(first + number) for number in range(64)]
            sockets = [connection.sock for connection in waiting]

            def are_answered() -> bool:
                return bool(select.select(sockets, [], [], 0)[0])

            wait_for(lambda: held.count == 64 or are_answered())
            for _ in range(20):
                assert browser.status("/healthz") == 200
                assert browser.status("/account") == 200
            all_waited = not are_answered()
        statuses = {connection.getresponse().status for connection in waiting}
        for connection in waiting:
            connection.close()
        assert statuses <= {303, 503}
        return all_waited and statuses == {303}

    assert any(is_served_while_all_wait(64 * number) for number in range(10))


def test_beyond_the_threads_people_are_told_to_come_back_at_once(tmp_path: Path) -> None:
    """LIM-11: eight of nine threads wait for WorkOS, and the ninth answers everybody else."""
    with running_site(tmp_path, WEB_CONCURRENCY="1", THREADS="9") as site:
        ada = Browser(site)
        ada.sign_in_by_code("served@example.com")
        token, cookies = ada.token(), ada.http.cookies.get_dict()

        def ask(number: int) -> requests.Response:
            return requests.post(
                f"{site.url}/auth/magic-auth",
                json={"email": f"crowd{number}@example.com"},
                headers={"X-CSRFToken": token},
                cookies=cookies,
                timeout=PATIENCE,
            )

        def are_told_while_eight_wait(first: int) -> bool:
            """Whether all eight still waited then, whom a busy machine may not let wait so long."""
            with (
                ThreadPoolExecutor(8) as pool,
                site.workos_door.hold("/user_management/magic_auth") as held,
            ):
                waiting = [pool.submit(ask, first + number) for number in range(8)]
                wait_for(lambda: held.count == 8 or any(job.done() for job in waiting))
                told = [ask(first + 8 + number) for number in range(20)]
                pages = [ada.status("/account") for _ in range(20)]
                all_waited = not any(job.done() for job in waiting)
            assert pages == [200] * 20
            if all_waited:
                assert {one.json()["error"] for one in told} == {"too_many_waiting"}
                assert all(one.status_code == 503 and one.headers["Retry-After"] for one in told)
                assert [job.result().status_code for job in waiting] == [202] * 8
            return all_waited

        assert any(are_told_while_eight_wait(100 * number) for number in range(10))
        assert ask(9_999).status_code == 202
        ada.http.close()


def test_people_who_wait_for_workos_are_spread_over_all_threads(tmp_path: Path) -> None:
    """LIM-06: nobody stands in the queue of one worker while another has a thread to spare."""
    with running_site(tmp_path, WEB_CONCURRENCY="4", THREADS="3") as site:
        ada = Browser(site)
        ada.http.headers["Connection"] = "close"
        token, cookies = ada.token(), ada.http.cookies.get_dict()

        def ask(email: str) -> None:
            headers, url = {"X-CSRFToken": token}, f"{site.url}/auth/magic-auth"
            requests.post(
                url, json={"email": email}, headers=headers, cookies=cookies, timeout=PATIENCE
            )

        def all_wait_at_once(number: int) -> bool:
            """Whether all twelve did, whom a busy machine may not let wait so long."""
            with (
                ThreadPoolExecutor(12) as pool,
                site.workos_door.hold("/user_management/magic_auth") as held,
            ):
                emails = [f"crowd{number}-{each}@example.com" for each in range(12)]
                waiting = [pool.submit(ask, email) for email in emails]
                wait_for(lambda: held.count == 12 or any(job.done() for job in waiting))
                return held.count == 12

        assert any(map(all_wait_at_once, range(5)))
        ada.http.close()

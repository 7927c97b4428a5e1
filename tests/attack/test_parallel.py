"""Many requests at once, over four workers."""

from __future__ import annotations

import signal
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.site import Browser, Site
from tests.waiting import PATIENCE, wait_for

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("four workers")]


def test_twenty_callbacks_at_once_sign_in_once(site: Site, browser: Browser) -> None:
    """AUT-03, AUT-04."""
    callback = browser.callback_of_link("twenty@example.com")
    before, logged = site.calls("/sso/token"), len(site.events())
    cookies = browser.http.cookies.get_dict()
    together = threading.Barrier(20)

    def visit(_: int) -> int:
        together.wait()
        return requests.get(
            callback, cookies=cookies, allow_redirects=False, timeout=PATIENCE
        ).status_code

    with ThreadPoolExecutor(20) as pool:
        statuses = Counter(pool.map(visit, range(20)))

    assert statuses == {303: 1, 400: 19}
    assert site.calls("/sso/token") - before == 1
    logged_since = site.events()[logged:]
    repeated = [event for event in logged_since if event["event"] == "authn_callback_repeated"]
    assert sorted(event["count"] for event in repeated) == list(range(2, 21))


def test_thirty_guesses_at_once_are_five_tries(site: Site, browser: Browser) -> None:
    """AUT-09, AUT-10, LIM-02: with a forged address for each; WorkOS is asked about none."""
    browser.post("/auth/magic-auth", email="guessed@example.com")
    before = site.calls("/user_management/authenticate")
    token, cookies = browser.token(), browser.http.cookies.get_dict()
    together = threading.Barrier(30)

    def guess(number: int) -> str:
        together.wait()
        answer = requests.post(
            f"{site.url}/auth/magic-auth/verify",
            data={"csrf_token": token, "one_time_code": f"{number:06}"},
            headers={"Accept": "application/json", "X-Forwarded-For": f"192.0.2.{number}"},
            cookies=cookies,
            timeout=PATIENCE,
        )
        return str(answer.json()["error"])

    with ThreadPoolExecutor(30) as pool:
        answers = Counter(pool.map(guess, range(30)))

    assert answers == {"invalid_one_time_code": 5, "too_many_tries": 25}
    assert site.calls("/user_management/authenticate") == before


def test_a_limit_is_exact_over_all_workers(site: Site) -> None:
    """LIM-02: three mails a minute to one address, from one network."""
    browsers = [Browser(site) for _ in range(12)]
    together = threading.Barrier(len(browsers))

    def ask(browser: Browser) -> int:
        token = browser.token()
        together.wait()
        return browser.http.post(
            f"{site.url}/auth/magic-auth",
            data={"csrf_token": token, "email": "bombed@example.com"},
            allow_redirects=False,
            timeout=PATIENCE,
        ).status_code

    with ThreadPoolExecutor(len(browsers)) as pool:
        statuses = Counter(pool.map(ask, browsers))
    for browser in browsers:
        browser.http.close()

    assert statuses == {303: 3, 429: 9}


def test_a_session_lives_on_every_worker_and_through_a_reload(site: Site, browser: Browser) -> None:
    """SES-17."""
    email = "reload@example.com"
    browser.post("/auth/magic-auth", email=email)
    browser.post("/auth/magic-auth/verify", one_time_code=browser.mail_to(email)["one_time_code"])
    cookies = browser.http.cookies.get_dict()

    def is_known(_: int) -> bool:
        url = f"{site.url}/api/session"
        return requests.get(url, cookies=cookies, timeout=PATIENCE).status_code == 200

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(is_known, range(40)))
    before = site.workers()
    site.process.send_signal(signal.SIGHUP)

    def are_all_new() -> bool:
        assert is_known(0)
        return not site.workers() & before  # the old ones drain

    wait_for(are_all_new)
    assert all(is_known(number) for number in range(20))


@pytest.mark.parametrize("event", ["session.revoked", "user.deleted"])
def test_what_ends_at_workos_ends_here_on_every_worker_at_once(
    site: Site, browser: Browser, event: str
) -> None:
    """SES-18, SEC-10: WorkOS says so by a webhook, over real sockets."""
    email = f"{event}@example.com"
    browser.sign_in_by_code(email)
    cookies = browser.http.cookies.get_dict()
    api = requests.Session()
    api.headers["Authorization"] = "Bearer sk_test_emulator"
    user = api_session(site, cookies).json()["user"]["id"]
    users = f"{site.workos_url}/user_management/users/{user}"
    if event == "user.deleted":
        assert api.delete(users, timeout=PATIENCE).ok
    else:
        [session] = api.get(f"{users}/sessions", timeout=PATIENCE).json()["data"]
        revoke = f"{site.workos_url}/user_management/sessions/revoke"
        assert api.post(revoke, json={"session_id": session["id"]}, timeout=PATIENCE).ok
    api.close()

    wait_for(lambda: api_session(site, cookies).status_code == 401)
    with ThreadPoolExecutor(8) as pool:
        answers = pool.map(lambda _: api_session(site, cookies).status_code, range(24))
    assert set(answers) == {401}


def api_session(site: Site, cookies: dict[str, str]) -> requests.Response:
    return requests.get(f"{site.url}/api/session", cookies=cookies, timeout=PATIENCE)

"""A running site, a WorkOS that takes its time, and people who sign in by code."""

from __future__ import annotations

import itertools
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from app.config import SETTINGS
from bench.load import Answer, get, play, post
from bench.subjects import HOST, NO_LIMIT
from tests.site import Site, running_site

UNLIMITED = {name: NO_LIMIT for name in SETTINGS if name.startswith("LIMIT_")}


@contextmanager
def served(**settings: str) -> Iterator[Site]:
    """Runs the application behind its proxy, with limits that do not stand in the way."""
    with tempfile.TemporaryDirectory() as directory:
        proxied = {"PUBLIC_URL": f"https://{HOST}", "TRUSTED_PROXIES": "1"}
        with running_site(Path(directory), **UNLIMITED, **proxied, **settings) as site:
            yield site


def slow_workos(site: Site, path: str, latency: float) -> None:
    """Lets WorkOS take so many seconds over each call of this path."""
    hook = {"method": "POST", "path": path, "delay_ms": int(latency * 1000)}
    requests.post(f"{site.workos_url}/_emulate/hooks", json=hook, timeout=5).raise_for_status()


def arrived(site: Site) -> int:
    """Returns how many calls have reached the slow WorkOS, answered or not."""
    hooks = requests.get(f"{site.workos_url}/_emulate/hooks", timeout=5).json()
    return sum(hook["hits"] for hook in hooks)


class Mailing:
    """People who ask for codes; they share what a browser got from the page with the form."""

    def __init__(self, site: Site) -> None:
        self._site, self._numbers = site, itertools.count()
        [page] = play(site.inner_port, [get("/api/session")])
        self._token = json.loads(page.text.partition("\r\n\r\n")[2])["csrf_token"]
        self._cookies = cookies_of(page)

    def asking(self, count: int) -> list[bytes]:
        """Returns the requests of so many people who want a code."""
        return [
            self._post("", email=f"person{next(self._numbers)}@example.com") for _ in range(count)
        ]

    def codes_typed(self, count: int) -> list[bytes]:
        """Lets so many ask; returns the requests with which they type their codes."""
        answers = play(self._site.inner_port, self.asking(count), people=4)
        assert {answer.status for answer in answers} == {202}
        url = f"{self._site.workos_url}/_emulate/mailbox"
        codes = {mail["to"]: mail["one_time_code"] for mail in requests.get(url, timeout=30).json()}
        return [
            self._post("/verify", cookies_of(answer), one_time_code=codes[email_in(answer)])
            for answer in answers
        ]

    def session(self) -> str:
        """Signs somebody in; returns the cookies."""
        [answer] = play(self._site.inner_port, self.codes_typed(1))
        assert answer.status == 200
        return cookies_of(answer)

    def _post(self, path: str, more: str = "", **fields: str) -> bytes:
        cookies = f"{self._cookies}; {more}"
        return post(f"/auth/magic-auth{path}", cookies, csrf_token=self._token, **fields)


def email_in(answer: Answer) -> str:
    """Returns to whom a code was sent."""
    return str(json.loads(answer.text.partition("\r\n\r\n")[2])["email"])


def cookies_of(answer: Answer) -> str:
    """Returns what a browser would send back."""
    return "; ".join(value.partition(";")[0] for value in answer.headers("Set-Cookie"))

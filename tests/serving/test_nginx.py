"""docs/nginx.conf as it is, in front of gunicorn."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import requests
from flask import Flask

from app import MAX_BODY, actions, webhooks
from doctor.examination import examine
from tests.attack import fuzz
from tests.certificate import make_certificate
from tests.machine import free_port
from tests.nginx import PROGRAM, Nginx
from tests.site import Browser, Site, running_site
from tests.waiting import PATIENCE

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("nginx")]

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """A certificate, and its key."""
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, certificate: tuple[str, str]) -> Iterator[Site]:
    """The application behind nginx, under a public address."""
    if not Path(PROGRAM).exists():
        pytest.skip("nginx is not installed")
    directory = tmp_path_factory.mktemp("nginx")
    port = free_port()
    settings = {
        "PUBLIC_URL": f"https://localhost:{port}",
        "TRUSTED_PROXIES": "1",
        "WEB_CONCURRENCY": "2",
        "WORKOS_ACTION_SECRET": "act_3zZ7qKdWw",
    }
    with running_site(directory, **settings) as site, Nginx(directory, site, port, certificate):
        yield site


def test_the_doctor_finds_nothing_to_mend(site: Site, certificate: tuple[str, str]) -> None:
    """WEB-06, WEB-10: one proxy is counted, https is told, and every worker answers alike."""
    context = ssl.create_default_context(cafile=certificate[0])
    with httpx2.Client(verify=context, timeout=PATIENCE) as http:
        found = {c.name: f for c, f in examine(site.settings, url=site.url, http=http)}

    assert {name for name, one in found.items() if one.outcome == "failure"} == set()
    assert found["proxies"].what == "1, as in TRUSTED_PROXIES."
    assert found["site"].outcome == found["workers"].outcome == "ok"


def test_a_person_signs_in_and_no_credential_is_logged(
    site: Site, certificate: tuple[str, str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """LOG-02: nginx's own format would keep the query strings of link and callback."""
    browser = Browser(site)
    browser.http.verify = certificate[0]
    browser.http.trust_env = False  # or the certificates of the environment would win
    browser.http.headers["Referer"] = f"{site.url}/"
    callback = browser.callback_of_link("proxied@example.com")
    assert browser.http.get(callback, timeout=PATIENCE).status_code == 200
    assert browser.is_signed_in()
    browser.status("/auth/callback%3Fcode=canary")  # as a mail program may write it
    browser.http.close()

    log = (site.log.parent / "access.log").read_text()
    assert '"GET /auth/callback" 303' in log
    assert "?" not in log
    assert not re.search(r"code=|state=", log)


def test_with_the_application_down_no_credential_is_logged_either(
    site: Site, certificate: tuple[str, str], tmp_path: Path
) -> None:
    """LOG-02: nginx's error log would quote the whole request line."""
    port = free_port()
    with Nginx(
        tmp_path, Site(site.url, "", site.process, inner_port=free_port()), port, certificate
    ):
        page = requests.get(
            f"https://localhost:{port}/auth/callback?code=canary&state=canary",
            verify=certificate[0],
            timeout=PATIENCE,
        )

    assert page.status_code == 502
    assert "canary" not in "".join(path.read_text() for path in tmp_path.glob("*.log"))


@pytest.mark.parametrize(
    ("path", "limit"),
    [
        ("/auth/magic-auth", MAX_BODY),
        ("/webhooks/workos", webhooks.MAX_BODY),
        ("/webhooks/actions", actions.MAX_BODY),
    ],
)
def test_a_body_is_as_large_as_the_application_takes_and_no_larger(
    site: Site, certificate: tuple[str, str], path: str, limit: int
) -> None:
    """WEB-12: larger ones nginx refuses itself, for the application would hang up on it."""
    for size in (limit, limit + 1, 300_000, 1_000_000):
        for body in (b"a" * size, iter([b"a" * size])):  # the second one in chunks
            answer = requests.post(
                site.url + path, data=body, headers=FORM, verify=certificate[0], timeout=PATIENCE
            )
            assert answer.status_code == (400 if size <= limit else 413)
            assert ("X-Request-ID" in answer.headers) == (size <= limit)


@pytest.mark.fuzz
def test_nginx_answers_whatever_is_sent(
    site: Site, certificate: tuple[str, str], app: Flask, fuzzing: dict[str, Any]
) -> None:
    """WEB-04, WEB-05, WEB-13, LOG-02, LOG-04, LOG-05."""
    logs = [site.log.parent / name for name in ("access.log", "error.log")]
    target = fuzz.Target(site, "nginx", fuzz.doors_of(app), certificate[0], logs)

    found = fuzz.run(target, **fuzzing)
    assert not found, "\n\n".join(found[:10])


def test_a_forged_header_gains_nothing(site: Site, certificate: tuple[str, str]) -> None:
    """WEB-09, WEB-10."""
    forged = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Host": "evil.example"}
    page = requests.get(
        f"{site.url}/sign-in", headers=forged, verify=certificate[0], timeout=PATIENCE
    )
    other = requests.get(
        f"{site.url}/sign-in",
        headers={"Host": "evil.example"},
        verify=certificate[0],
        timeout=PATIENCE,
    )

    assert page.status_code == 200
    assert "evil.example" not in page.text
    assert other.status_code == 400

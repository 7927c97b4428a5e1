"""The doctor at the door of a running application, and as a command."""

from __future__ import annotations

import io
import json
import os
import ssl
import subprocess
import sys
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx2
import pytest

from doctor.__main__ import main
from doctor.examination import examine
from doctor.finding import Finding
from tests.clone import Running, environment, run
from tests.machine import ROOT, free_port
from tests.site import ONE_WORKER, OUR_MAIL, SITE_SETTINGS, WEBHOOK_SECRET, Browser, Site, Sites
from tests.waiting import PATIENCE

pytestmark = pytest.mark.server
behind_a_proxy = pytest.mark.xdist_group("behind a proxy")

NEW_KEY = "n3w-Key_4zT9qLx7Rr2vWb8NcYd5HfJp1Ga6Ue0Ri"


@pytest.fixture
def certificate(sites: Sites) -> tuple[str, str]:
    """A certificate, and its key."""
    return sites.certificate


@pytest.fixture
def site(sites: Sites) -> Site:
    """Two workers over https, behind what says that it is one proxy."""
    return sites.get({"TRUSTED_PROXIES": "1", "WEB_CONCURRENCY": "2", **OUR_MAIL}, https=True)


def diagnose(
    site: Site, certificate: str, *, proxies: int = 1, proto: str = "https", **changes: str
) -> dict[str, Finding]:
    """Examines the running site as from outside, through so many proxies."""
    environ = {**site.settings, **changes}
    headers = {"X-Forwarded-For": ", ".join(["203.0.113.9"] * proxies), "X-Forwarded-Proto": proto}
    context = ssl.create_default_context(cafile=certificate)
    with httpx2.Client(
        verify=context, headers=headers if proxies else {}, timeout=PATIENCE
    ) as http:
        found = list(examine(environ, url=site.url, http=http))
    return {check.name: finding for check, finding in found}


def failures(found: dict[str, Finding]) -> set[str]:
    return {name for name, finding in found.items() if finding.outcome == "failure"}


@behind_a_proxy
def test_a_site_behind_one_proxy_is_well(site: Site, certificate: tuple[str, str]) -> None:
    """WEB-06, SES-17."""
    found = diagnose(site, certificate[0])

    assert failures(found) == set()
    warned = {name for name, finding in found.items() if finding.outcome == "warning"}
    assert warned <= {"environment", "dashboard"}  # the others are not offered, so skipped
    assert "one key" in found["workers"].what


@behind_a_proxy
@pytest.mark.parametrize(("proxies", "fix"), [(0, "TRUSTED_PROXIES=0"), (2, "TRUSTED_PROXIES=2")])
def test_proxies_are_counted_by_what_arrives(
    site: Site, certificate: tuple[str, str], proxies: int, fix: str
) -> None:
    """WEB-10."""
    found = diagnose(site, certificate[0], proxies=proxies)

    assert failures(found) == {"proxies"}
    assert fix in found["proxies"].fix


@behind_a_proxy
def test_a_proxy_that_does_not_pass_the_scheme_on_is_found(
    site: Site, certificate: tuple[str, str]
) -> None:
    found = diagnose(site, certificate[0], proto="http")

    assert failures(found) == {"proxies"}
    assert "X-Forwarded-Proto" in found["proxies"].fix


@behind_a_proxy
def test_another_key_than_the_workers_have_is_found(
    site: Site, certificate: tuple[str, str]
) -> None:
    found = diagnose(site, certificate[0], SECRET_KEY=NEW_KEY)

    assert failures(found) == {"workers"}
    assert NEW_KEY not in str(found)


@behind_a_proxy
def test_another_webhook_secret_is_found(site: Site, certificate: tuple[str, str]) -> None:
    found = diagnose(site, certificate[0], WORKOS_WEBHOOK_SECRET="whsec_another")

    assert failures(found) == {"webhook_arrives"}


@behind_a_proxy
def test_another_address_than_public_url_is_found(site: Site, certificate: tuple[str, str]) -> None:
    public = site.url.replace("localhost", "127.0.0.1")
    with httpx2.Client(timeout=PATIENCE) as http:
        http.post(f"{site.workos_url}/_emulate/reset")
    found = diagnose(site, certificate[0], PUBLIC_URL=public)

    assert {"site"} <= failures(found) <= {"site", "redirect_uri"}
    assert "what people type" in found["site"].fix


@behind_a_proxy
def test_there_is_nothing_at_the_doctors_door_for_anybody_else(
    site: Site, certificate: tuple[str, str]
) -> None:
    """SEC-07."""
    context = ssl.create_default_context(cafile=certificate[0])
    with httpx2.Client(verify=context, timeout=PATIENCE) as http:
        for token in ("", "canary", "a.b.c"):
            refused = http.post(f"{site.url}/doctor", headers={"X-Doctor": token})
            assert refused.status_code == 404
            assert "fingerprint" not in refused.text


def command(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Runs the doctor as a developer does, in a directory without `.env`."""
    kept = {name: value for name, value in os.environ.items() if name not in SITE_SETTINGS}
    return subprocess.run(
        [sys.executable, "-m", "doctor", *arguments],
        cwd="/",
        env={**kept, "PYTHONPATH": str(ROOT), **environ},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


@pytest.mark.xdist_group("Chromium")
def test_the_doctor_asks_this_machine_without_the_companys_proxy(
    sites: Sites,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    site = sites.get(ONE_WORKER)
    proxy = f"http://ada:canary@127.0.0.1:{free_port()}"

    monkeypatch.chdir(tmp_path)
    here = {**site.settings, "HTTP_PROXY": proxy, "https_proxy": proxy}
    with patch.dict(os.environ, environment(**here), clear=True):
        assert main(["--url", site.url]) == 0
    told = capsys.readouterr()
    assert "through the proxy" not in told.out
    assert "canary" not in told.out + told.err

    away = {**site.settings, "WORKOS_BASE_URL": "https://api.workos.com", "https_proxy": proxy}
    with patch.dict(os.environ, environment(**away), clear=True):
        main([])
    told = capsys.readouterr()
    shown = " ".join(told.out.split())
    assert f"does not answer through the proxy {proxy.partition('@')[2]}" in shown
    assert "canary" not in told.out + told.err


@pytest.mark.xdist_group("make run")
def test_beside_make_run_the_doctor_finds_its_ports_and_its_debug_mode(running: Running) -> None:
    ended = run(running.clone, ".venv/bin/python", "-m", "doctor")

    told = " ".join(ended.stdout.split())
    assert ended.returncode == 0, ended.stdout
    assert (
        f"The emulator of this project, at {running.mailbox_url}" in told.partition("settings")[0]
    )
    assert f"{running.url} answers, and is the one in PUBLIC_URL" in told
    assert "running_debug On, on this machine" in told


def test_a_reader_who_has_seen_enough_is_no_error() -> None:
    """As in `| head -1`."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as closed:
        ended = subprocess.run(
            [sys.executable, "-m", "doctor"],
            cwd=ROOT,
            env=environment(),
            stdout=closed,
            stderr=subprocess.PIPE,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    assert ended.stderr == ""


@pytest.mark.parametrize(
    ("port", "what", "do"),
    [
        ("5000", "WORKOS_CLIENT_ID is missing", "Make one with"),
        ("none", "PORT is not a port", "Give a number"),
    ],
)
def test_it_says_so_when_the_application_cannot_start(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    port: str,
    what: str,
    do: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    wrong = environment(SECRET_KEY="canary", WORKOS_API_KEY="canary", PORT=port)
    with patch.dict(os.environ, wrong, clear=True):
        assert main([]) == 1

    told = capsys.readouterr()
    assert what in told.out
    assert f"Do:  {do}" in told.out
    assert "canary" not in told.out + told.err


@behind_a_proxy
def test_the_command_prints_json_and_no_secret(site: Site, tmp_path: Path) -> None:
    settings = {**site.settings, "DATABASE_PATH": str(tmp_path / "app.sqlite3")}
    ended = command("--json", **settings)

    answer: dict[str, Any] = json.loads(ended.stdout)
    assert answer["ok"] is (ended.returncode == 0) is True
    assert {"check", "outcome", "what", "why", "fix", "text"} == set(answer["findings"][0])
    for name in ("WORKOS_API_KEY", "SECRET_KEY", "WORKOS_WEBHOOK_SECRET"):
        assert settings[name] not in ended.stdout + ended.stderr


@pytest.mark.xdist_group("Chromium")
def test_the_story_of_an_attempt_is_told_from_the_log(
    sites: Sites, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the first click to the session, with the detour by a scanner, and nothing secret."""
    site = sites.get(ONE_WORKER)
    browser = Browser(site)
    attempt = browser.post("/auth/magic-link", email="ada@example.com").headers["Location"]
    attempt = attempt.partition("attempt=")[2]
    link = browser.mail_to("ada@example.com")["links"][0]
    scanner = Browser(site)
    scanner.http.get(link, timeout=PATIENCE)
    browser.http.get(link, timeout=PATIENCE)
    log = site.log.read_text()
    for each in (browser, scanner):
        each.http.close()

    status, story = told(attempt, log, capsys, monkeypatch)

    assert status == 0
    steps = [
        "A link was sent.",
        "did not ask for the link",
        "opened again",
        "The link did not work",
    ]
    places = [story.index(step) for step in steps]
    assert places == sorted(places)
    assert "stage 2 of 4" in story
    assert "stage 3 of 4" in story
    assert "EMAIL_DELIVERY=smtp" in story
    assert "ada@" not in story
    assert WEBHOOK_SECRET not in story


def told(
    attempt: str, log: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> tuple[int, str]:
    """Returns how the command ends and what it prints, without another Python to be started."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(log))
    return main(["--attempt", attempt]), capsys.readouterr().out


def test_a_story_reads_the_lines_of_a_terminal_too(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    log = (
        "10:00:00 INFO authn_magic_auth_sent logger=app attempt=0123456789ab stage=2 email=a***\n"
        "noise\n{not json\n"
        "10:00:09 INFO session_created logger=app attempt=0123456789ab stage=4 user=canary\n"
    )
    _, story = told("0123456789ab", log, capsys, monkeypatch)

    assert "A code was sent." in story
    assert "+9.0 s" in story
    assert "It ended in a session." in story
    assert "canary" not in story


@pytest.mark.parametrize("attempt", ["0123456789ab", "nonsense", "'; rm -rf /"])
def test_an_attempt_that_is_not_in_the_log_is_said_so(
    attempt: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    status, story = told(attempt, "{}\n", capsys, monkeypatch)

    assert status == 1
    assert "says nothing about that attempt" in story

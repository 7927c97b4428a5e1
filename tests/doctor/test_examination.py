"""Each thing that the doctor looks at, broken: exactly that check fails, with the right advice."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from email.utils import formatdate
from pathlib import Path
from typing import Any

import httpx2
import pytest
from flask import Flask, request, session

import workos_emulator
from app.config import Config
from app.session import sign_out
from app.workos_api.client import workos
from doctor.app_checks import cookie_size, get_changes_nothing, make_app, transport_security
from doctor.examination import CHECKS, examine
from doctor.finding import Check, Finding, Patient
from doctor.settings_checks import fingerprint
from doctor.site_checks import running_debug, workers
from tests.conftest import ROOT, SECRET_KEY
from tests.machine import free_port

PUBLIC = "https://app.example.com"
REAL = "https://api.workos.com"
HEALTHY = {
    "WORKOS_API_KEY": "sk_test_emulator",
    "WORKOS_CLIENT_ID": "client_emulator",
    "WORKOS_BASE_URL": "http://localhost:4100",
    "SECRET_KEY": SECRET_KEY,
}
# To open pages takes longer than all else, and finds the same whatever WorkOS answers.
QUICK = [check for check in CHECKS if check.name not in ("get_routes", "cookie_size")]
Examine = Callable[..., dict[str, list[Finding]]]


class Dated(httpx2.BaseTransport):
    """The emulator with a Date header, as every server has one."""

    def __init__(self, emulator: Flask, ahead: float = 0) -> None:
        self._inner = httpx2.WSGITransport(app=emulator)
        self._ahead = ahead

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Adds the header."""
        response = self._inner.handle_request(request)
        response.headers["Date"] = formatdate(time.time() + self._ahead, usegmt=True)
        return response


@pytest.fixture
def diagnose(tmp_path: Path, smtp: dict[str, Any]) -> Iterator[Examine]:
    """Examines healthy settings, but for what the test breaks."""
    clients = []

    def run(
        *,
        emulator: Flask | None = None,
        transport: Any = None,
        checks: Sequence[Check] = QUICK,
        **changes: str,
    ) -> dict[str, list[Finding]]:
        environ = {**HEALTHY, "DATABASE_PATH": str(tmp_path / "instance/app.sqlite3"), **changes}
        world = emulator or workos_emulator.create_app(
            redirect_uris=[f"{environ.get('PUBLIC_URL', Config.public_url)}/auth/callback"]
        )
        http = httpx2.Client(transport=transport or Dated(world))
        clients.append(http)
        found: dict[str, list[Finding]] = {}
        for check, finding in examine(environ, url=None, http=http, checks=checks):
            found.setdefault(check.name, []).append(finding)
        return found

    yield run
    for http in clients:
        http.close()


def failures(found: dict[str, list[Finding]]) -> dict[str, Finding]:
    """Returns what needs fixing, by check."""
    return {
        name: finding
        for name, findings in found.items()
        for finding in findings
        if finding.outcome == "failure"
    }


def test_the_healthy_have_nothing_to_mend(diagnose: Examine) -> None:
    found = diagnose(checks=CHECKS)

    assert failures(found) == {}
    assert set(found) == {check.name for check in CHECKS}


def test_so_has_production(diagnose: Examine) -> None:
    found = diagnose(
        checks=CHECKS,
        PUBLIC_URL=PUBLIC,
        WORKOS_API_KEY="sk_live_1",
        WORKOS_BASE_URL=REAL,
        emulator=workos_emulator.create_app(
            redirect_uris=[f"{PUBLIC}/auth/callback"], api_key="sk_live_1"
        ),
        WORKOS_WEBHOOK_SECRET="whsec_3zZ7qKd",
    )

    assert failures(found) == {}
    assert [finding.outcome for finding in found["environment"]] == ["ok"]


@pytest.mark.parametrize(
    ("changes", "check", "what", "fix"),
    [
        ({"WORKOS_API_KEY": ""}, "settings", "WORKOS_API_KEY is missing", "API Keys"),
        ({"SECRET_KEY": "short"}, "settings", "SECRET_KEY is 5 characters", "token_urlsafe"),
        ({"EMAIL_DELIVERY": "smtp", "MAIL_FROM": "a@example.com"}, "settings", "SMTP_URL", "TLS"),
        (
            {"WORKOS_API_KEY": "sk_live_1", "WORKOS_BASE_URL": REAL},
            "settings", "PUBLIC_URL is http", "https",
        ),
        ({"FLASK_DEBUG": "1", "PUBLIC_URL": PUBLIC}, "debug", "FLASK_DEBUG is on", "Remove"),
        ({"PUBLIC_URL": "http://app.example.com"}, "https", "unencrypted", "certificate"),
        ({"WORKOS_API_KEY": "sk_test_other"}, "credentials", "does not accept", "the emulator"),
        (
            {"WORKOS_API_KEY": "sk_test_other", "WORKOS_BASE_URL": REAL},
            "credentials", "does not accept", "API Keys",
        ),
        ({"DATABASE_PATH": "/proc/nowhere/app.sqlite3"}, "store", "cannot be made", "DATABASE"),
    ],
)  # fmt: skip
def test_a_broken_setting_is_found_by_its_check_alone(
    diagnose: Examine, changes: dict[str, str], check: str, what: str, fix: str
) -> None:
    found = failures(diagnose(**changes))

    assert set(found) == {check}
    assert what in found[check].what
    assert fix in found[check].fix


OFFICIAL_ANSWERS: dict[str, tuple[dict[str, Any], int]] = {
    "/health": ({"status": "ok"}, 200),
    "/sso/jwks/client_emulator": (
        {"keys": [{"kty": "RSA", "kid": "a", "e": "AQAB", "n": "sX" * 171}]},
        200,
    ),
    "/sso/token": ({"error": "invalid_grant"}, 400),
}


def official_emulator() -> Flask:
    """What https://github.com/workos/emulate answers to the doctor's questions."""
    app = Flask("official")

    @app.before_request
    def answer() -> tuple[dict[str, Any], int]:
        return OFFICIAL_ANSWERS.get(request.path, ({"code": "unauthorized"}, 401))

    return app


def own_key() -> Flask:
    return workos_emulator.create_app(api_key="sk_test_mine")


@pytest.mark.parametrize(
    ("changes", "make", "outcome", "what"),
    [
        ({}, None, "ok", "The emulator of this project, at http://localhost:4100"),
        ({"WORKOS_API_KEY": "sk_test_mine"}, own_key, "warning", "with a key of your own: WorkOS"),
        ({"WORKOS_BASE_URL": REAL}, None, "warning", f"WorkOS, at {REAL}, with the key of an em"),
        ({"WORKOS_BASE_URL": REAL, "WORKOS_API_KEY": "sk_test_mine"}, None, "ok", "WorkOS, at"),
        ({"SIGN_IN_WITH": "magic_auth"}, official_emulator, "ok", "WorkOS's own emulator, at"),
        ({}, official_emulator, "warning", "It has no Magic Link"),
        ({}, lambda: Flask("another"), "warning", "Neither WorkOS nor an emulator known here"),
    ],
)
def test_it_says_first_which_server_is_asked(
    diagnose: Examine,
    changes: dict[str, str],
    make: Callable[[], Flask] | None,
    outcome: str,
    what: str,
) -> None:
    found = diagnose(emulator=make() if make else None, **changes)

    [name, *_] = found
    [finding] = found["server"]
    assert (name, finding.outcome) == ("server", outcome)
    assert what in finding.what


def test_the_official_emulator_is_not_taken_for_workos(diagnose: Examine) -> None:
    found = diagnose(emulator=official_emulator())

    assert set(failures(found)) == {"credentials"}
    assert "sk_test_default" in failures(found)["credentials"].fix
    assert "keeps no list" in found["redirect_uri"][0].what


def test_the_key_of_another_environment_is_told_from_a_wrong_code(diagnose: Examine) -> None:
    """WorkOS has no keys for that client either, so two checks see it."""
    found = failures(diagnose(WORKOS_CLIENT_ID="client_other", WORKOS_BASE_URL=REAL))

    assert set(found) == {"jwks", "credentials"}
    assert "do not belong together" in found["credentials"].what
    assert "same environment" in found["credentials"].fix


def test_an_answer_in_the_place_of_workos_is_no_key(diagnose: Examine) -> None:
    world = workos_emulator.create_app()
    hook = {"method": "GET", "path": "/sso/jwks/*", "status": 200, "body": "<html>hotel wifi"}
    world.test_client().post("/_emulate/hooks", json=hook)

    found = failures(diagnose(emulator=world))

    assert set(found) == {"jwks"}
    assert "in WorkOS's place" in found["jwks"].fix


@pytest.mark.parametrize(
    ("registered", "part"),
    [
        ("http://localhost:5000/auth/callback/", "trailing slash (one)"),
        ("https://localhost:5000/auth/callback", "scheme (https)"),
        ("http://127.0.0.1:5000/auth/callback", "host (127.0.0.1)"),
        ("http://localhost:8000/auth/callback", "port (8000)"),
        ("http://localhost:5000/callback", "path (/callback)"),
        ("http://localhost:5000/auth/callback?a=b", "query (a=b)"),
    ],
)
def test_the_redirect_uri_is_compared_character_by_character(
    diagnose: Examine, registered: str, part: str
) -> None:
    world = workos_emulator.create_app(redirect_uris=[registered])
    found = failures(diagnose(emulator=world, WORKOS_BASE_URL=REAL))

    assert set(found) == {"redirect_uri"}
    assert part in found["redirect_uri"].what
    assert found["redirect_uri"].fix.endswith("Redirects: http://localhost:5000/auth/callback")
    found = failures(diagnose(emulator=world))
    assert "make doctor PORT=" in found["redirect_uri"].fix


def test_every_redirect_uri_is_looked_up(diagnose: Examine) -> None:
    found = failures(diagnose(WORKOS_REDIRECT_URIS="https://other.example.com/callback"))

    assert "https://other.example.com/callback is not registered" in found["redirect_uri"].what


def test_the_redirect_uri_of_previews_is_listed(diagnose: Examine) -> None:
    settings = {"PUBLIC_URL": PUBLIC, "PREVIEW_HOSTS": "pr-*.preview.example.com"}
    uri = "https://pr-*.preview.example.com/auth/callback"

    found = diagnose(**settings)["redirect_uri"]
    assert [(one.outcome, uri in one.what) for one in found] == [("ok", False), ("warning", True)]
    known = workos_emulator.create_app(redirect_uris=[f"{PUBLIC}/auth/callback", uri])
    found = diagnose(emulator=known, **settings)["redirect_uri"]
    assert [(one.outcome, uri in one.what) for one in found] == [("ok", False), ("ok", True)]


def test_what_only_the_dashboard_knows_is_named(diagnose: Examine) -> None:
    def named(ways_in: str) -> list[str]:
        found = diagnose(SIGN_IN_WITH=ways_in)["dashboard"]
        assert {finding.outcome for finding in found} == {"skipped"}
        return [finding.what.rpartition("/auth/")[2] for finding in found]

    assert named("magic_auth,magic_link") == ["invitation"]
    assert named("magic_auth,google") == ["invitation", "sign-out"]
    assert named("authkit") == ["invitation", "sign-out", "initiate"]


@pytest.mark.parametrize(("ahead", "word"), [(120, "behind"), (-120, "ahead of")])
def test_a_wrong_clock_is_found(diagnose: Examine, ahead: float, word: str) -> None:
    found = failures(diagnose(transport=Dated(workos_emulator.create_app(), ahead)))

    assert set(found) == {"clock"}
    assert word in found["clock"].what
    assert "NTP" in found["clock"].fix


def test_a_workos_that_is_not_there_is_one_failure_and_not_five(diagnose: Examine) -> None:
    found = diagnose(
        WORKOS_BASE_URL=f"http://localhost:{free_port()}", transport=httpx2.HTTPTransport()
    )

    assert set(failures(found)) == {"api"}
    assert "make run" in failures(found)["api"].fix
    for check in ("clock", "jwks", "credentials", "redirect_uri"):
        assert [finding.outcome for finding in found[check]] == ["skipped"]


def test_a_database_is_looked_at_and_never_made(diagnose: Examine, tmp_path: Path) -> None:
    """Made by the doctor, it might belong to another user than the application's."""
    [finding] = diagnose()["store"]
    assert (finding.outcome, list(tmp_path.iterdir())) == ("ok", [])

    path = tmp_path / "instance/app.sqlite3"
    path.parent.mkdir()
    path.write_text("no database, but long enough to be read as one " * 100)
    found = failures(diagnose())
    assert set(found) == {"store"}
    assert "cannot be written to" in found["store"].what

    path.unlink()
    path.touch()
    assert "every worker" in diagnose()["store"][0].what


def test_a_redis_that_is_not_there_is_found(diagnose: Examine) -> None:
    found = failures(diagnose(REDIS_URL=f"redis://127.0.0.1:{free_port()}/0"))

    assert set(found) == {"store"}
    assert "Redis" in found["store"].fix


def test_a_redis_elsewhere_without_tls_is_warned_of(diagnose: Examine) -> None:
    """SEC-11."""
    for scheme, outcome in (("redis", "warning"), ("rediss", "failure")):
        url = f"{scheme}://:canary@127.0.0.2:{free_port()}/0"  # elsewhere, as far as anybody knows
        first = diagnose(REDIS_URL=url)["store"][0]
        assert first.outcome == outcome
        assert "canary" not in str(first)


def test_a_mail_server_that_is_not_there_is_found(diagnose: Examine) -> None:
    found = failures(
        diagnose(
            EMAIL_DELIVERY="smtp",
            SMTP_URL=f"smtp://ada:canary@127.0.0.1:{free_port()}",
            MAIL_FROM="Us <us@example.com>",
        )
    )

    assert set(found) == {"mail"}
    assert "MAIL_FROM" in found["mail"].fix
    assert "canary" not in str(found)


def test_a_mail_server_that_takes_the_sender_is_well(
    diagnose: Examine, mailing: dict[str, str]
) -> None:
    [finding] = diagnose(**mailing)["mail"]

    assert finding.outcome == "ok"
    assert "takes mail from us@example.com" in finding.what


def test_the_secret_of_the_action_is_another_than_that_of_the_webhook(diagnose: Examine) -> None:
    unset = diagnose(PUBLIC_URL=PUBLIC, WORKOS_BASE_URL=REAL)["action"][0]
    right = diagnose(PUBLIC_URL=PUBLIC, WORKOS_ACTION_SECRET="act_3zZ7qKdWw")["action"][0]
    same = dict.fromkeys(("WORKOS_ACTION_SECRET", "WORKOS_WEBHOOK_SECRET"), "whsec_3zZ7qKd")
    copied = failures(diagnose(PUBLIC_URL=PUBLIC, **same))["action"]

    assert (unset.outcome, right.outcome) == ("skipped", "ok")
    assert f"{PUBLIC}/webhooks/actions" in right.what
    assert f"{PUBLIC}/webhooks/actions" in copied.fix
    assert "whsec" not in copied.what + copied.fix


def test_staging_and_a_missing_webhook_are_warnings(diagnose: Examine) -> None:
    found = diagnose(PUBLIC_URL=PUBLIC, WORKOS_BASE_URL=REAL)

    assert failures(found) == {}
    assert found["environment"][0].outcome == "warning"
    assert found["webhook"][0].outcome == "warning"
    assert f"{PUBLIC}/webhooks/workos" in found["webhook"][0].fix


@pytest.fixture
def healthy_app(tmp_path: Path, make_config: Any) -> Flask:
    """The application as the doctor makes it, over https, for a test to break."""
    return make_app(make_config(public_url=PUBLIC), tmp_path)


def test_a_session_that_grows_too_large_for_a_cookie_is_found(healthy_app: Flask) -> None:
    @healthy_app.before_request
    def keep_too_much() -> None:
        session["basket"] = secrets.token_urlsafe(4000)  # what compresses would fit

    [finding] = cookie_size(healthy_app)

    assert finding.outcome == "failure"
    assert "drop cookies of more than 4096" in finding.what


@pytest.mark.parametrize(
    ("setting", "value", "missing"),
    [
        ("SESSION_COOKIE_SECURE", False, "Secure"),
        ("SESSION_COOKIE_HTTPONLY", False, "HttpOnly"),
        ("SESSION_COOKIE_SAMESITE", "None", "SameSite=Lax"),
    ],
)
def test_a_cookie_without_its_flags_is_found(
    healthy_app: Flask, setting: str, value: Any, missing: str
) -> None:
    healthy_app.config[setting] = value

    [finding] = transport_security(healthy_app)

    assert finding.outcome == "failure"
    assert missing in finding.what


def test_a_page_that_signs_out_with_get_is_found(healthy_app: Flask) -> None:
    @healthy_app.get("/logout")
    def logout() -> str:
        sign_out()
        return "bye"

    [finding] = get_changes_nothing(healthy_app)

    assert finding.outcome == "failure"
    assert "/logout" in finding.what


@pytest.mark.parametrize("placeholder", ["", "<address>", "<int:address>", "<uuid:address>"])
def test_a_page_that_calls_workos_with_get_is_found(healthy_app: Flask, placeholder: str) -> None:
    @healthy_app.get(f"/mail-me/{placeholder}")
    def mail_me(address: object = "ada") -> str:
        workos().user_management.create_magic_auth(email=f"{address}@example.com")
        return "sent"

    [finding] = get_changes_nothing(healthy_app)

    assert f"/mail-me/{placeholder}" in finding.what


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda n: {"fingerprint": "ffffffff" if n % 2 else None}, "another SECRET_KEY"),
        (lambda n: {"is_first": n < 2}, "do not share one session store"),
        (lambda n: {"count": 1 + n // 2}, "do not count limits together"),
    ],
)
def test_workers_that_differ_are_found(
    make_config: Any, change: Callable[[int], dict[str, Any]], what: str
) -> None:
    config = make_config()
    answers = []
    for number in range(6):
        answer: dict[str, Any] = {"host": "a", "pid": number % 2, "is_first": number == 0}
        answer |= {"count": number + 1, "fingerprint": None}
        answers.append({**answer, **change(number)})

    mark = fingerprint(config)
    for answer in answers:
        answer["fingerprint"] = answer["fingerprint"] or mark
    with httpx2.Client() as http:
        [finding] = workers(Patient(config, http, PUBLIC, notes={"answers": answers}))

    assert finding.outcome == "failure"
    assert what in finding.what


@pytest.mark.parametrize(
    ("public_url", "is_debug", "outcome"),
    [
        (PUBLIC, [False, True], "failure"),
        (PUBLIC, [False, False], "ok"),
        ("http://localhost:5000", [True], "ok"),
    ],
)
def test_a_worker_in_debug_mode_is_found(
    make_config: Any, public_url: str, is_debug: list[bool], outcome: str
) -> None:
    answers = [{"is_debug": each} for each in is_debug]
    with httpx2.Client() as http:
        patient = Patient(
            make_config(public_url=public_url), http, public_url, notes={"answers": answers}
        )
        [finding] = running_debug(patient)

    assert finding.outcome == outcome


def test_every_check_stands_in_the_checklist_for_production() -> None:
    page = (ROOT / "docs/production.md").read_text()

    for check in CHECKS:
        assert f"`{check.name}`" in page


def test_a_check_that_breaks_hides_nothing_and_tells_no_secret(diagnose: Examine) -> None:
    class Broken(httpx2.BaseTransport):
        def handle_request(self, request: httpx2.Request) -> httpx2.Response:
            raise RuntimeError("canary")

    found = diagnose(transport=Broken())

    assert "The check itself failed (RuntimeError)" in failures(found)["api"].what
    assert found["store"][0].outcome == "ok"
    assert "canary" not in str(found)

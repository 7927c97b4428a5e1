"""The application itself, made from these settings, with a database of its own."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.exceptions import HTTPException
from werkzeug.routing import BuildError, Rule
from workos import HTTPResponse, TransportConnectError, WorkOSClient

from app import create_app
from app.config import Config
from app.identity import Identity
from app.session import sign_in
from app.session.store import session_store
from doctor.finding import Check, Finding, Patient, failure, ok

MAX_COOKIE = 4096  # bytes of name, value and attributes; browsers drop larger ones in silence
PAGES = ("/", "/sign-in", "/account", "/account/sessions")
FLAGS = ("__Host-", "Secure", "HttpOnly", "SameSite=Lax", "Path=/")
SOMEBODY = Identity(user_id="user_doctor", email="doctor@example.com", name=None, method="doctor")


def cookie_size(app: Flask) -> Iterator[Finding]:
    """Measures each cookie that signing in and the next pages set."""
    largest = max(_cookies(app), key=len)
    name, size = largest.partition("=")[0], len(largest.encode())
    if size > MAX_COOKIE:
        yield failure(
            f"{name} has {size} bytes, and browsers drop cookies of more than {MAX_COOKIE}.",
            "Keep less in flask.session: an id is enough, the rest belongs in a database.",
        )
    else:
        yield ok(f"{name} has {size} of {MAX_COOKIE} bytes.")


def transport_security(app: Flask) -> Iterator[Finding]:
    """Looks at the flags of cookies and at HSTS, for this PUBLIC_URL."""
    config: Config = app.extensions["signin_settings"]
    if not config.is_https:
        if config.is_development:
            yield ok("http, on this machine.")
        else:
            yield failure(
                f"PUBLIC_URL is {config.public_url}: codes and cookies would travel unencrypted.",
                "Put a proxy with a certificate in front, and set PUBLIC_URL to its https address.",
            )
        return
    missing = [flag for cookie in _cookies(app) for flag in FLAGS if flag not in cookie]
    hsts = app.test_client().get("/healthz").headers.get("Strict-Transport-Security")
    if missing or not hsts:
        what = ", ".join([*sorted(set(missing)), *([] if hsts else ["HSTS"])])
        yield failure(
            f"Missing: {what}.",
            "See app/session/cookie.py, app/web/flask_session.py and app/web/headers.py.",
        )
    else:
        yield ok("Cookies are __Host-, Secure, HttpOnly and SameSite=Lax; HSTS is sent.")


def get_changes_nothing(app: Flask) -> Iterator[Finding]:
    """Visits every page with GET, as a stranger and signed in, and looks for traces."""
    rules = [
        rule
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and rule.endpoint != "static"
    ]
    guilty = [rule.rule for rule in rules if _leaves_a_trace(app, _path(app, rule))]
    if guilty:
        yield failure(
            f"GET changes something: {', '.join(guilty)}.",
            "Let GET show and POST do: link previews and mail scanners open every link.",
        )
    else:
        yield ok(f"{len(rules)} pages, and opening them changes nothing.")


def _leaves_a_trace(app: Flask, path: str) -> bool:
    backend: Unreachable = app.extensions["doctor_backend"]
    for cookies in ([], _signed_in_cookies(app)):
        client = _client(app, cookies)
        before, calls = _traces(app), backend.calls
        client.get(path, base_url=_origin(app))
        is_still_in = client.get("/api/session", base_url=_origin(app)).status_code == 200
        if _traces(app) != before or backend.calls != calls or is_still_in != bool(cookies):
            return True
    return False


def _path(app: Flask, rule: Rule) -> str:
    # A value for each kind of placeholder.
    urls = app.url_map.bind("")
    for value in ("1", "1.5", "00000000-0000-0000-0000-000000000001"):
        with suppress(BuildError, ValueError, HTTPException):
            path = urls.build(rule.endpoint, dict.fromkeys(rule.arguments, value))
            urls.match(path)
            return path
    return rule.rule


def _traces(app: Flask) -> list[Any]:
    database = app.extensions["signin_store"].database
    sessions = database.read("SELECT handle, record, workos_session, refresh_at FROM sessions")
    # /readyz writes one row again and again, to see whether it can.
    return [*sessions, *database.read("SELECT name FROM claims WHERE name != 'check'")]


def _cookies(app: Flask) -> list[str]:
    # The one of the sign-in, and `flask.session`, which the first page with a form begins.
    client = _client(app, signed_in := _signed_in_cookies(app))
    pages = [client.get(path, base_url=_origin(app)) for path in PAGES]
    return [*signed_in, *(line for page in pages for line in page.headers.getlist("Set-Cookie"))]


def _signed_in_cookies(app: Flask) -> list[str]:
    config: Config = app.extensions["signin_settings"]
    with app.test_request_context("/sign-in", base_url=config.public_url):
        app.preprocess_request()
        sign_in(SOMEBODY, config, session_store())
        response = app.process_response(app.make_response(""))
    return response.headers.getlist("Set-Cookie")


def _client(app: Flask, cookies: list[str]) -> FlaskClient:
    config: Config = app.extensions["signin_settings"]
    client = app.test_client()
    for cookie in cookies:
        [(name, morsel)] = SimpleCookie(cookie).items()
        client.set_cookie(
            name, morsel.value, domain=config.public_host, max_size=0, secure=config.is_https
        )
    return client


def _origin(app: Flask) -> str:
    config: Config = app.extensions["signin_settings"]
    return config.public_url


class Unreachable:
    """Stands in for WorkOS while the application is only looked at."""

    def __init__(self) -> None:
        self.calls = 0

    def request(self, method: str, *_: object, **__: object) -> HTTPResponse:
        """Counts what would change something there, and fails."""
        self.calls += method.upper() != "GET"
        raise TransportConnectError("nobody is asked")

    def close(self) -> None:
        """Has nothing to close."""


def make_app(config: Config, directory: Path) -> Flask:
    """Returns the application with these settings, except for where it keeps things."""
    apart = {"database_path": directory / "app.sqlite3", "redis_url": None, "log_level": "CRITICAL"}
    config = replace(config, **apart)  # type: ignore[arg-type] # each of its own type
    backend = Unreachable()
    app = create_app(
        config,
        workos=WorkOSClient(
            api_key=config.workos_api_key,
            client_id=config.workos_client_id,
            max_retries=0,
            http_client=backend,
        ),
    )
    app.extensions["doctor_backend"] = backend
    app.config["MAX_COOKIE_SIZE"] = 0  # no warning of Flask's own: cookie_size says it better
    return app


def _with_app(check: Any) -> Any:
    def run(patient: Patient) -> Iterator[Finding]:
        with tempfile.TemporaryDirectory() as directory:
            yield from check(make_app(patient.config, Path(directory)))

    return run


CHECKS = (
    Check("https", "Without it, anybody on the way can read along.", _with_app(transport_security)),
    Check(
        "cookie_size",
        "People whose cookie is dropped sign in again and again.",
        _with_app(cookie_size),
    ),
    Check("get_routes", "Programs open links before people do.", _with_app(get_changes_nothing)),
)

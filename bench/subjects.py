"""What is measured: the application as in production, and the others beside it."""

from __future__ import annotations

import contextvars
import hashlib
import hmac
import io
import json
import secrets
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import flask_login
from cryptography.fernet import Fernet
from flask import Flask, abort, g, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.serving import make_server
from workos import HTTPResponse, WorkOSClient
from workos.session import seal_session_from_auth_response
from workos.user_management.models import AuthenticateResponse

import workos_emulator
from app import create_app
from app.config import Config, settings
from app.guards import login_required
from app.identity import Identity
from app.session import sign_in
from app.session.store import SessionRecord, session_store
from app.session.workos_session import WorkOSSession, read_authentication

HOST = "app.example.com"
WORKOS = "http://127.0.0.1:4100"  # where Direct never goes
ADA = Identity(user_id="user_1", email="ada@example.com", name="Ada Lovelace", method="magic_auth")
RECORD = SessionRecord(identity=ADA, state=None, signed_in_at=0, browser="Firefox on Linux")
NO_LIMIT = "1000000 per minute"


def hello() -> ResponseReturnValue:
    """Says hello: the view of every application here."""
    return jsonify(hello="world")


def make_app(directory: Path, workos: WorkOSClient | None = None, **given: Any) -> Flask:
    """Returns the application with one guarded view that says hello."""
    config = {
        "workos_api_key": "sk_test_emulator",
        "workos_client_id": "client_emulator",
        "secret_key": secrets.token_urlsafe(48),
        "public_url": f"https://{HOST}",
        "database_path": directory / "app.sqlite3",
        **given,
    }
    app = create_app(Config(**config), workos=workos)
    app.add_url_rule("/hello", view_func=login_required(hello))
    return app


def cookie_of(app: Flask, workos_session: WorkOSSession | None = None) -> str:
    """Signs Ada in, and returns her cookie."""
    with app.request_context(environ_of("/")):
        sign_in(ADA, settings(), session_store(), workos_session=workos_session)
        response = app.process_response(app.make_response(""))
    return str(response.headers["Set-Cookie"]).partition(";")[0]


def environ_of(path: str, cookie: str = "", form: str | None = None) -> dict[str, Any]:
    """Returns a GET, or a POST of this encoded form, as a server hands it to an application."""
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": path,
        "SERVER_NAME": HOST,
        "SERVER_PORT": "443",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": HOST,
        "HTTP_COOKIE": cookie,
        "HTTP_ACCEPT": "application/json",
        "REMOTE_ADDR": "192.0.2.1",
        "wsgi.url_scheme": "https",
        "wsgi.input": io.BytesIO((form or "").encode()),
        "wsgi.errors": sys.stderr,
    }
    if form is not None:
        environ |= {
            "REQUEST_METHOD": "POST",
            "CONTENT_TYPE": "application/x-www-form-urlencoded",
            "CONTENT_LENGTH": str(len(form)),
            "HTTP_REFERER": f"https://{HOST}/",
        }
    return environ


def answer_of(app: Flask, environ: dict[str, Any]) -> tuple[str, list[tuple[str, str]], bytes]:
    """Returns status, headers and body of one request through the whole stack."""
    told: list[Any] = []
    body = b"".join(app(environ, lambda *said: told.extend(said[:2])))  # type: ignore[arg-type] # a start_response without write()
    return told[0], told[1], body


def caller(app: Flask, path: str, cookie: str = "") -> Callable[[], None]:
    """Returns a function that makes one request through the whole stack, and wants it answered."""

    def call() -> None:
        status = answer_of(app, environ_of(path, cookie))[0]
        assert status == "200 OK", status

    return call


def within(app: Flask, check: Callable[[], object], **headers: str) -> Callable[[], None]:
    """Returns a function that checks what a request brings, each time as if it had just come."""
    # A context of its own, because several applications are measured in turn.
    context = contextvars.copy_context()
    context.run(app.request_context(environ_of("/hello") | headers).push)

    def forget_and_check() -> None:
        for name in list(g):  # what the last one found out, and no request begins with
            g.pop(name)
        check()

    return lambda: context.run(forget_and_check)


class Direct:
    """An `HTTPBackend` of the SDK that asks the emulator in this thread, and keeps the time."""

    def __init__(self) -> None:
        self._emulator = workos_emulator.create_app(base_url=WORKOS).test_client()
        self.seconds = 0.0  # that WorkOS has taken so far
        self.last: dict[str, Any] = {}  # what it said last

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: dict[str, str],
        content: bytes | None,
        timeout: float,  # the protocol's
    ) -> HTTPResponse:
        """Makes one call."""
        started = time.perf_counter()
        path = url.removeprefix(WORKOS)
        with self._emulator.open(path, method=method, headers=headers, data=content) as reply:
            self.last = reply.get_json(silent=True) or {}
            sent = dict(reply.headers)
            answer = HTTPResponse(reply.status_code, sent, reply.data, method, url)
        self.seconds += time.perf_counter() - started
        return answer

    def close(self) -> None:
        """Closes nothing."""


@contextmanager
def workos_on_loopback() -> Iterator[tuple[str, WorkOSClient]]:
    """Runs the emulator where the SDK can fetch its keys; yields its address and a client."""
    server = make_server("127.0.0.1", 0, Flask("none"), threaded=True)
    url = f"http://127.0.0.1:{server.server_port}"
    server.app = workos_emulator.create_app(base_url=url)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield url, client_of(base_url=url)
    server.shutdown()


def client_of(**settings: Any) -> WorkOSClient:
    """Returns the SDK's client of the emulator."""
    return WorkOSClient(api_key="sk_test_emulator", client_id="client_emulator", **settings)


def sign_in_at(client: WorkOSClient) -> AuthenticateResponse:
    """Signs Ada in by code, and returns WorkOS's answer."""
    sent = client.user_management.create_magic_auth(email=ADA.email)
    return client.user_management.authenticate_with_magic_auth(code=sent.code, email=ADA.email)


def session_at_workos(app: Flask, reply: AuthenticateResponse) -> WorkOSSession:
    """Returns what the application keeps of WorkOS's answer."""
    with app.app_context():
        found = read_authentication(reply, settings()).workos_session
    assert found
    return found


class Sealed:
    """The SDK's own session: a sealed cookie, and a token whose signature is checked each time."""

    def __init__(self, client: WorkOSClient, reply: AuthenticateResponse) -> None:
        self._client, self._password = client, Fernet.generate_key().decode()
        self.cookie = seal_session_from_auth_response(
            access_token=reply.access_token,
            refresh_token=reply.refresh_token,
            user=reply.user.to_dict(),
            cookie_password=self._password,
        )

    def is_live(self, cookie: str) -> bool:
        """Whether somebody is signed in, as the SDK sees it."""
        session = self._client.user_management.load_sealed_session(
            session_data=cookie, cookie_password=self._password
        )
        return session.authenticate().authenticated

    def check(self) -> None:
        """Checks the cookie that it made."""
        assert self.is_live(self.cookie)

    def app(self) -> Flask:
        """Returns a Flask application that lets in whom the SDK lets in."""
        app = bare_app("sealed")

        @app.before_request
        def refuse_strangers() -> None:
            if not self.is_live(request.cookies.get("wos_session", "")):
                abort(401)

        return app


def bare_app(name: str = "bare") -> Flask:
    """Returns a Flask application whose view nobody guards."""
    app = Flask(name)
    app.add_url_rule("/hello", view_func=hello)
    return app


def floor_app(path: Path) -> tuple[Flask, str]:
    """Returns the least that a session in a store needs, and its cookie.

    That is a bare view, one HMAC, one point read and one JSON, with no lifetime and no promise.
    """
    key, handle = secrets.token_bytes(32), secrets.token_hex(32)
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("CREATE TABLE sessions (handle TEXT PRIMARY KEY, record TEXT) WITHOUT ROWID")
    database.execute("INSERT INTO sessions VALUES (?, ?)", (handle, RECORD.to_json()))
    app = Flask("floor")

    def sign(text: str) -> str:
        return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()

    @app.get("/hello")
    def guarded() -> ResponseReturnValue:
        text, _, signature = request.cookies["session"].partition(".")
        if not hmac.compare_digest(sign(text), signature):
            abort(401)
        query = "SELECT record FROM sessions WHERE handle = ?"
        [[record]] = database.execute(query, (text,)).fetchall()
        assert json.loads(record)["identity"]["email"] == ADA.email
        return hello()

    return app, f"session={handle}.{sign(handle)}"


def flask_login_app(secret_key: str) -> tuple[Flask, str]:
    """Returns Flask-Login's hello-world with somebody signed in, and the cookie."""

    class User(flask_login.UserMixin):  # type: ignore[misc] # Flask-Login ships no types
        id = "1"

    app = Flask("flask-login")
    app.secret_key = secret_key
    users = {"1": User()}
    manager = flask_login.LoginManager(app)
    manager.user_loader(users.get)
    app.add_url_rule("/hello", view_func=flask_login.login_required(hello))

    @app.get("/in")
    def enter() -> str:
        flask_login.login_user(users["1"])
        return ""

    answer = app.test_client().get("/in")
    return app, str(answer.headers["Set-Cookie"]).partition(";")[0]

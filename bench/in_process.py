"""What a request costs in one process: checking a session, and the whole stack around it."""

from __future__ import annotations

import contextvars
import io
import logging
import random
import secrets
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from typing import Any

import flask_login
import httpx2
from cryptography.fernet import Fernet
from flask import Flask, Response, g, jsonify
from werkzeug.serving import make_server
from workos import WorkOSClient
from workos.session import seal_session_from_auth_response

import workos_emulator
from app import create_app
from app.config import Config, settings
from app.guards import api_key_required, login_required
from app.identity import Identity
from app.session import live_record, sign_in
from app.session.cookie import Current, Ticket
from app.session.cookie import write as write_cookie
from app.session.store import SessionRecord, hash_id, session_store
from app.session.workos_session import WorkOSSession, read_authentication
from app.stores.database import Database
from bench.table import Row, seconds_each

HOST = "localhost:5000"
MANY, FEW = 1_000_000, 1_000
ADA = Identity(user_id="user_1", email="ada@example.com", name="Ada Lovelace", method="magic_auth")


def make_app(directory: Path, **settings: Any) -> Flask:
    """Returns the application with one guarded view that says hello."""
    app = create_app(
        Config(
            workos_api_key="sk_test_emulator",
            workos_client_id="client_emulator",
            secret_key=secrets.token_urlsafe(48),
            database_path=directory / "app.sqlite3",
            **settings,
        )
    )
    app.add_url_rule("/hello", view_func=login_required(hello))
    return app


def hello() -> Any:
    return jsonify(hello="world")


def cookie_of(app: Flask, workos_session: WorkOSSession | None = None) -> str:
    """Signs Ada in, and returns her cookie."""
    with app.test_request_context(headers={"Host": HOST}):
        sign_in(ADA, settings(), session_store(), workos_session=workos_session)
        response = app.process_response(app.make_response(""))
    return str(response.headers["Set-Cookie"]).partition(";")[0]


def environ_of(path: str, cookie: str) -> dict[str, Any]:
    """Returns a GET request as a server hands it to an application."""
    return {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": path,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "5000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": HOST,
        "HTTP_COOKIE": cookie,
        "HTTP_ACCEPT": "application/json",
        "REMOTE_ADDR": "192.0.2.1",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
    }


def caller(app: Flask, path: str, cookie: str = "") -> Callable[[], None]:
    """Returns a function that makes one request through the whole stack."""

    def call() -> None:
        statuses: list[str] = []
        b"".join(app(environ_of(path, cookie), lambda status, *_: statuses.append(status)))  # type: ignore[arg-type] # a start_response without write()
        assert statuses == ["200 OK"], statuses

    return call


def checker(app: Flask, cookie: str) -> Callable[[], None]:
    """Returns a function that goes from the cookie to the identity, store included."""
    # A context of its own, because two applications are measured in turn.
    context = contextvars.copy_context()
    context.run(app.request_context(environ_of("/hello", cookie)).push)

    def check() -> None:
        for name in list(g):  # what the last one found out, and no request begins with
            g.pop(name)
        record = live_record()
        assert record
        assert record.identity.email == ADA.email

    return lambda: context.run(check)


@contextmanager
def workos_on_loopback() -> Iterator[str]:
    """Runs the emulator where the SDK can fetch its keys."""
    server = make_server("127.0.0.1", 0, Flask("none"), threaded=True)
    url = f"http://127.0.0.1:{server.server_port}"
    server.app = workos_emulator.create_app(base_url=url)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield url
    server.shutdown()


def checking_a_session() -> Row:
    """Cookie to identity, against the SDK's sealed session with its keys already fetched."""
    with workos_on_loopback() as url, tempfile.TemporaryDirectory() as directory:
        client = WorkOSClient(api_key="sk_test_emulator", client_id="client_emulator", base_url=url)
        reply = sign_in_at(client, url)
        workos_session_app = make_app(Path(directory))
        with workos_session_app.app_context():
            workos_session = read_authentication(reply, settings()).workos_session
        password = Fernet.generate_key().decode()
        sealed = seal_session_from_auth_response(
            access_token=reply.access_token,
            refresh_token=reply.refresh_token,
            user=reply.user.to_dict(),
            cookie_password=password,
        )

        def sdk() -> None:
            session = client.user_management.load_sealed_session(
                session_data=sealed, cookie_password=password
            )
            assert session.authenticate().authenticated

        sdk()
        ours = checker(workos_session_app, cookie_of(workos_session_app, workos_session))
        mine, theirs = seconds_each(ours, sdk)
    detail = f"{mine * 1e6:.0f} µs against {theirs * 1e6:.0f} µs"
    return Row(
        "Checking a session, against the SDK's own check", mine / theirs, 0.25, detail=detail
    )


def sign_in_at(client: WorkOSClient, url: str) -> Any:
    """Signs Ada in by code, and returns WorkOS's answer."""
    client.user_management.create_magic_auth(email=ADA.email)
    mails = httpx2.get(f"{url}/_emulate/mailbox").json()
    return client.user_management.authenticate_with_magic_auth(
        code=mails[0]["one_time_code"], email=ADA.email
    )


def a_known_api_key() -> Row:
    """A key that WorkOS has just confirmed, against the SDK's own check, which asks WorkOS."""
    with workos_on_loopback() as url, tempfile.TemporaryDirectory() as directory:
        client = WorkOSClient(api_key="sk_test_emulator", client_id="client_emulator", base_url=url)
        acme = client.organizations.create_organization(name="Acme").id
        value = client.api_keys.create_organization_api_key(acme, name="CI").value
        app = make_app(Path(directory), workos_base_url=url)
        context = contextvars.copy_context()
        bearer = {**environ_of("/hello", ""), "HTTP_AUTHORIZATION": f"Bearer {value}"}
        context.run(app.request_context(bearer).push)

        def ours() -> None:
            for name in list(g):  # what the last one found out, and no request begins with
                g.pop(name)
            assert api_key_required() is None

        def sdk() -> None:
            assert client.api_keys.create_validation(value=value).api_key

        mine, theirs = seconds_each(lambda: context.run(ours), sdk, count=50)
    detail = f"{mine * 1e6:.0f} µs against {theirs * 1e6:.0f} µs"
    question = "Checking an API key that is known, against the SDK's own check"
    return Row(question, mine / theirs, 0.1, detail=detail)


def a_million_sessions() -> Row:
    """The same with a thousand and with a million live sessions in the file."""
    with tempfile.TemporaryDirectory() as few, tempfile.TemporaryDirectory() as many:
        checks = []
        for directory, count in ((few, FEW), (many, MANY)):
            app = make_app(Path(directory))
            fill(Path(directory) / "app.sqlite3", count)
            checks.append(spread(app, random.sample(range(count), FEW)))
        small, large = seconds_each(*checks)
    detail = f"{large * 1e6:.0f} µs against {small * 1e6:.0f} µs"
    question = "Checking a session among 1,000,000, against 1,000"
    return Row(question, large / small, 1.5, detail=detail)


def spread(app: Flask, numbers: list[int]) -> Callable[[], None]:
    """Returns a function that looks up the next of these sessions, as different people would."""
    now = int(time.time())
    tickets = [Ticket(str(number), now, now, hash_id(str(number))) for number in numbers]
    environs = cycle([environ_of("/hello", cookie_with(app, ticket)) for ticket in tickets])

    def check() -> None:
        with app.request_context(dict(next(environs))):
            assert live_record()

    return check


def cookie_with(app: Flask, ticket: Ticket) -> str:
    """Returns the cookie that the application would have written for this ticket."""
    config: Config = app.extensions["signin_settings"]
    response = Response()
    with app.app_context():
        g.signin_session = Current(config, ticket, is_changed=True)
        write_cookie(response)
    return str(response.headers["Set-Cookie"]).partition(";")[0]


def fill(path: Path, count: int) -> None:
    """Puts live sessions of as many people straight into the file."""
    record = SessionRecord(identity=ADA, state=None, signed_in_at=0, browser="Firefox on Linux")
    text, ends_at = record.to_json(), 4_000_000_000.0
    database = Database(path)
    connection = database.connection()
    connection.execute("BEGIN")
    rows = (
        (hash_id(str(number)), f"user_{number}", text, 0, None, 0, 0, ends_at)
        for number in range(count)
    )
    connection.executemany("INSERT INTO sessions VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
    connection.execute("COMMIT")


def a_guarded_request() -> list[Row]:
    """A guarded JSON view, against Flask-Login's and against a view that nobody guards."""
    with tempfile.TemporaryDirectory() as directory:
        app = make_app(Path(directory))
        bare = Flask("bare")
        bare.add_url_rule("/hello", view_func=hello)
        login_app, login_cookie = flask_login_app()
        ours, theirs, nothing = seconds_each(
            caller(app, "/hello", cookie_of(app)),
            caller(login_app, "/hello", login_cookie),
            caller(bare, "/hello"),
        )
    times = f"{ours * 1e6:.0f} µs; Flask-Login {theirs * 1e6:.0f} µs; bare {nothing * 1e6:.0f} µs"
    return [
        Row("A guarded JSON request, against Flask-Login's", ours / theirs, 1.0, detail=times),
        Row("The same, against a bare Flask view", ours / nothing, 2.0, detail=times),
    ]


def flask_login_app() -> tuple[Flask, str]:
    """Returns Flask-Login's hello-world with somebody signed in, and the cookie."""

    class User(flask_login.UserMixin):  # type: ignore[misc] # Flask-Login ships no types
        id = "1"

    app = Flask("flask-login")
    app.secret_key = secrets.token_urlsafe(48)
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


def quiet() -> None:
    """Keeps logs out of the measurement of everybody alike."""
    logging.disable(logging.CRITICAL)

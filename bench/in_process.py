"""What a request costs in one process: checking a session, and the whole stack around it."""

from __future__ import annotations

import secrets
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

from flask import Flask, request
from workos import WorkOSClient

from app.config import SETTINGS
from app.session import live_record
from bench.clock import Seconds, in_turn
from bench.pictures import bars
from bench.subjects import (
    ADA,
    NO_LIMIT,
    WORKOS,
    Direct,
    Sealed,
    answer_of,
    bare_app,
    caller,
    client_of,
    cookie_of,
    environ_of,
    flask_login_app,
    floor_app,
    make_app,
    session_at_workos,
    sign_in_at,
    within,
    workos_on_loopback,
)
from bench.table import Picture, Row, compared


def checker(app: Flask, cookie: str) -> Callable[[], None]:
    """Returns a function that goes from the cookie to the identity, store included."""

    def check() -> None:
        record = live_record()
        assert record
        assert record.identity.email == ADA.email

    return within(app, check, HTTP_COOKIE=cookie)


def session_check(rounds: int) -> list[Row]:
    """Cookie to identity, against the SDK's sealed session with its keys already fetched."""
    with workos_on_loopback() as (_, client), tempfile.TemporaryDirectory() as directory:
        reply, app = sign_in_at(client), make_app(Path(directory))
        ours = checker(app, cookie_of(app, session_at_workos(app, reply)))
        mine, theirs = in_turn(
            ours, Sealed(client, reply).check, rounds=rounds, clock=time.thread_time
        )
    question = "Checking a session (SQLite), against the SDK's own check"
    return [compared(question, mine, theirs, target=0.2)]


def guarded_request(rounds: int) -> list[Row | Picture]:
    """A guarded JSON view, against others' guards and against a view that nobody guards."""
    with workos_on_loopback() as (_, client), tempfile.TemporaryDirectory() as directory:
        app = make_app(Path(directory))
        login_app, login_cookie = flask_login_app(secrets.token_urlsafe(48))
        least, least_cookie = floor_app(Path(directory) / "floor.sqlite3")
        sealed = Sealed(client, sign_in_at(client))
        ours, login, bare, floor, sdk = in_turn(
            caller(app, "/hello", cookie_of(app)),
            caller(login_app, "/hello", login_cookie),
            caller(bare_app(), "/hello"),
            caller(least, "/hello", least_cookie),
            caller(sealed.app(), "/hello", f"wos_session={sealed.cookie}"),
            rounds=rounds,
            clock=time.thread_time,
        )
    all_five = {
        "A bare Flask view": bare,
        "The floor: with one HMAC, one JSON, one read": floor,
        "This application": ours,
        "Flask-Login's hello-world": login,
        "Flask with the SDK's sealed session": sdk,
    }
    return [
        compared("A guarded JSON request, against Flask-Login's", ours, login, target=0.7),
        compared("The same, against a bare Flask view", ours, bare, target=2.5),
        compared("The same, against a bare view, one HMAC, one JSON and one read", ours, floor),
        compared("The same, against Flask with the SDK's sealed session", ours, sdk, target=0.45),
        Picture("performance-request", bars("One guarded request", all_five)),
    ]


def signing_in(rounds: int) -> list[Row]:
    """What is added to WorkOS's own time by both requests of a sign-in, against bare views."""
    backend = Direct()
    client = client_of(base_url=WORKOS, http_client=backend)
    unlimited = {name.lower(): NO_LIMIT for name in SETTINGS if name.startswith("LIMIT_")}
    with tempfile.TemporaryDirectory() as directory:
        app = make_app(Path(directory), client, workos_base_url=WORKOS, **unlimited)
        walks = our_sign_in(app, backend), bare_sign_in(bare_calls(client), backend)
        added: tuple[Seconds, Seconds] = [], []
        for number in range(rounds):
            for who, (walk, kept) in enumerate(zip(walks, added, strict=True)):
                started, there = time.perf_counter(), backend.seconds
                walk(f"ada{who}-{number}@example.com")
                kept.append(time.perf_counter() - started - (backend.seconds - there))
        question = "Added to WorkOS's time in one sign-in, against a bare view with the same calls"
        return [compared(question, *added, target=5)]


def our_sign_in(app: Flask, backend: Direct) -> Callable[[str], None]:
    """Returns a function that signs somebody in by code, in a browser that has seen the form."""
    _, headers, body = answer_of(app, environ_of("/api/session"))
    token = app.json.loads(body)["csrf_token"]
    seen = cookies_in(headers)

    def walk(email: str) -> None:
        form = urlencode({"csrf_token": token, "email": email})
        status, headers, _ = answer_of(app, environ_of("/auth/magic-auth", seen, form))
        assert status.startswith("202"), status
        cookies = f"{seen}; {cookies_in(headers)}"
        form = urlencode({"csrf_token": token, "one_time_code": backend.last["code"]})
        status, _, body = answer_of(app, environ_of("/auth/magic-auth/verify", cookies, form))
        assert status.startswith("200"), (status, body)

    return walk


def bare_calls(client: WorkOSClient) -> Flask:
    """Returns a Flask application that makes the two calls of a sign-in, and nothing else."""
    app, users = Flask("calls"), client.user_management

    @app.post("/send")
    def send() -> dict[str, str]:
        return {"email": users.create_magic_auth(email=request.form["email"]).email}

    @app.post("/verify")
    def verify() -> dict[str, str]:
        code, email = request.form["one_time_code"], request.form["email"]
        return {"id": users.authenticate_with_magic_auth(code=code, email=email).user.id}

    return app


def bare_sign_in(app: Flask, backend: Direct) -> Callable[[str], None]:
    """The same for the bare application."""

    def walk(email: str) -> None:
        form = urlencode({"email": email})
        status, _, _ = answer_of(app, environ_of("/send", "", form))
        assert status.startswith("200"), status
        form = urlencode({"email": email, "one_time_code": backend.last["code"]})
        status, _, _ = answer_of(app, environ_of("/verify", "", form))
        assert status.startswith("200"), status

    return walk


def cookies_in(headers: list[tuple[str, str]]) -> str:
    """Returns what a browser would send back."""
    return "; ".join(value.partition(";")[0] for name, value in headers if name == "Set-Cookie")

"""What it costs to let a program in, and what many permissions cost."""

from __future__ import annotations

import contextvars
import tempfile
from collections.abc import Callable
from pathlib import Path

from cryptography.fernet import Fernet
from flask import Flask, g
from workos import WorkOSClient
from workos.session import seal_session_from_auth_response

from app.guards import bearer_required, permission_required
from app.session import current_user
from app.session.workos_session import WorkOSSession
from bench.in_process import (
    caller,
    cookie_of,
    environ_of,
    hello,
    make_app,
    sign_in_at,
    workos_on_loopback,
)
from bench.table import Row, seconds_each

FEW, MANY = 10, 2_000


def letting_a_program_in() -> Row:
    """An access token to the identity, against the SDK's check of one in a sealed session."""
    with workos_on_loopback() as url, tempfile.TemporaryDirectory() as directory:
        client = WorkOSClient(api_key="sk_test_emulator", client_id="client_emulator", base_url=url)
        reply = sign_in_at(client, url)
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

        app = make_app(Path(directory), workos_base_url=url)
        ours = bearer_checker(app, reply.access_token, reply.user.id)
        ours()
        sdk()
        mine, theirs = seconds_each(ours, sdk)
    detail = f"{mine * 1e6:.0f} µs against {theirs * 1e6:.0f} µs"
    question = "Letting a program in, against the SDK's check of a session"
    return Row(question, mine / theirs, 0.5, detail=detail)


def bearer_checker(app: Flask, token: str, user_id: str) -> Callable[[], None]:
    """Returns a function that goes from the header to the identity."""
    context = contextvars.copy_context()
    environ = {**environ_of("/hello", ""), "HTTP_AUTHORIZATION": f"Bearer {token}"}
    context.run(app.request_context(environ).push)

    def check() -> None:
        for name in list(g):  # what the last one found out, and no request begins with
            g.pop(name)
        assert bearer_required.check() is None
        assert current_user.user_id == user_id

    return lambda: context.run(check)


def many_permissions() -> Row:
    """A guarded request of somebody with very many permissions, against one with few."""
    with tempfile.TemporaryDirectory() as few, tempfile.TemporaryDirectory() as many:
        calls = []
        for directory, count in ((few, FEW), (many, MANY)):
            app = make_app(Path(directory))
            permissions = tuple(f"reports:{number}" for number in range(count))
            guard = permission_required(permissions[-1])
            app.add_url_rule("/guarded", "guarded", guard(hello))
            there = WorkOSSession(
                id="session_1",
                expires_at=4_000_000_000,
                refresh_token=None,
                permissions=permissions,
            )
            calls.append(caller(app, "/guarded", cookie_of(app, there)))
        small, large = seconds_each(*calls)
    detail = f"{large * 1e6:.0f} µs against {small * 1e6:.0f} µs"
    question = f"A guarded request with {MANY:,} permissions, against {FEW}"
    return Row(question, large / small, 1.2, detail=detail)

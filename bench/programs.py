"""What it costs to let a program in, and what many permissions cost."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from app.guards import bearer_required, permission_required
from app.session import current_user
from app.session.workos_session import WorkOSSession
from bench.clock import in_turn
from bench.subjects import (
    Sealed,
    caller,
    cookie_of,
    hello,
    make_app,
    sign_in_at,
    within,
    workos_on_loopback,
)
from bench.table import Row, compared

FEW, MANY = 10, 2_000


def letting_a_program_in(rounds: int) -> list[Row]:
    """An access token to the identity, against the SDK's check of one in a sealed session."""
    with workos_on_loopback() as (url, client), tempfile.TemporaryDirectory() as directory:
        reply = sign_in_at(client)
        app = make_app(Path(directory), workos_base_url=url)

        def ours() -> None:
            assert bearer_required.check() is None
            assert current_user.user_id == reply.user.id

        check = within(app, ours, HTTP_AUTHORIZATION=f"Bearer {reply.access_token}")
        mine, theirs = in_turn(
            check, Sealed(client, reply).check, rounds=rounds, clock=time.thread_time
        )
    question = "Letting a program in, against the SDK's check of a session"
    return [compared(question, mine, theirs, target=0.5)]


def many_permissions(rounds: int) -> list[Row]:
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
        small, large = in_turn(*calls, rounds=rounds, clock=time.thread_time)
    question = f"A guarded request with {MANY:,} permissions, against {FEW}"
    return [compared(question, large, small, target=1.2)]

"""The view of session and tokens."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from html import unescape

import time_machine
from flask import Flask

from app.config import Config
from tests.walk import ADA, Visitor

VIEW = "/development/session"


def text(visitor: Visitor) -> str:
    return unescape(visitor.get(VIEW).text)


def test_it_shows_a_stranger_that_nobody_is_signed_in(visitor: Visitor) -> None:
    assert "Nobody is signed in." in text(visitor)


def test_it_shows_attempts_cookies_session_and_claims_and_no_secret(visitor: Visitor) -> None:
    visitor.ask_for_link("under-way@example.com")
    visitor.sign_in_by_code()

    page = text(visitor)

    assert ADA in page
    assert "under-way@example.com" in page
    assert "of 4096 bytes" in page
    assert "http://localhost:4100/user_management/client_emulator" in page
    for claim in ("sid", "sub", "exp", "iat", "jti"):
        assert f"<code>{claim}</code>" in page
    assert "None so far." in page
    for secret in visitor.cookies().values():
        assert secret not in page


def test_it_says_why_a_link_is_not_refreshed(visitor: Visitor) -> None:
    visitor.sign_in_by_link()

    assert "nothing to refresh" in text(visitor)


def test_it_counts_refreshes_and_says_when_the_next_is_due(visitor: Visitor) -> None:
    with time_machine.travel("2026-05-01T10:00:00Z", tick=False) as clock:
        visitor.sign_in_by_code()
        assert "a request after 240 s refreshes it" in text(visitor)
        clock.shift(250)
        assert "It is due" in text(visitor)
        visitor.get("/account")

        assert "1 so far." in text(visitor)


def test_it_says_which_failure_delays_a_refresh(visitor: Visitor, emulator: Flask) -> None:
    with time_machine.travel("2026-05-01T10:00:00Z", tick=False) as clock:
        visitor.sign_in_by_code()
        clock.shift(250)
        hook = {"method": "POST", "path": "/user_management/authenticate", "status": 503}
        emulator.test_client().post("/_emulate/hooks", json={**hook, "count": 1})
        visitor.get("/account")

        assert "The last one failed (workos_down)" in text(visitor)
        clock.shift(31)
        visitor.get("/account")
        assert "The last one failed" not in text(visitor)


def test_only_development_keeps_the_claims_and_the_key(
    https_visitor: Visitor, config: Config
) -> None:
    https_visitor.sign_in_by_code()

    record = https_visitor.api_session().json

    assert "claims" not in str(record)
    with closing(sqlite3.connect(config.database_path)) as database:
        [row] = database.execute("SELECT workos_session FROM sessions").fetchall()
    assert set(json.loads(row[0])) == {"id", "expires_at", "refresh_token"}

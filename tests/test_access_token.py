"""The access token of a session, for other backends: shared only where that is switched on."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import jwt
import pytest
import time_machine
from flask import Flask

from app import create_app
from app.config import Config
from app.guards import bearer_required, login_required, not_impersonated
from app.session.access_token import access_token
from app.session.store import session_store
from app.session.workos_session import REFRESH_AHEAD
from tests.auth.asked import set_at_workos
from tests.walk import ADA, Visitor

LIFETIME = 300  # seconds that the emulator's access tokens live


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel("2026-05-01T12:00:00Z", tick=False) as coordinates:
        yield coordinates


@pytest.fixture
def config(make_config: Callable[..., Config]) -> Config:
    """Settings of a site whose other backends take access tokens."""
    return make_config(share_access_tokens="on")


@pytest.fixture
def app(app: Flask) -> Flask:
    """With a view that calls another backend."""

    @app.get("/orders")
    @login_required
    def orders() -> dict[str, str]:
        return {"sent": access_token()}

    return app


def ask(visitor: Visitor) -> Any:
    return visitor.post_json("/api/token", {})


def exchanges(visitor: Visitor) -> int:
    return len(visitor.exchanges())


def claims_of(token: str) -> dict[str, Any]:
    return jwt.decode(token, options={"verify_signature": False})


def test_pages_and_server_code_get_the_token_of_the_session(visitor: Visitor, clock: Any) -> None:
    visitor.sign_in_by_code()
    calls = len(visitor.api_calls())
    answer = ask(visitor)

    assert answer.status_code == 200
    assert answer.json.keys() == {"access_token", "token_type", "expires_in"}
    assert (answer.json["token_type"], answer.json["expires_in"]) == ("Bearer", LIFETIME)
    assert answer.headers["Cache-Control"] == "no-store"
    assert visitor.get("/orders").json == {"sent": answer.json["access_token"]}
    user_id = visitor.api_session().json["user"]["id"]
    assert claims_of(answer.json["access_token"])["sub"] == user_id
    assert len(visitor.api_calls()) == calls


def say_taken() -> str:
    return "taken"


def test_another_backend_takes_it(app: Flask, visitor: Visitor) -> None:
    app.add_url_rule("/elsewhere", view_func=bearer_required(say_taken))
    visitor.sign_in_by_code()
    headers = {"Authorization": f"Bearer {ask(visitor).json['access_token']}"}
    visitor.forget_cookies()

    assert visitor.get("/elsewhere", headers=headers).text == "taken"


def test_one_that_an_impersonator_gets_says_so_to_every_backend(
    app: Flask, visitor: Visitor
) -> None:
    """AUT-23."""
    app.add_url_rule("/elsewhere", view_func=bearer_required(not_impersonated(say_taken)))
    acting = {"email": "ops@example.com", "reason": "help"}
    claims = {"act": {"sub": "ops@example.com"}}
    set_at_workos(visitor, "claims", email=ADA, impersonator=acting, claims=claims)
    visitor.sign_in_by_code()
    token = ask(visitor).json["access_token"]
    visitor.forget_cookies()

    assert claims_of(token)["act"] == {"sub": "ops@example.com"}
    refused: Any = visitor.get("/elsewhere", headers={"Authorization": f"Bearer {token}"})
    assert (refused.status_code, refused.json["error"]) == (403, "not_while_impersonating")


def test_one_that_is_about_to_expire_is_refreshed_first(visitor: Visitor, clock: Any) -> None:
    visitor.sign_in_by_code()
    first = ask(visitor).json["access_token"]
    clock.shift(LIFETIME - REFRESH_AHEAD)
    second = ask(visitor).json

    assert second["access_token"] != first
    assert second["expires_in"] == LIFETIME
    assert visitor.get("/orders").json == {"sent": second["access_token"]}


def test_many_at_once_refresh_once_and_get_the_same(
    app: Flask, visitor: Visitor, clock: Any
) -> None:
    visitor.sign_in_by_code()
    before = exchanges(visitor)
    cookies = visitor.cookies()
    clock.shift(LIFETIME)

    def call(_: int) -> Any:
        other = Visitor(app, visitor.emulator)
        other.take_cookies(cookies)
        return other.get("/orders").json

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(call, range(8)))

    assert exchanges(visitor) == before + 1
    assert len({answer["sent"] for answer in answers}) == 1


def test_a_post_needs_the_csrf_token_and_a_get_is_none(visitor: Visitor) -> None:
    """WEB-02: another site must not even have it made."""
    visitor.sign_in_by_code()

    assert visitor.client.post("/api/token", json={}).status_code == 400
    assert visitor.get("/api/token").status_code == 405


def test_nobody_gets_none(visitor: Visitor) -> None:
    answer = ask(visitor)

    assert (answer.status_code, answer.json["error"]) == (401, "not_signed_in")


def test_a_link_leads_to_none_and_that_is_said(visitor: Visitor) -> None:
    visitor.sign_in_by_link()
    answer = ask(visitor)

    assert (answer.status_code, answer.json["error"]) == (403, "no_access_token")
    assert "sign in another way" in answer.json["message"].lower()


def test_an_old_one_is_given_to_nobody_while_workos_is_down(visitor: Visitor, clock: Any) -> None:
    """AUT-22: the session goes on, and other backends would refuse it."""
    visitor.sign_in_by_code()
    set_at_workos(
        visitor, "hooks", method="POST", path="/user_management/authenticate", status=503, count=9
    )
    clock.shift(LIFETIME - REFRESH_AHEAD)
    assert ask(visitor).json["expires_in"] == REFRESH_AHEAD
    clock.shift(REFRESH_AHEAD)
    answer = ask(visitor)

    assert (answer.status_code, answer.json["error"]) == (503, "access_token_expired")
    assert answer.headers["Retry-After"]
    assert visitor.is_signed_in()


def test_one_for_an_organization_is_gone_with_the_membership(visitor: Visitor, clock: Any) -> None:
    """AUT-29: even if nobody can be asked for another."""
    body = {"email": "ada@example.com", "claims": {"org_id": "org_1"}}
    set_at_workos(visitor, "claims", **body)
    visitor.sign_in_by_code()
    assert claims_of(ask(visitor).json["access_token"])["org_id"] == "org_1"
    fault = {"method": "POST", "path": "/user_management/authenticate"}
    lost = {"error": "organization_membership_not_found"}
    set_at_workos(visitor, "hooks", **fault, status=400, body=lost, count=1)
    set_at_workos(visitor, "hooks", **fault, status=503, count=9)
    clock.shift(LIFETIME - REFRESH_AHEAD)

    json = {"Accept": "application/json"}
    answers: list[Any] = [visitor.get("/orders", headers=json) for _ in range(2)]

    errors = [answer.json["error"] for answer in answers]
    assert errors == ["organization_lost", "access_token_expired"]


def test_it_is_kept_sealed_and_no_cookie_grows(visitor: Visitor, config: Config) -> None:
    """SEC-03: in the store, beside the refresh token."""
    visitor.sign_in_by_code()
    token = ask(visitor).json["access_token"]
    with closing(sqlite3.connect(config.database_path)) as database:
        kept = "\n".join(database.iterdump())

    assert token.split(".")[2] not in kept
    assert token.split(".")[1] not in kept
    assert len(visitor.cookies()["signin-session"]) < 400


def test_it_is_in_no_log(visitor: Visitor, caplog: pytest.LogCaptureFixture) -> None:
    """LOG-02."""
    visitor.sign_in_by_code()
    token = ask(visitor).json["access_token"]

    assert token not in repr([record.__dict__ for record in caplog.records])


def test_off_there_is_no_such_route_and_server_code_is_told(
    make_config: Callable[..., Config], connect: Callable[[Config], Any], emulator: Flask
) -> None:
    config = make_config()
    visitor = Visitor(create_app(config, workos=connect(config)), emulator)
    visitor.app.add_url_rule("/orders", view_func=login_required(access_token))
    visitor.sign_in_by_code()

    assert ask(visitor).status_code == 404
    assert visitor.get("/orders").status_code == 500


HTTPS = "https://app.example.com"


@pytest.fixture
def elsewhere(
    make_config: Callable[..., Config], connect: Callable[[Config], Any], emulator: Flask
) -> Callable[..., Visitor]:
    """The same site in production, with these settings."""

    def make(**settings: Any) -> Visitor:
        config = make_config(public_url=HTTPS, **settings)
        app = create_app(config, workos=connect(config))
        return Visitor(app, emulator, origin=HTTPS)

    return make


def https_ask(visitor: Visitor) -> Any:
    headers = {
        "X-CSRFToken": visitor.api_session().json["csrf_token"],
        "Referer": f"{HTTPS}/",
    }
    return visitor.client.post("/api/token", base_url=HTTPS, json={}, headers=headers)


def kept_claims(visitor: Visitor) -> Any:
    with visitor.app.app_context():
        [record] = session_store().of_user(visitor.api_session().json["user"]["id"]).values()
    return record.workos_session and record.workos_session.claims


def test_off_none_is_kept_and_switched_on_one_is_fetched_once(
    elsewhere: Callable[..., Visitor],
) -> None:
    """Nobody has to sign in again for it, nor after it is switched off again."""
    before = elsewhere()
    before.sign_in_by_code()
    assert kept_claims(before) is None
    after = elsewhere(share_access_tokens="on")
    after.take_cookies(before.cookies())
    asked = exchanges(after)
    tokens = [https_ask(after).json["access_token"] for _ in range(2)]

    assert tokens[0] == tokens[1]
    assert exchanges(after) == asked + 1
    assert kept_claims(after).keys() == {"access-token"}
    before.take_cookies(after.cookies())
    assert before.is_signed_in()


def test_a_token_that_the_key_no_longer_opens_is_fetched_anew(
    elsewhere: Callable[..., Visitor],
) -> None:
    """SEC-02: the key of a token is that of SECRET_KEY, as for all else."""
    before = elsewhere(share_access_tokens="on")
    before.sign_in_by_code()
    with before.app.app_context():
        [(handle, record)] = (
            session_store().of_user(before.api_session().json["user"]["id"]).items()
        )
        there = record.workos_session
        assert there
        assert there.claims
        there.claims["access-token"] = "sealed by nobody"
        session_store().keep(handle, there, refresh_at=record.refresh_at)
    asked = exchanges(before)

    assert claims_of(https_ask(before).json["access_token"])
    assert exchanges(before) == asked + 1

"""Signing out where WorkOS's own page knows the browser: by its logout page, ours first."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from workos import WorkOSClient

from app.config import Config
from tests.walk import ADA, Visitor, heading, query_of

SIGNED_OUT = "http://localhost:5000/auth/sign-out"


@pytest.fixture
def config(make_config: Any) -> Config:
    """Settings that offer codes, links, hosted AuthKit and a provider."""
    config = make_config(sign_in_with=("magic_auth", "magic_link", "authkit", "google"))
    assert isinstance(config, Config)
    return config


@pytest.fixture
def at_workos(emulator: Flask) -> FlaskClient:
    """WorkOS, as this one browser sees it: with a cookie."""
    return emulator.test_client()


def sign_in(visitor: Visitor, at_workos: FlaskClient, path: str = "/auth/authkit") -> None:
    """Signs in as Ada at WorkOS, which knows the browser from then on."""
    away = query_of(visitor.get(path).location)
    page = at_workos.get("/user_management/authorize", query_string=away).location
    assert visitor.get(at_workos.post(page, data={"email": ADA}).location).status_code == 303
    assert visitor.is_signed_in()


def is_let_in_unasked(visitor: Visitor, at_workos: FlaskClient) -> bool:
    """Whether the next person at this browser is signed in as the last one."""
    away = query_of(visitor.get("/auth/authkit").location)
    leads_to = at_workos.get("/user_management/authorize", query_string=away).location
    return leads_to.startswith("http://localhost:5000/auth/callback")


def leads_to(page: Any) -> str:
    """Where a page moves on to by itself."""
    [url] = re.findall(r'http-equiv="refresh" content="0; url=([^"]+)"', page.text)
    return unescape(url)


def calls(visitor: Visitor) -> list[str]:
    return [one["path"].rpartition("/")[2] for one in visitor.api_calls()]


@pytest.mark.parametrize("path", ["/auth/authkit", "/auth/social/google"])
def test_workos_forgets_the_browser_too(
    visitor: Visitor, at_workos: FlaskClient, path: str
) -> None:
    """SES-07: otherwise whose turn it is next is signed in with one click."""
    sign_in(visitor, at_workos, path)

    left = visitor.post("/auth/sign-out")

    assert not visitor.is_signed_in()
    assert heading(left) == "You are signed out here"
    assert left.headers["Clear-Site-Data"] == '"cache", "storage"'
    back = at_workos.get(leads_to(left))
    assert (back.status_code, back.location) == (302, SIGNED_OUT)
    assert heading(visitor.get(back.location)) == "You are signed out"
    assert not is_let_in_unasked(visitor, at_workos)
    assert "revoke" not in calls(visitor)


@pytest.mark.parametrize("path", ["/account/sessions/end", "/account/sessions/end-all"])
def test_ending_this_session_from_the_list_leaves_the_same_way(
    visitor: Visitor, at_workos: FlaskClient, path: str
) -> None:
    sign_in(visitor, at_workos)
    listed: Any = visitor.get("/account/sessions", headers={"Accept": "application/json"}).json
    [session] = listed["sessions"]

    left = visitor.post(path, session=session["session"])

    assert not visitor.is_signed_in()
    assert at_workos.get(leads_to(left)).location == SIGNED_OUT


def test_a_program_is_told_where(visitor: Visitor, at_workos: FlaskClient) -> None:
    sign_in(visitor, at_workos)

    answer: Any = visitor.post_json("/auth/sign-out", {}).json

    assert answer["status"] == "signed_out"
    assert at_workos.get(answer["url"]).location == SIGNED_OUT


def test_after_a_code_the_session_is_revoked_from_here(visitor: Visitor) -> None:
    """No page of WorkOS has seen the browser."""
    visitor.sign_in_by_code()

    assert visitor.sign_out().location == "/auth/sign-out"
    assert calls(visitor)[-1] == "revoke"


def test_after_a_link_there_is_nothing_to_leave(visitor: Visitor) -> None:
    visitor.sign_in_by_link()
    before = calls(visitor)

    assert visitor.sign_out().location == "/auth/sign-out"
    assert calls(visitor) == before


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_while_workos_is_down_people_are_signed_out_here_and_told(
    visitor: Visitor, at_workos: FlaskClient, accept: str
) -> None:
    """AUT-22, SES-07."""
    sign_in(visitor, at_workos)
    user_id = visitor.api_session().json["user"]["id"]
    path = f"/user_management/users/{user_id}/sessions"
    at_workos.post(
        "/_emulate/hooks", json={"method": "GET", "path": path, "status": 503, "count": 1}
    )

    if accept == "text/html":
        told = visitor.get(visitor.post("/auth/sign-out").location).text
        assert "You are signed out here only" in told
        assert "may let this browser in again" in told
    else:
        answer: Any = visitor.post_json("/auth/sign-out", {}).json
        assert answer == {"status": "signed_out", "error": "signed_out_here_only"}

    assert not visitor.is_signed_in()
    assert is_let_in_unasked(visitor, at_workos)


def test_nobody_is_led_to_the_logout_page_of_a_session_that_is_over(
    visitor: Visitor, at_workos: FlaskClient, workos: WorkOSClient
) -> None:
    """It would strand them."""
    sign_in(visitor, at_workos)
    user_id = visitor.api_session().json["user"]["id"]
    [session] = workos.user_management.list_sessions(user_id).data
    workos.user_management.revoke_session(session_id=session.id)

    assert visitor.post("/auth/sign-out").location == "/auth/sign-out"


def test_no_page_can_choose_where_the_browser_ends(
    visitor: Visitor, at_workos: FlaskClient
) -> None:
    """WEB-01: neither by a field nor by a header."""
    sign_in(visitor, at_workos)

    left = visitor.post("/auth/sign-out", return_to="https://evil.example", next="//evil.example")

    assert query_of(leads_to(left))["return_to"] == SIGNED_OUT

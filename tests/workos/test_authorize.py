"""The authorization URL and the code that comes back, to the byte."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
import responses
from flask import Flask

from app.auth import doors
from app.config import Config
from app.guards import fresh_login_required
from tests.walk import Visitor, heading
from tests.workos.conftest import API, FIREFOX
from tests.workos.replies import AUTHENTICATED, USER

AUTHENTICATE = f"{API}/user_management/authenticate"
CALLBACK = "http://localhost:5000/auth/callback"
BARE_USER = {
    name: value for name, value in USER.items() if name not in ("external_id", "last_sign_in_at")
}


@pytest.fixture
def config(config: Config) -> Config:
    """The settings of these tests, with every door."""
    return replace(config, sign_in_with=tuple(door.method for door in doors.DOORS))


def asked_of(visitor: Visitor) -> dict[str, str]:
    """Begins; returns what WorkOS is asked by the address that the browser is sent to."""
    away = urlsplit(visitor.get("/auth/authkit").location)
    assert f"{away.scheme}://{away.netloc}{away.path}" == f"{API}/user_management/authorize"
    return {name: one for name, [one] in parse_qs(away.query).items()}


def come_back(visitor: Visitor, api: responses.RequestsMock, reply: Any, status: int = 200) -> Any:
    """Comes back with a code, for which WorkOS has this reply."""
    api.post(AUTHENTICATE, json=reply, status=status)
    query = {"code": "01CODE", "state": asked_of(visitor)["state"]}
    return visitor.get("/auth/callback", query_string=query)


def token(**claims: Any) -> str:
    return jwt.encode({"sid": "session_01", "exp": 4_000_000_000, **claims}, "k" * 32)


def test_beginning_and_coming_back(visitor: Visitor, api: responses.RequestsMock) -> None:
    """AUT-02: the verifier is that of the challenge (RFC 7636, 4.6)."""
    api.post(AUTHENTICATE, json=AUTHENTICATED)
    asked = asked_of(visitor)
    back = visitor.get("/auth/callback", query_string={"code": "01CODE", "state": asked["state"]})

    assert (back.status_code, back.location) == (303, "/")
    assert set(asked) == {
        *("response_type", "client_id", "redirect_uri", "provider", "state"),
        *("code_challenge", "code_challenge_method"),
    }
    assert (asked["redirect_uri"], asked["provider"]) == (CALLBACK, "authkit")
    [call] = api.calls
    body = json.loads(call.request.body or "")
    verifier = body.pop("code_verifier")
    digest = sha256(verifier.encode()).digest()
    assert jwt.utils.base64url_encode(digest).decode() == asked["code_challenge"]
    assert body == {
        "grant_type": "authorization_code",
        "client_id": "client_wire",
        "client_secret": "sk_test_wire",
        "code": "01CODE",
        "ip_address": "203.0.113.1",
        "user_agent": FIREFOX,
    }
    assert visitor.api_session().json["user"]["id"] == "user_01ADA"


@pytest.mark.parametrize(
    "changes",
    [
        {"user": BARE_USER},
        {"impersonator": {"email": "support@example.com"}},
        {"oauth_tokens": {"provider": "GoogleOAuth", "access_token": "canary", "scopes": []}},
        {"authentication_method": "Telepathy"},
        {"organization_id": None},
    ],
)
def test_what_workos_may_leave_out_costs_nobody_their_code(
    visitor: Visitor, api: responses.RequestsMock, changes: dict[str, Any]
) -> None:
    assert come_back(visitor, api, {**AUTHENTICATED, **changes}).status_code == 303
    assert visitor.is_signed_in()


@pytest.mark.parametrize(
    "changes",
    [
        {"authentication_method": "Impersonation"},
        {"authentication_method": "Impersonation", "impersonator": None},
        {"access_token": jwt.encode({"sid": "session_01", "act": "canary"}, "k" * 32)},
    ],
)
def test_who_acts_for_somebody_is_shown_even_if_workos_does_not_say_who(
    visitor: Visitor, api: responses.RequestsMock, changes: dict[str, Any]
) -> None:
    """AUT-23."""
    come_back(visitor, api, {**AUTHENTICATED, **changes})

    assert visitor.api_session().json["impersonator"] == {"email": "unknown", "reason": None}
    assert visitor.post("/account/sessions/end-all").status_code == 403


@pytest.mark.parametrize(
    "reply",
    [
        {},
        [],
        {"user": None},
        {"user": []},
        {**AUTHENTICATED, "user": {}},
        {"user": USER},
        "text",
        {**AUTHENTICATED, "impersonator": "x"},
    ],
)
def test_an_unexpected_reply_signs_nobody_in(
    visitor: Visitor, api: responses.RequestsMock, reply: Any
) -> None:
    """AUT-22."""
    assert come_back(visitor, api, reply).status_code == 502
    assert not visitor.is_signed_in()


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"error": "invalid_grant"}, "This sign-in could not be finished"),
        ({"error": "sso_required"}, "Use your organization's own sign-in"),
        ({"code": "sign_up_not_allowed"}, "This address has no account"),
        ({"code": "email_verification_required"}, "Your address has to be confirmed first"),
    ],
)
def test_a_refusal_has_its_words(
    visitor: Visitor, api: responses.RequestsMock, body: dict[str, str], said: str
) -> None:
    assert heading(come_back(visitor, api, body, status=400)) == said


@pytest.mark.parametrize(
    ("claims", "status"),
    [
        (lambda: {"auth_time": int(time.time())}, 200),
        (lambda: {"auth_time": int(time.time()) + 30}, 200),
        (lambda: {"auth_time": int(time.time()) - 60 * 60}, 303),
        (lambda: {"auth_time": "now"}, 303),
        (dict, 303),
    ],
    ids=["just now", "by a clock ahead", "an hour ago", "a text", "not said"],
)
def test_a_recent_sign_in_is_one_that_workos_has_seen(
    app: Flask,
    visitor: Visitor,
    api: responses.RequestsMock,
    claims: Callable[[], dict[str, Any]],
    status: int,
) -> None:
    """AUT-21: whatever was asked for, because the browser can leave `max_age` out."""

    @app.get("/danger")
    @fresh_login_required
    def danger() -> str:
        return "Done."

    come_back(visitor, api, {**AUTHENTICATED, "access_token": token(**claims())})

    assert visitor.is_signed_in()
    assert visitor.get("/danger").status_code == status

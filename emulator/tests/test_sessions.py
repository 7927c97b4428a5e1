from datetime import UTC, datetime
from typing import Any

import jwt
import pytest
import time_machine
from workos import BadRequestError, WorkOSClient

from emulator.rules import ACCESS_TOKEN_LIFETIME, SESSION_LIFETIME
from tests.emulator.conftest import BASE_URL, Wire

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)


def verified(wire: Wire, access_token: str) -> dict[str, Any]:
    keys = jwt.PyJWKSet.from_dict(wire.browser.get("/sso/jwks/client_emulator").json())
    key = keys[jwt.get_unverified_header(access_token)["kid"]]
    return dict(jwt.decode(access_token, key, algorithms=["RS256"]))


def test_an_access_token_verifies_against_the_jwks(wire: Wire) -> None:
    with time_machine.travel(NOON, tick=False):
        reply = wire.sign_in()
        claims = verified(wire, reply["access_token"])

    assert claims["sub"] == reply["user"]["id"]
    assert claims["sid"].startswith("session_")
    assert claims["iss"] == f"{BASE_URL}/user_management/client_emulator"
    assert claims["auth_time"] == claims["iat"] == int(NOON.timestamp())
    assert claims["exp"] - claims["iat"] == ACCESS_TOKEN_LIFETIME.total_seconds()
    assert claims["jti"]
    assert "aud" not in claims


def test_an_access_token_expires(wire: Wire) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        token = wire.sign_in()["access_token"]
        clock.shift(ACCESS_TOKEN_LIFETIME)
        with pytest.raises(jwt.ExpiredSignatureError):
            verified(wire, token)


def test_refreshing_keeps_the_session(wire: Wire) -> None:
    first = wire.sign_in()
    second = wire.refresh(first["refresh_token"]).json()
    before, after = (verified(wire, reply["access_token"]) for reply in (first, second))
    assert before["sid"] == after["sid"]
    assert before["jti"] != after["jti"]


def test_sessions_are_listed_newest_first(workos: WorkOSClient, wire: Wire) -> None:
    sids = [verified(wire, wire.sign_in()["access_token"])["sid"] for _ in range(2)]
    wire.sign_in("bob@example.com")
    user_id = wire.sign_in()["user"]["id"]

    listed = workos.user_management.list_sessions(user_id)
    assert [session.id for session in listed.data][1:] == sids[::-1]
    assert {str(session.status.value) for session in listed.data} == {"active"}
    assert listed.list_metadata.after is None


def test_a_revoked_session_cannot_be_refreshed(workos: WorkOSClient, wire: Wire) -> None:
    reply = wire.sign_in()
    sid = verified(wire, reply["access_token"])["sid"]
    workos.user_management.revoke_session(session_id=sid)

    refused = wire.refresh(reply["refresh_token"])
    assert refused.status_code == 400
    assert refused.json()["error"] == "invalid_grant"

    [session] = workos.user_management.list_sessions(reply["user"]["id"]).data
    assert session.status == "revoked"
    assert session.ended_at


def test_a_session_expires(workos: WorkOSClient, wire: Wire) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        reply = wire.sign_in()
        clock.shift(SESSION_LIFETIME)
        assert wire.refresh(reply["refresh_token"]).json()["error"] == "invalid_grant"
        [session] = workos.user_management.list_sessions(reply["user"]["id"]).data
        assert session.status == "expired"


def test_an_unknown_session_cannot_be_revoked(workos: WorkOSClient) -> None:
    with pytest.raises(BadRequestError, match="Session not found"):
        workos.user_management.revoke_session(session_id="session_none")


def test_logout_ends_the_session_and_sends_the_browser_on(workos: WorkOSClient, wire: Wire) -> None:
    reply = wire.sign_in()
    sid = verified(wire, reply["access_token"])["sid"]
    url = workos.user_management.get_logout_url(
        session_id=sid, return_to="http://localhost:5000/goodbye"
    )

    assert wire.browser.head(url).status_code == 200
    [session] = workos.user_management.list_sessions(reply["user"]["id"]).data
    assert session.status == "active"

    assert wire.browser.get(url).headers["Location"] == "http://localhost:5000/goodbye"
    assert wire.refresh(reply["refresh_token"]).json()["error"] == "invalid_grant"


def test_logout_goes_home_by_default_even_from_no_session(wire: Wire) -> None:
    response = wire.browser.get(
        "/user_management/sessions/logout", params={"session_id": "session_none"}
    )
    assert response.headers["Location"] == "http://localhost:5000/"


@pytest.mark.parametrize(
    "return_to",
    [
        "https://evil.example/",
        "//evil.example",
        "/goodbye",
        "http://[",
        "http://localhost:5000/\nX: y",
        "http://localhost:5000@evil.example/",
    ],
)
def test_logout_sends_nobody_to_a_stranger(wire: Wire, return_to: str) -> None:
    response = wire.browser.get(
        "/user_management/sessions/logout",
        params={"session_id": "session_none", "return_to": return_to},
    )
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "return_to"


def test_an_unknown_user_is_not_found(wire: Wire) -> None:
    for path in ("/user_management/users/user_none", "/user_management/users/user_none/sessions"):
        assert wire.api.get(path).status_code == 404

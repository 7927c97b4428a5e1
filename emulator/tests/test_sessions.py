from datetime import UTC, datetime
from typing import Any

import httpx2
import jwt
import pytest
import time_machine
from workos import BadRequestError, WorkOSClient

from bare_http import BASE_URL, BareHttp
from workos_emulator.rules import ACCESS_TOKEN_LIFETIME, SESSION_LIFETIME

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)


def verified(http: BareHttp, access_token: str) -> dict[str, Any]:
    keys = jwt.PyJWKSet.from_dict(http.browser.get("/sso/jwks/client_emulator").json())
    key = keys[jwt.get_unverified_header(access_token)["kid"]]
    return dict(jwt.decode(access_token, key, algorithms=["RS256"]))


def revoke(http: BareHttp, reply: dict[str, Any]) -> httpx2.Response:
    sid = verified(http, reply["access_token"])["sid"]
    return http.api.post("/user_management/sessions/revoke", json={"session_id": sid})


def test_an_access_token_verifies_against_the_jwks(http: BareHttp) -> None:
    with time_machine.travel(NOON, tick=False):
        reply = http.sign_in()
        claims = verified(http, reply["access_token"])

    assert claims["sub"] == reply["user"]["id"]
    assert claims["sid"].startswith("session_")
    assert claims["iss"] == f"{BASE_URL}/user_management/client_emulator"
    assert claims["auth_time"] == claims["iat"] == int(NOON.timestamp())
    assert claims["exp"] - claims["iat"] == ACCESS_TOKEN_LIFETIME.total_seconds()
    assert claims["jti"]
    assert claims["client_id"] == "client_emulator"
    assert "aud" not in claims


def test_an_access_token_expires(http: BareHttp) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        token = http.sign_in()["access_token"]
        clock.shift(ACCESS_TOKEN_LIFETIME)
        with pytest.raises(jwt.ExpiredSignatureError):
            verified(http, token)


def test_refreshing_keeps_the_session(http: BareHttp) -> None:
    first = http.sign_in()
    second = http.refresh(first["refresh_token"]).json()
    before, after = (verified(http, reply["access_token"]) for reply in (first, second))
    assert before["sid"] == after["sid"]
    assert before["jti"] != after["jti"]


def test_sessions_are_listed_newest_first(workos: WorkOSClient, http: BareHttp) -> None:
    sids = [verified(http, http.sign_in()["access_token"])["sid"] for _ in range(2)]
    http.sign_in("bob@example.com")
    user_id = http.sign_in()["user"]["id"]

    listed = workos.user_management.list_sessions(user_id)
    assert [session.id for session in listed.data][1:] == sids[::-1]
    assert {str(session.status.value) for session in listed.data} == {"active"}
    assert listed.list_metadata.after is None
    assert len(workos.user_management.list_sessions(user_id, limit=2).data) == 2


def test_a_revoked_session_cannot_be_refreshed(workos: WorkOSClient, http: BareHttp) -> None:
    reply = http.sign_in()
    sid = verified(http, reply["access_token"])["sid"]
    workos.user_management.revoke_session(session_id=sid)

    refused = http.refresh(reply["refresh_token"])
    assert refused.status_code == 400
    assert refused.json()["error"] == "invalid_grant"


def test_only_active_sessions_are_listed(workos: WorkOSClient, http: BareHttp) -> None:
    first, second = http.sign_in(), http.sign_in()
    revoke(http, first)

    listed = workos.user_management.list_sessions(first["user"]["id"]).data
    assert [session.id for session in listed] == [verified(http, second["access_token"])["sid"]]


def test_revoking_answers_nothing_and_again_is_harmless(http: BareHttp) -> None:
    reply = http.sign_in()
    for _ in range(2):
        answer = revoke(http, reply)
        assert (answer.status_code, answer.text) == (200, "")


def test_a_session_says_where_it_was_begun(workos: WorkOSClient, http: BareHttp) -> None:
    """Refreshing it from elsewhere does not move it."""
    begun = {"ip_address": "203.0.113.7", "user_agent": "Firefox"}
    reply = http.redeem(http.send_code(), **begun).json()
    moved = {"ip_address": "198.51.100.1", "user_agent": "curl"}
    token = reply["refresh_token"]
    assert http.authenticate("refresh_token", refresh_token=token, **moved).status_code == 200

    [session] = workos.user_management.list_sessions(reply["user"]["id"]).data
    assert (session.ip_address, session.user_agent) == ("203.0.113.7", "Firefox")


def test_a_session_expires(workos: WorkOSClient, http: BareHttp) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        reply = http.sign_in()
        clock.shift(SESSION_LIFETIME)
        assert http.refresh(reply["refresh_token"]).json()["error"] == "invalid_grant"
        assert workos.user_management.list_sessions(reply["user"]["id"]).data == []


def test_an_unknown_session_cannot_be_revoked(workos: WorkOSClient) -> None:
    with pytest.raises(BadRequestError, match="Session not found"):
        workos.user_management.revoke_session(session_id="session_none")


def test_logout_ends_the_session_and_sends_the_browser_on(
    workos: WorkOSClient, http: BareHttp
) -> None:
    reply = http.sign_in()
    sid = verified(http, reply["access_token"])["sid"]
    url = workos.user_management.get_logout_url(
        session_id=sid, return_to="http://localhost:5000/goodbye"
    )

    assert http.browser.head(url).status_code == 200
    [session] = workos.user_management.list_sessions(reply["user"]["id"]).data
    assert session.status == "active"

    assert http.browser.get(url).headers["Location"] == "http://localhost:5000/goodbye"
    assert http.refresh(reply["refresh_token"]).json()["error"] == "invalid_grant"


def log_out(http: BareHttp, session_id: str | None = None, **query: str) -> httpx2.Response:
    """Leaves by the page of WorkOS, from a new session unless one is named."""
    sid = session_id or verified(http, http.sign_in()["access_token"])["sid"]
    params = {"session_id": sid, **query}
    return http.browser.get("/user_management/sessions/logout", params=params)


def test_logout_goes_home_by_default(http: BareHttp) -> None:
    assert log_out(http).headers["Location"] == "http://localhost:5000/"


def test_logout_from_no_session_strands(http: BareHttp) -> None:
    refused = log_out(http, "session_none")
    assert (refused.status_code, refused.json()) == (
        400,
        {"message": "Session not found: 'session_none'."},
    )


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
def test_logout_sends_nobody_to_a_stranger(http: BareHttp, return_to: str) -> None:
    response = log_out(http, return_to=return_to)
    assert response.status_code == 400
    assert "sign-out redirect" in response.text


def test_only_sign_out_redirects_that_are_listed_are_known_once_there_is_a_list(
    http: BareHttp,
) -> None:
    listed = "http://localhost:5000/goodbye"
    body = {"uris": [listed]}
    assert http.browser.post("/_emulate/sign-out-redirects", json=body).status_code == 201

    assert log_out(http, return_to=listed).headers["Location"] == listed
    assert log_out(http, return_to=f"{listed}?x=1").status_code == 400


def test_an_unknown_user_is_not_found(http: BareHttp) -> None:
    for path in ("/user_management/users/user_none", "/user_management/users/user_none/sessions"):
        assert http.api.get(path).status_code == 404

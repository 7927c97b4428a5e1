from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
import time_machine
from workos import WorkOSClient

from bare_http import CREDENTIALS, BareHttp
from workos_emulator.rules import AUTHORIZATION_CODE_LIFETIME, PROFILE_TOKEN_LIFETIME

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)


def a_code(http: BareHttp, email: str = "ada@example.com") -> str:
    return http.follow(http.create_link(email=email).json()["link"])["code"]


def test_a_code_works_once(http: BareHttp) -> None:
    code = a_code(http)
    assert http.exchange(code).status_code == 200

    response = http.exchange(code)
    assert response.status_code == 400
    assert response.json() == {
        "error": "invalid_grant",
        "error_description": "The code has expired or has already been used.",
    }


def test_a_code_works_once_however_many_ask_together(http: BareHttp) -> None:
    codes = [a_code(http)] * 16
    with ThreadPoolExecutor(8) as pool:
        statuses = [response.status_code for response in pool.map(http.exchange, codes)]
    assert sorted(statuses) == [200] + [400] * 15


def test_a_code_expires(http: BareHttp) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        code = a_code(http)
        clock.shift(AUTHORIZATION_CODE_LIFETIME)
        assert http.exchange(code).json()["error"] == "invalid_grant"


def test_an_unknown_code_is_refused(http: BareHttp) -> None:
    assert http.exchange("never-made").json()["error"] == "invalid_grant"


def test_a_form_is_as_good_as_json(http: BareHttp) -> None:
    form = {**CREDENTIALS, "grant_type": "authorization_code", "code": a_code(http)}
    assert http.browser.post("/sso/token", data=form).status_code == 200


def test_an_address_keeps_its_profile_however_it_is_spelt(http: BareHttp) -> None:
    first = http.exchange(a_code(http, "ada@example.com")).json()["profile"]
    second = http.exchange(a_code(http, "Ada@Example.com")).json()["profile"]
    other = http.exchange(a_code(http, "bob@example.com")).json()["profile"]
    assert first["id"] == second["id"] != other["id"]


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"client_id": "client_other"}, "invalid_client"),
        ({"client_secret": "sk_test_wrong"}, "invalid_client"),
        ({"client_secret": None}, "unauthorized_client"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
    ],
)
def test_a_refusal_does_not_spend_the_code(
    http: BareHttp, fields: dict[str, object], error: str
) -> None:
    code = a_code(http)
    response = http.exchange(code, **fields)
    assert response.status_code == 400
    assert response.json()["error"] == error
    assert http.exchange(code).status_code == 200


def test_the_access_token_shows_the_profile_again(http: BareHttp) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        reply = http.exchange(a_code(http)).json()
        bearer = {"Authorization": f"Bearer {reply['access_token']}"}
        assert http.browser.get("/sso/profile", headers=bearer).json() == reply["profile"]

        clock.shift(PROFILE_TOKEN_LIFETIME)
        assert http.browser.get("/sso/profile", headers=bearer).status_code == 401


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer x", "Bearer sk_test_emulator", "Basic x"])
def test_nothing_else_shows_a_profile(http: BareHttp, header: str) -> None:
    refused = http.browser.get("/sso/profile", headers={"Authorization": header})
    assert (refused.status_code, refused.json()) == (401, {"error": "Unauthorized"})


def test_a_missing_code_is_named(http: BareHttp) -> None:
    response = http.browser.post(
        "/sso/token", json={**CREDENTIALS, "grant_type": "authorization_code"}
    )
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "code"


def test_the_keys_are_those_of_the_client(workos: WorkOSClient, http: BareHttp) -> None:
    assert workos.user_management.get_jwks("client_emulator").keys[0].alg == "RS256"
    assert http.browser.get("/sso/jwks/client_other").status_code == 404

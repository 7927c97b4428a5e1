from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
import time_machine
from workos import WorkOSClient

from emulator.rules import AUTHORIZATION_CODE_LIFETIME
from tests.emulator.conftest import CREDENTIALS, Wire

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)


def a_code(wire: Wire, email: str = "ada@example.com") -> str:
    return wire.follow(wire.create_link(email=email).json()["link"])["code"]


def test_a_code_works_once(wire: Wire) -> None:
    code = a_code(wire)
    assert wire.exchange(code).status_code == 200

    response = wire.exchange(code)
    assert response.status_code == 400
    assert response.json() == {
        "error": "invalid_grant",
        "error_description": "The code has expired or has already been used.",
    }


def test_a_code_works_once_however_many_ask_together(wire: Wire) -> None:
    codes = [a_code(wire)] * 16
    with ThreadPoolExecutor(8) as pool:
        statuses = [response.status_code for response in pool.map(wire.exchange, codes)]
    assert sorted(statuses) == [200] + [400] * 15


def test_a_code_expires(wire: Wire) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        code = a_code(wire)
        clock.shift(AUTHORIZATION_CODE_LIFETIME)
        assert wire.exchange(code).json()["error"] == "invalid_grant"


def test_an_unknown_code_is_refused(wire: Wire) -> None:
    assert wire.exchange("never-made").json()["error"] == "invalid_grant"


def test_a_form_is_as_good_as_json(wire: Wire) -> None:
    form = {**CREDENTIALS, "grant_type": "authorization_code", "code": a_code(wire)}
    assert wire.browser.post("/sso/token", data=form).status_code == 200


def test_an_address_keeps_its_profile_however_it_is_spelt(wire: Wire) -> None:
    first = wire.exchange(a_code(wire, "ada@example.com")).json()["profile"]
    second = wire.exchange(a_code(wire, "Ada@Example.com")).json()["profile"]
    other = wire.exchange(a_code(wire, "bob@example.com")).json()["profile"]
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
    wire: Wire, fields: dict[str, object], error: str
) -> None:
    code = a_code(wire)
    response = wire.exchange(code, **fields)
    assert response.status_code == 400
    assert response.json()["error"] == error
    assert wire.exchange(code).status_code == 200


def test_a_missing_code_is_named(wire: Wire) -> None:
    response = wire.browser.post(
        "/sso/token", json={**CREDENTIALS, "grant_type": "authorization_code"}
    )
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "code"


def test_the_keys_are_those_of_the_client(workos: WorkOSClient, wire: Wire) -> None:
    assert workos.user_management.get_jwks("client_emulator").keys[0].alg == "RS256"
    assert wire.browser.get("/sso/jwks/client_other").status_code == 404

"""Access tokens on demand: each is wrong in exactly the way that was asked for."""

from __future__ import annotations

from typing import Any

import jwt
import pytest

from bare_http import BareHttp
from workos_emulator.pytest_plugin import WorkOSEmulator

ADA = "ada@example.com"


def make(http: BareHttp, **fields: object) -> str:
    response = http.browser.post("/_emulate/access-tokens", json={"email": ADA, **fields})
    assert response.status_code == 201
    return str(response.json()["access_token"])


def verified(http: BareHttp, token: str, path: str = "/sso/jwks/client_emulator") -> dict[str, Any]:
    keys = jwt.PyJWKSet.from_dict(http.browser.get(path).json())
    key = keys[jwt.get_unverified_header(token)["kid"]]
    return jwt.decode(token, key, algorithms=["RS256"], options={"verify_aud": False})


def test_a_token_on_demand_says_what_that_of_a_sign_in_says(http: BareHttp) -> None:
    signed_in = verified(http, http.sign_in()["access_token"])
    made = verified(http, make(http))

    assert made.keys() == signed_in.keys()
    assert [made[name] for name in ("iss", "sub", "client_id")] == [
        signed_in[name] for name in ("iss", "sub", "client_id")
    ]


def test_claims_are_changed_and_left_out_as_asked(http: BareHttp) -> None:
    claims = verified(http, make(http, claims={"aud": "another", "exp": None, "sid": 7}))

    assert claims["aud"] == "another"
    assert claims["sid"] == 7
    assert "exp" not in claims


@pytest.mark.parametrize(
    ("kind", "differs"),
    [
        ("agent", {"sub_profile": "agent"}),
        ("widget", {"sid": None, "auth_time": None, "sub_type": "widget"}),
    ],
)
def test_those_of_agents_and_widgets_have_the_same_key(
    http: BareHttp, kind: str, differs: dict[str, object]
) -> None:
    claims = verified(http, make(http, kind=kind))

    assert {name: claims.get(name) for name in differs} == differs


@pytest.mark.parametrize("kind", ["authkit", "m2m"])
def test_the_authkit_domain_has_keys_of_its_own(http: BareHttp, kind: str) -> None:
    server = http.browser.get("/.well-known/oauth-authorization-server").json()
    claims = verified(http, make(http, kind=kind), server["jwks_uri"])

    assert claims["iss"] == server["issuer"]
    assert claims["sub"].startswith("user_") == (kind == "authkit")


@pytest.mark.parametrize("signed", ["none", "RS512", "other key", "HS256 with the public key"])
def test_wrongly_signed_ones_name_the_right_key_and_do_not_verify(
    http: BareHttp, signed: str
) -> None:
    with pytest.raises((jwt.InvalidSignatureError, jwt.InvalidAlgorithmError)):
        verified(http, make(http, signed=signed))


def test_after_a_rotation_old_tokens_verify_until_their_key_is_forgotten(
    workos_emulator: WorkOSEmulator, http: BareHttp
) -> None:
    old = make(http)
    http.set("signing-keys")
    new = workos_emulator.access_token(ADA)
    assert verified(http, old)["sub"] == verified(http, new)["sub"]
    workos_emulator.rotate_keys(forget_old=True)

    for token in (old, new):
        with pytest.raises(KeyError):
            verified(http, token)
    assert verified(http, make(http))


@pytest.mark.parametrize("wrong", [{"kind": "robot"}, {"signed": "HS256"}, {"claims": []}])
def test_what_it_cannot_make_it_says(http: BareHttp, wrong: dict[str, object]) -> None:
    body = {"email": ADA, **wrong}
    answer = http.browser.post("/_emulate/access-tokens", json=body)

    assert answer.status_code == 400
    [name] = wrong
    assert answer.json()["message"].startswith(f"{name} ")


def test_the_fixture_says_it_too(workos_emulator: WorkOSEmulator) -> None:
    with pytest.raises(ValueError, match="kind must be one of user, agent"):
        workos_emulator.access_token(ADA, kind="robot")

"""What access tokens say about somebody, and how long they say it."""

from typing import Any

import httpx2
import jwt
import pytest
from workos import WorkOSClient

from bare_http import BareHttp

CLAIMS: dict[str, object] = {
    "org_id": "org_1",
    "role": "admin",
    "roles": ["admin", "member"],
    "permissions": ["invoices:read"],
    "entitlements": ["audit-logs"],
    "feature_flags": ["new-editor"],
    "act": {"sub": "admin@example.com"},
}
IMPERSONATOR = {"email": "admin@example.com", "reason": "Ticket 7"}


def set_claims(http: BareHttp, email: str = "ada@example.com", **fields: object) -> httpx2.Response:
    return http.browser.post("/_emulate/claims", json={"email": email, **fields})


def set_lifetime(http: BareHttp, seconds: object) -> httpx2.Response:
    return http.browser.post("/_emulate/access-token-lifetime", json={"seconds": seconds})


def claimed(reply: dict[str, Any]) -> dict[str, Any]:
    """The claims in an access token that are not about the token itself."""
    claims = jwt.decode(reply["access_token"], options={"verify_signature": False})
    return {name: claims[name] for name in claims if name in CLAIMS}


def lifetime(reply: dict[str, Any]) -> int:
    claims = jwt.decode(reply["access_token"], options={"verify_signature": False})
    return int(claims["exp"] - claims["iat"])


def test_nobody_claims_anything_unasked(http: BareHttp) -> None:
    reply = http.sign_in()
    assert claimed(reply) == {}
    assert not {"organization_id", "impersonator"} & set(reply)


def test_claims_are_in_the_next_access_token(http: BareHttp) -> None:
    response = set_claims(http, "Ada@example.com", claims=CLAIMS, impersonator=IMPERSONATOR)
    assert response.status_code == 201
    assert response.json() == {
        "email": "Ada@example.com",
        "claims": CLAIMS,
        "impersonator": IMPERSONATOR,
    }

    reply = http.sign_in()
    assert claimed(reply) == CLAIMS
    assert reply["organization_id"] == "org_1"
    assert reply["impersonator"] == IMPERSONATOR
    assert claimed(http.sign_in("bob@example.com")) == {}


def test_a_refresh_follows_what_changed(http: BareHttp) -> None:
    first = http.sign_in()
    set_claims(http, claims={"role": "admin", "roles": None}, impersonator=IMPERSONATOR)
    second = http.refresh(first["refresh_token"]).json()
    set_claims(http, claims={"role": "member"}, impersonator=None)
    third = http.refresh(second["refresh_token"]).json()

    assert [claimed(reply) for reply in (first, second, third)] == [
        {},
        {"role": "admin", "act": {"sub": "admin@example.com"}},
        {"role": "member"},
    ]
    assert second["impersonator"] == IMPERSONATOR
    assert "impersonator" not in third


def test_the_sdk_reads_organization_and_impersonator(workos: WorkOSClient, http: BareHttp) -> None:
    set_claims(http, claims={"org_id": "org_1"}, impersonator={"email": "admin@example.com"})
    reply = workos.user_management.authenticate_with_magic_auth(
        code=http.send_code(), email="ada@example.com"
    )
    assert reply.organization_id == "org_1"
    assert reply.impersonator
    assert (reply.impersonator.email, reply.impersonator.reason) == ("admin@example.com", None)

    [session] = workos.user_management.list_sessions(reply.user.id).data
    assert session.organization_id == "org_1"
    assert session.impersonator
    assert session.impersonator.email == "admin@example.com"


def test_one_can_refresh_into_the_claimed_organization_only(http: BareHttp) -> None:
    token = http.sign_in()["refresh_token"]
    set_claims(http, claims={"org_id": "org_1"})
    other = http.authenticate("refresh_token", refresh_token=token, organization_id="org_2")
    assert other.json()["code"] == "invalid_organization_id"
    own = http.authenticate("refresh_token", refresh_token=token, organization_id="org_1")
    assert own.json()["organization_id"] == "org_1"


def test_claims_move_with_a_person_and_end_with_them(workos: WorkOSClient, http: BareHttp) -> None:
    user_id = http.sign_in()["user"]["id"]
    set_claims(http, claims={"role": "admin"})
    workos.user_management.update_user(user_id, email="countess@example.com")
    assert claimed(http.sign_in("countess@example.com")) == {"role": "admin"}
    assert claimed(http.sign_in()) == {}

    workos.user_management.delete_user(user_id)
    assert claimed(http.sign_in("countess@example.com")) == {}


def test_claims_wait_at_an_address_until_somebody_comes(
    workos: WorkOSClient, http: BareHttp
) -> None:
    set_claims(http, "countess@example.com", claims={"role": "admin"})
    user_id = http.sign_in()["user"]["id"]
    workos.user_management.update_user(user_id, email="countess@example.com")
    assert claimed(http.sign_in("countess@example.com")) == {"role": "admin"}


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"email": 7}, "email must be a string"),
        ({"email": ""}, "email must be a string"),
        ({"claims": []}, "claims is a JSON object"),
        ({"claims": {"sub": "user_1"}}, "claims has no sub"),
        ({"claims": {"org_id": 7}}, "org_id must be a string"),
        ({"claims": {"role": ""}}, "role must be a string"),
        ({"claims": {"roles": "admin"}}, "roles must be a list of strings"),
        ({"claims": {"permissions": [7]}}, "permissions must be a list of strings"),
        ({"claims": {"act": "admin@example.com"}}, "act is a JSON object"),
        ({"claims": {"act": {}}}, "sub must be a string"),
        ({"impersonator": "admin@example.com"}, "impersonator is a JSON object"),
        ({"impersonator": {"reason": "Ticket 7"}}, "email must be a string"),
        ({"impersonator": {**IMPERSONATOR, "reason": 7}}, "reason must be a string"),
        ({"clams": {}}, "The body has no clams"),
    ],
)
def test_malformed_claims_are_told_what_is_wrong(
    http: BareHttp, fields: dict[str, object], complaint: str
) -> None:
    body = {"email": "ada@example.com", "claims": {"role": "admin"}, **fields}
    response = http.browser.post("/_emulate/claims", json=body)
    assert response.status_code == 400
    assert complaint in response.json()["message"]
    assert claimed(http.sign_in()) == {}


def test_access_tokens_live_as_long_as_a_test_says(http: BareHttp) -> None:
    first = http.sign_in()
    assert set_lifetime(http, 7).json() == {"seconds": 7}
    second = http.refresh(first["refresh_token"]).json()
    assert [lifetime(reply) for reply in (first, second)] == [300, 7]


def test_an_access_token_can_be_born_expired(http: BareHttp) -> None:
    set_lifetime(http, 0)
    token = http.sign_in()["access_token"]
    keys = jwt.PyJWKSet.from_dict(http.browser.get("/sso/jwks/client_emulator").json())
    with pytest.raises(jwt.ExpiredSignatureError):
        jwt.decode(token, keys.keys[0], algorithms=["RS256"])


@pytest.mark.parametrize("seconds", [None, "7", 7.5, True, -1, 86_401])
def test_a_malformed_lifetime_is_told_what_is_wrong(http: BareHttp, seconds: object) -> None:
    response = set_lifetime(http, seconds)
    assert response.status_code == 400
    assert "seconds must be an integer from 0 to 86400" in response.json()["message"]
    assert lifetime(http.sign_in()) == 300


@pytest.mark.parametrize("control", ["claims", "access-token-lifetime"])
@pytest.mark.parametrize("body", [b"", b"nonsense", b"[]"])
def test_a_body_that_is_no_object_is_refused(http: BareHttp, control: str, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    response = http.browser.post(f"/_emulate/{control}", content=body, headers=headers)
    assert response.status_code == 400
    assert "JSON object" in response.json()["message"]


def test_reset_forgets_claims_lifetime_and_people(workos: WorkOSClient, http: BareHttp) -> None:
    set_claims(http, claims=CLAIMS, impersonator=IMPERSONATOR)
    set_lifetime(http, 7)
    user_id = http.sign_in()["user"]["id"]
    workos.user_management.delete_user(user_id)
    http.browser.post("/_emulate/reset")

    reply = http.sign_in()
    assert claimed(reply) == {}
    assert lifetime(reply) == 300
    assert reply["user"]["id"] == user_id

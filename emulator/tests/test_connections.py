"""Single sign-on: connections, the identity provider's page, and what organizations require."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest
from workos import WorkOSClient

from bare_http import CALLBACK, BareHttp
from test_authkit import answer, ask, page_of

ADA = "ada@acme.example"
ACME: dict[str, Any] = {
    "id": "conn_acme",
    "name": "Acme",
    "organization_id": "org_acme",
    "domains": {"acme.example": "verified", "acme.test": "pending"},
}
SSO: dict[str, str | None] = {"provider": None, "connection_id": "conn_acme"}


def connect(http: BareHttp, **changes: object) -> httpx2.Response:
    return http.browser.post("/_emulate/connections", json={**ACME, **changes})


def require(http: BareHttp, **policy: object) -> None:
    body = {"organization_id": "org_acme", **policy}
    assert http.browser.post("/_emulate/policies", json=body).status_code == 201


def redeemed(http: BareHttp, page: str, **fields: str) -> httpx2.Response:
    """What the identity provider's assertion is good for."""
    code = answer(http, page, **{"email": ADA, **fields})["code"]
    return http.authenticate("authorization_code", code=code)


def test_the_sdk_finds_connections_by_domain_and_by_organization(
    workos: WorkOSClient, http: BareHttp
) -> None:
    connect(http)
    connect(http, id="conn_other", organization_id="org_other", domains={})

    for found in (
        workos.sso.list_connections(domain="ACME.example", limit=100).data,
        workos.sso.list_connections(organization_id="org_acme").data,
    ):
        assert [(one.id, one.name, one.state) for one in found] == [("conn_acme", "Acme", "active")]
        assert [one.domain for one in found[0].domains] == ["acme.example", "acme.test"]
    assert len(workos.sso.list_connections().data) == 2
    assert workos.sso.get_connection("conn_acme").organization_id == "org_acme"
    assert http.api.get("/connections/conn_none").status_code == 404
    assert http.browser.get("/connections").status_code == 401


def test_the_provider_says_who_it_is_and_makes_a_member(http: BareHttp) -> None:
    connect(http)
    page = page_of(http, **SSO, login_hint=ADA)
    assert f'value="{ADA}"' in http.browser.get(page).text

    reply = redeemed(http, page, first_name="Ada", last_name="Lovelace").json()

    assert (reply["authentication_method"], reply["organization_id"]) == ("SSO", "org_acme")
    assert reply["user"]["name"] == "Ada Lovelace"
    sessions = http.api.get(f"/user_management/users/{reply['user']['id']}/sessions").json()
    assert [one["auth_method"] for one in sessions["data"]] == ["sso"]


def test_an_organization_is_a_selector_too(http: BareHttp) -> None:
    connect(http)
    page = page_of(http, provider=None, organization_id="org_acme")
    assert redeemed(http, page).json()["organization_id"] == "org_acme"


@pytest.mark.parametrize(
    ("selector", "error"),
    [
        ({"connection_id": "conn_none"}, "connection_invalid"),
        ({"connection_id": "conn_off"}, "connection_invalid"),
        ({"organization_id": "org_none"}, "organization_invalid"),
        ({"organization_id": "org_two"}, "ambiguous_connection_selector"),
    ],
)
def test_a_connection_that_cannot_be_used_comes_back_as_an_error(
    http: BareHttp, selector: dict[str, str], error: str
) -> None:
    connect(http, id="conn_off", state="inactive")
    connect(http, id="conn_1", organization_id="org_two")
    connect(http, id="conn_2", organization_id="org_two")

    back = ask(http, provider=None, **selector).headers["Location"]
    said = dict(parse_qsl(urlsplit(back).query))

    assert back.startswith(CALLBACK)
    assert (said["error"], said["state"]) == (error, "state-1")


def test_one_selector_is_enough(http: BareHttp) -> None:
    refused = ask(http, connection_id="conn_acme")
    assert [error["field"] for error in refused.json()["errors"]] == ["connection_id"]


def test_a_person_is_who_the_provider_says_whatever_their_address(http: BareHttp) -> None:
    connect(http)
    first = redeemed(http, page_of(http, **SSO), idp_id="17").json()["user"]
    renamed = redeemed(http, page_of(http, **SSO), idp_id="17", email="ada@acme.test").json()

    assert renamed["user"]["id"] == first["id"]


def test_an_address_in_a_verified_domain_is_the_person_who_has_it(http: BareHttp) -> None:
    connect(http)
    known = http.sign_in(ADA)["user"]["id"]
    assert redeemed(http, page_of(http, **SSO)).json()["user"]["id"] == known


@pytest.mark.parametrize("email", ["ada@acme.test", "ada@example.com"])
def test_an_address_elsewhere_has_to_be_proved(http: BareHttp, email: str) -> None:
    """Or any identity provider could be anybody."""
    connect(http)
    http.sign_in(email)

    refused = redeemed(http, page_of(http, **SSO), email=email)

    assert (refused.status_code, refused.json()["code"]) == (403, "email_verification_required")
    assert refused.json()["email"] == email


def test_a_no_at_the_provider_comes_back_as_an_error(http: BareHttp) -> None:
    connect(http)
    assert answer(http, page_of(http, **SSO), deny="yes")["error"] == "access_denied"


def test_begun_at_the_provider_a_code_comes_without_a_state(http: BareHttp) -> None:
    connect(http)
    for page in (page_of(http, **SSO), "/_emulate/idp/conn_acme"):
        said = answer(http, page, email=ADA, unasked="yes")
        assert set(said) == {"code"}
        reply = http.authenticate("authorization_code", code=said["code"])
        assert reply.json()["authentication_method"] == "SSO"
    assert answer(http, "/_emulate/idp/conn_acme", deny="yes")["error"] == "signin_consent_denied"


def test_switched_off_the_application_is_told_whose_it_was(http: BareHttp) -> None:
    connect(http, allows_idp_initiated=False)

    said = answer(http, "/_emulate/idp/conn_acme", email=ADA)

    assert said["error"] == "idp_initiated_sso_disabled"
    assert (said["connection_id"], said["organization_id"]) == ("conn_acme", "org_acme")
    assert "code" not in said
    assert "code" in answer(http, page_of(http, **SSO), email=ADA)


@pytest.mark.parametrize("email", [ADA, "guest@example.com"])
@pytest.mark.parametrize(("envelope", "status"), [("error", 400), ("code", 403)])
def test_an_organization_requires_single_sign_on(
    http: BareHttp, email: str, envelope: str, status: int
) -> None:
    """Of its members, and of its domain."""
    connect(http)
    connect(http, id="conn_off", state="inactive")
    member = {"email": "guest@example.com", "organizations": [{"id": "org_acme", "name": "Acme"}]}
    http.browser.post("/_emulate/organizations", json=member)
    require(http, requires_sso=True, envelope=envelope)

    refused = http.redeem(http.send_code(email), email)

    body = refused.json()
    assert (refused.status_code, body[envelope]) == (status, "sso_required")
    assert (body["connection_ids"], body["email"]) == (["conn_acme"], email)
    assert redeemed(http, page_of(http, **SSO)).status_code == 200


def test_who_chooses_an_organization_that_requires_it_is_told_so(http: BareHttp) -> None:
    connect(http)
    require(http, requires_sso=True)
    listed = [{"id": "org_acme", "name": "Acme"}, {"id": "org_1", "name": "Globex"}]
    body = {"email": "bob@example.com", "organizations": listed}
    http.browser.post("/_emulate/organizations", json=body)
    asked = http.redeem(http.send_code("bob@example.com"), "bob@example.com").json()

    refused = http.authenticate(
        "urn:workos:oauth:grant-type:organization-selection",
        pending_authentication_token=asked["pending_authentication_token"],
        organization_id="org_acme",
    )

    assert refused.status_code == 400
    assert refused.json() == {"message": "Must use SSO for selected organization"}


def test_an_organization_lets_its_people_in_by_some_methods(http: BareHttp) -> None:
    connect(http)
    require(http, auth_methods={"google_oauth": True, "magic_auth": False})

    refused = http.redeem(http.send_code(ADA), ADA)

    body = refused.json()
    assert (refused.status_code, body["error"]) == (
        400,
        "organization_authentication_methods_required",
    )
    assert body["auth_methods"] == {"google_oauth": True, "magic_auth": False}
    assert body["sso_connection_ids"] == ["conn_acme"]
    google = answer(http, page_of(http, provider="GoogleOAuth"), email=ADA)["code"]
    assert http.authenticate("authorization_code", code=google).status_code == 200
    assert http.sign_in("bob@example.com")


@pytest.mark.parametrize(
    "changes",
    [{"state": "asleep"}, {"domains": ["acme.example"]}, {"domains": {"a.example": "mine"}}],
)
def test_what_is_no_connection_is_explained(http: BareHttp, changes: dict[str, object]) -> None:
    assert connect(http, **changes).status_code == 400


@pytest.mark.parametrize(
    ("policy", "status"),
    [
        ({"auth_methods": {"telepathy": True}}, 400),
        ({"envelope": "post"}, 400),
        ({"organization_id": "org_none"}, 404),
    ],
)
def test_what_is_no_policy_is_explained(
    http: BareHttp, policy: dict[str, object], status: int
) -> None:
    connect(http)
    body = {"organization_id": "org_acme", **policy}
    assert http.browser.post("/_emulate/policies", json=body).status_code == status

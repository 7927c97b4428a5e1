import pytest

from bare_http import CREDENTIALS, MAGIC_AUTH_GRANT, BareHttp


def test_a_refresh_token_is_replaced_by_another(http: BareHttp) -> None:
    first = http.sign_in()
    second = http.refresh(first["refresh_token"]).json()
    assert second["user"]["id"] == first["user"]["id"]
    assert second["refresh_token"] != first["refresh_token"]
    assert http.refresh(second["refresh_token"]).status_code == 200


def test_a_refresh_token_works_once(http: BareHttp) -> None:
    token = http.sign_in()["refresh_token"]
    http.refresh(token)

    response = http.refresh(token)
    assert response.status_code == 400
    assert response.json() == {
        "error": "invalid_grant",
        "error_description": "Refresh token already exchanged.",
    }


def test_an_unknown_refresh_token_is_refused(http: BareHttp) -> None:
    assert http.refresh("never-made").json()["error"] == "invalid_grant"


def test_an_unknown_organization_is_refused_and_the_token_stays_good(http: BareHttp) -> None:
    token = http.sign_in()["refresh_token"]
    response = http.authenticate("refresh_token", refresh_token=token, organization_id="org_none")
    assert response.json()["code"] == "invalid_organization_id"
    assert http.refresh(token).status_code == 200


def test_the_code_of_a_link_is_good_for_a_profile_only(http: BareHttp) -> None:
    code = http.follow(http.create_link().json()["link"])["code"]
    response = http.authenticate("authorization_code", code=code)
    assert response.status_code == 400
    assert response.json()["error"] == "invalid_grant"


def test_an_unknown_grant_is_refused(http: BareHttp) -> None:
    response = http.authenticate("password", email="ada@example.com", password="x")
    assert response.status_code == 400
    assert response.json()["error"] == "invalid_request"


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"client_id": "client_other"}, "invalid_client"),
        ({"client_secret": "sk_test_wrong"}, "invalid_client"),
        ({"client_secret": None}, "unauthorized_client"),
    ],
)
def test_a_wrong_client_does_not_spend_the_code(
    http: BareHttp, fields: dict[str, object], error: str
) -> None:
    code = http.send_code()
    response = http.authenticate(MAGIC_AUTH_GRANT, code=code, email="ada@example.com", **fields)
    assert response.status_code == 400
    assert response.json()["error"] == error
    assert http.redeem(code).status_code == 200


@pytest.mark.parametrize(
    ("grant_type", "fields", "missing"),
    [
        (MAGIC_AUTH_GRANT, {"email": "ada@example.com"}, "code"),
        (MAGIC_AUTH_GRANT, {"code": "123456"}, "email"),
        ("refresh_token", {}, "refresh_token"),
        ("authorization_code", {}, "code"),
    ],
)
def test_a_missing_field_is_named(
    http: BareHttp, grant_type: str, fields: dict[str, object], missing: str
) -> None:
    response = http.authenticate(grant_type, **fields)
    assert response.status_code == 422
    assert [error["field"] for error in response.json()["errors"]] == [missing]


def test_a_code_that_is_a_number_is_refused(http: BareHttp) -> None:
    response = http.authenticate(MAGIC_AUTH_GRANT, code=123456, email="ada@example.com")
    assert response.json()["errors"][0]["code"] == "code_invalid"


def test_a_missing_grant_type_is_named(http: BareHttp) -> None:
    response = http.browser.post("/user_management/authenticate", json=CREDENTIALS)
    assert response.json()["errors"][0]["field"] == "grant_type"

import pytest
from workos import AuthenticationError, BadRequestError, NotFoundError

from bare_http import BareHttp
from workos_emulator.pytest_plugin import WorkOSEmulator


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/passwordless/sessions"),
        ("POST", "/passwordless/sessions/x/send"),
        ("POST", "/user_management/magic_auth"),
        ("GET", "/user_management/magic_auth/x"),
        ("GET", "/user_management/users/x"),
        ("GET", "/user_management/users/x/sessions"),
        ("POST", "/user_management/sessions/revoke"),
    ],
)
def test_a_wrong_api_key_is_refused_before_anything_else(
    http: BareHttp, method: str, path: str
) -> None:
    for headers in ({}, {"Authorization": "Bearer sk_test_wrong"}):
        response = http.browser.request(method, path, headers=headers)
        assert response.status_code == 401
        assert response.json() == {"message": "Unauthorized"}


def test_the_sdk_sees_an_authentication_error(workos_emulator: WorkOSEmulator) -> None:
    workos = workos_emulator.client(api_key="sk_test_wrong")
    with pytest.raises(AuthenticationError):
        workos.user_management.create_magic_auth(email="ada@example.com")


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/nowhere"), ("GET", "/sso/token"), ("PUT", "/sso/token")]
)
def test_an_unknown_path_or_method_is_not_found(http: BareHttp, method: str, path: str) -> None:
    response = http.api.request(method, path)
    assert response.status_code == 404
    assert response.json() == {"error": "Not Found", "message": f"Cannot {method} {path}"}


@pytest.mark.parametrize("body", [b"", b"nonsense", b"[]", b'"text"'])
def test_a_body_that_is_no_object_is_refused(http: BareHttp, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    response = http.api.post("/passwordless/sessions", content=body, headers=headers)
    assert response.status_code == 400
    assert "JSON object" in response.json()["message"]


def test_half_a_character_is_refused(http: BareHttp) -> None:
    response = http.browser.post(
        "/user_management/authenticate",
        content=rb'{"grant_type": "refresh_token", "client_id": "\ud800"}',
        headers={"Content-Type": "application/json"},
    )
    assert response.json()["errors"][0]["code"] == "client_id_invalid"


def test_every_reply_has_a_request_id_of_its_own(http: BareHttp) -> None:
    replies = [http.browser.get(path) for path in ("/", "/nowhere", "/sso/jwks/client_emulator")]
    assert len({reply.headers["x-request-id"] for reply in replies}) == 3


def test_requests_are_noted_without_what_they_carried(http: BareHttp) -> None:
    http.create_link()
    http.browser.get("/sso/jwks/client_emulator?secret=1")
    http.browser.get("/")
    http.mails()
    assert http.browser.get("/_emulate/requests").json() == [
        {"method": "POST", "path": "/passwordless/sessions", "status": 201},
        {"method": "GET", "path": "/sso/jwks/client_emulator", "status": 200},
    ]


def test_reset_forgets_everything(http: BareHttp) -> None:
    reply = http.sign_in()
    http.send_code()
    http.send_code()
    http.add_fault("*", "/sso/*", status=500)
    assert http.browser.post("/_emulate/reset").status_code == 204

    for control in ("mailbox", "hooks", "requests"):
        assert http.browser.get(f"/_emulate/{control}").json() == []
    assert http.refresh(reply["refresh_token"]).json()["error"] == "invalid_grant"
    assert http.api.get(f"/user_management/users/{reply['user']['id']}").status_code == 404
    assert http.sign_in()["user"]["id"] == reply["user"]["id"]


def test_two_environments_share_nothing_but_the_ids_of_addresses(http: BareHttp) -> None:
    ours = http.sign_in()
    with WorkOSEmulator() as other:
        theirs = other.client().user_management
        with pytest.raises(NotFoundError):
            theirs.get_user(ours["user"]["id"])
        with pytest.raises(BadRequestError, match="Invalid refresh token"):
            theirs.authenticate_with_refresh_token(refresh_token=ours["refresh_token"])
        assert other.mailbox() == []

        assert theirs.create_magic_auth(email="ada@example.com").user_id == ours["user"]["id"]
        assert not theirs.get_user(ours["user"]["id"]).email_verified
    assert len(http.mails()) == 1

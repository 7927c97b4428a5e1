import pytest
from flask import Flask
from workos import AuthenticationError, WorkOSClient

from emulator import create_app
from tests.emulator.conftest import Wire


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
    wire: Wire, method: str, path: str
) -> None:
    for headers in ({}, {"Authorization": "Bearer sk_test_wrong"}):
        response = wire.browser.request(method, path, headers=headers)
        assert response.status_code == 401
        assert response.json() == {"message": "Unauthorized"}


def test_the_sdk_sees_an_authentication_error(workos: WorkOSClient) -> None:
    workos._api_key = "sk_test_wrong"
    with pytest.raises(AuthenticationError):
        workos.user_management.create_magic_auth(email="ada@example.com")


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/nowhere"), ("GET", "/sso/token"), ("PUT", "/sso/token")]
)
def test_an_unknown_path_or_method_is_not_found(wire: Wire, method: str, path: str) -> None:
    response = wire.api.request(method, path)
    assert response.status_code == 404
    assert response.json() == {"error": "Not Found", "message": f"Cannot {method} {path}"}


@pytest.mark.parametrize("body", [b"", b"nonsense", b"[]", b'"text"'])
def test_a_body_that_is_no_object_is_refused(wire: Wire, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    response = wire.api.post("/passwordless/sessions", content=body, headers=headers)
    assert response.status_code == 400
    assert "JSON object" in response.json()["message"]


def test_half_a_character_is_refused(wire: Wire) -> None:
    response = wire.browser.post(
        "/user_management/authenticate",
        content=rb'{"grant_type": "refresh_token", "client_id": "\ud800"}',
        headers={"Content-Type": "application/json"},
    )
    assert response.json()["errors"][0]["code"] == "client_id_invalid"


def test_every_reply_has_a_request_id_of_its_own(wire: Wire) -> None:
    replies = [wire.browser.get(path) for path in ("/", "/nowhere", "/sso/jwks/client_emulator")]
    assert len({reply.headers["x-request-id"] for reply in replies}) == 3


def test_requests_are_noted_without_what_they_carried(wire: Wire) -> None:
    wire.create_link()
    wire.browser.get("/sso/jwks/client_emulator?secret=1")
    wire.browser.get("/")
    wire.mails()
    assert wire.browser.get("/_emulate/requests").json() == [
        {"method": "POST", "path": "/passwordless/sessions", "status": 201},
        {"method": "GET", "path": "/sso/jwks/client_emulator", "status": 200},
    ]


def test_reset_forgets_everything(wire: Wire) -> None:
    reply = wire.sign_in()
    wire.send_code()
    wire.send_code()
    wire.hook("*", "/sso/*", status=500)
    assert wire.browser.post("/_emulate/reset").status_code == 204

    for control in ("mailbox", "hooks", "requests"):
        assert wire.browser.get(f"/_emulate/{control}").json() == []
    assert wire.refresh(reply["refresh_token"]).json()["error"] == "invalid_grant"
    assert wire.api.get(f"/user_management/users/{reply['user']['id']}").status_code == 404
    assert wire.sign_in()["user"]["id"] == reply["user"]["id"]


def test_two_environments_share_nothing_but_the_ids_of_addresses(emulator: Flask) -> None:
    ours, theirs = (app.extensions["emulator"] for app in (emulator, create_app()))
    assert ours.user_for("ada@example.com").id == theirs.user_for("ada@example.com").id
    assert len(ours.users) == 1
    assert ours.users is not theirs.users

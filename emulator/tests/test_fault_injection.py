import pytest
from workos import ServerError, WorkOSClient

from tests.emulator.conftest import Wire


def test_a_hook_answers_in_the_place_of_workos(workos: WorkOSClient, wire: Wire) -> None:
    wire.hook("POST", "/user_management/magic_auth", status=503, body={"message": "down"})
    with pytest.raises(ServerError, match="down"):
        workos.user_management.create_magic_auth(email="ada@example.com")
    assert wire.mails() == []


def test_a_hook_answers_as_often_as_it_was_told(wire: Wire) -> None:
    wire.hook("*", "*", status=500, count=2)
    statuses = [wire.create_link().status_code for _ in range(3)]
    assert statuses == [500, 500, 201]
    [hook] = wire.browser.get("/_emulate/hooks").json()
    assert hook["hits"] == 2


def test_a_hook_matches_method_and_path(wire: Wire) -> None:
    wire.hook("get", "/passwordless/sessions", status=418)
    wire.hook("POST", "/user_management/*", status=429, headers={"Retry-After": "7"})
    assert wire.create_link().status_code == 201
    response = wire.redeem("123456")
    assert response.status_code == 429
    assert response.headers["Retry-After"] == "7"
    assert response.headers["x-request-id"]


def test_a_string_is_sent_as_it_is(wire: Wire) -> None:
    wire.hook(
        "*", "*", status=200, body="<html>not JSON", headers={"Content-Type": "application/json"}
    )
    response = wire.create_link()
    assert response.text == "<html>not JSON"
    assert response.headers["Content-Type"] == "application/json"


def test_a_hook_without_status_only_delays(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    naps: list[float] = []
    monkeypatch.setattr("emulator.hooks.time.sleep", naps.append)
    wire.hook("*", "*", delay_ms=1500)
    assert wire.create_link().status_code == 201
    assert naps == [1.5]


def test_hooks_leave_the_mailbox_and_the_controls_alone(wire: Wire) -> None:
    wire.hook("*", "*", status=500)
    assert wire.browser.get("/").status_code == 200
    assert wire.mails() == []
    assert wire.browser.delete("/_emulate/hooks").status_code == 204
    assert wire.create_link().status_code == 201


def test_a_new_hook_is_answered_with_what_was_stored(wire: Wire) -> None:
    response = wire.hook("post", "/sso/token", status=500, count=1)
    assert response.status_code == 201
    hook = response.json()
    assert hook.pop("id").startswith("hook_")
    assert hook == {
        "method": "POST",
        "path": "/sso/token",
        "status": 500,
        "body": None,
        "headers": {},
        "count": 1,
        "delay_ms": 0,
        "hits": 0,
    }


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"method": 7}, "method must be a string"),
        ({"path": ""}, "path must be a string"),
        ({"path": "sso/token"}, "path must start with /"),
        ({"status": None}, "status is required"),
        ({"status": 99}, "status must be an integer from 200 to 599"),
        ({"status": "500"}, "status must be an integer"),
        ({"count": 0}, "count must be an integer"),
        ({"count": True}, "count must be an integer"),
        ({"delay_ms": -1}, "delay_ms must be an integer"),
        ({"headers": {"Retry-After": 7}}, "headers must be an object of strings"),
        ({"staus": 500}, "A hook has no staus"),
    ],
)
def test_a_malformed_hook_is_told_what_is_wrong(
    wire: Wire, fields: dict[str, object], complaint: str
) -> None:
    wish = {"method": "*", "path": "*", "status": 500, **fields}
    response = wire.browser.post("/_emulate/hooks", json=wish)
    assert response.status_code == 400
    assert complaint in response.json()["message"]


@pytest.mark.parametrize("body", [b"", b"nonsense", b"[]"])
def test_a_hook_that_is_no_object_is_refused(wire: Wire, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    response = wire.browser.post("/_emulate/hooks", content=body, headers=headers)
    assert response.status_code == 400
    assert "JSON object" in response.json()["message"]

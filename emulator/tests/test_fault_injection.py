import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from workos import ServerError, WorkOSClient

from bare_http import BareHttp


def test_a_fault_answers_in_the_place_of_workos(workos: WorkOSClient, http: BareHttp) -> None:
    http.add_fault("POST", "/user_management/magic_auth", status=503, body={"message": "down"})
    with pytest.raises(ServerError, match="down"):
        workos.user_management.create_magic_auth(email="ada@example.com")
    assert http.mails() == []


def test_a_fault_answers_as_often_as_it_was_told(http: BareHttp) -> None:
    http.add_fault("*", "*", status=500, count=2)
    statuses = [http.create_link().status_code for _ in range(3)]
    assert statuses == [500, 500, 201]
    [hook] = http.browser.get("/_emulate/hooks").json()
    assert hook["hits"] == 2


def test_a_fault_matches_method_and_path(http: BareHttp) -> None:
    http.add_fault("get", "/passwordless/sessions", status=418)
    http.add_fault("POST", "/user_management/*", status=429, headers={"Retry-After": "7"})
    assert http.create_link().status_code == 201
    response = http.redeem("123456")
    assert response.status_code == 429
    assert response.headers["Retry-After"] == "7"
    assert response.headers["x-request-id"]


def test_a_string_is_sent_as_it_is(http: BareHttp) -> None:
    http.add_fault(
        "*", "*", status=200, body="<html>not JSON", headers={"Content-Type": "application/json"}
    )
    response = http.create_link()
    assert response.text == "<html>not JSON"
    assert response.headers["Content-Type"] == "application/json"


def test_a_fault_without_status_only_delays(http: BareHttp) -> None:
    http.add_fault("*", "*", delay_ms=300, count=1)
    begun_at = time.monotonic()
    assert http.create_link().status_code == 201
    assert 0.3 <= time.monotonic() - begun_at < 30


def test_a_delay_keeps_nobody_else_waiting(http: BareHttp) -> None:
    http.add_fault("POST", "/passwordless/sessions", delay_ms=2000)
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(http.create_link)
        while http.browser.get("/_emulate/hooks").json()[0]["hits"] == 0:
            time.sleep(0.01)
        http.send_code()
        assert not slow.done()
        assert slow.result().status_code == 201


def test_faults_leave_the_mailbox_and_the_controls_alone(http: BareHttp) -> None:
    http.add_fault("*", "*", status=500)
    assert http.browser.get("/").status_code == 200
    assert http.mails() == []
    assert http.browser.delete("/_emulate/hooks").status_code == 204
    assert http.create_link().status_code == 201


def test_a_new_fault_is_answered_with_what_was_stored(http: BareHttp) -> None:
    response = http.add_fault("post", "/sso/token", status=500, count=1)
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
def test_a_malformed_fault_is_told_what_is_wrong(
    http: BareHttp, fields: dict[str, object], complaint: str
) -> None:
    body = {"method": "*", "path": "*", "status": 500, **fields}
    response = http.browser.post("/_emulate/hooks", json=body)
    assert response.status_code == 400
    assert complaint in response.json()["message"]


@pytest.mark.parametrize("body", [b"", b"nonsense", b"[]"])
def test_a_fault_that_is_no_object_is_refused(http: BareHttp, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    response = http.browser.post("/_emulate/hooks", content=body, headers=headers)
    assert response.status_code == 400
    assert "JSON object" in response.json()["message"]

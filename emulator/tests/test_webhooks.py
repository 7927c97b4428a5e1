"""Events, as an application's endpoint and the SDK's verifier meet them."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from queue import Queue
from typing import Any

import httpx2
import jwt
import pytest
import time_machine
from workos import BadRequestError, NotFoundError, WorkOSClient
from workos.common.models import SessionRevoked, UserDeleted, UserUpdated
from workos.webhooks import Webhooks

from bare_http import BASE_URL, CALLBACK, PATIENCE, BareHttp
from workos_emulator import create_app
from workos_emulator.__main__ import parse
from workos_emulator.pytest_plugin import WorkOSEmulator

URL = "http://localhost:5000/webhooks/workos"
SECRET = "whsec_test"
NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)
SIGNATURE = "WorkOS-Signature"


@dataclass
class Receiver:
    """An application's endpoint: what reached it, and what it answers."""

    status: int = 200
    received: list[tuple[str, bytes, dict[str, str]]] = field(default_factory=list)
    during: Callable[[], object] = lambda: None
    # How nearly every story here begins.
    unheard: tuple[str, ...] = (
        "user.created",
        "magic_auth.created",
        "authentication.magic_auth_succeeded",
        "session.created",
    )

    def deliver(self, url: str, body: bytes, headers: dict[str, str]) -> int:
        if json.loads(body)["event"] in self.unheard:
            return self.status
        self.received.append((url, body, headers))
        self.during()
        return self.status

    def events(self) -> list[str]:
        return [json.loads(body)["event"] for _, body, _ in self.received]


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
def workos_emulator_settings(receiver: Receiver) -> dict[str, Any]:
    """Settings with an endpoint that is this test's own."""
    return {
        "redirect_uris": [CALLBACK],
        "base_url": BASE_URL,
        "webhook_url": URL,
        "webhook_secret": SECRET,
        "deliver": receiver.deliver,
    }


def verified(
    workos: WorkOSClient, body: bytes, headers: dict[str, str], secret: str = SECRET
) -> Any:
    """The event as the SDK reads it, or its ValueError."""
    webhooks: Webhooks = workos.webhooks
    return webhooks.verify_event(event_body=body, event_signature=headers[SIGNATURE], secret=secret)


def sid(reply: dict[str, Any]) -> str:
    claims = jwt.decode(reply["access_token"], options={"verify_signature": False})
    return str(claims["sid"])


def send(http: BareHttp, **fields: object) -> dict[str, Any]:
    response = http.browser.post("/_emulate/webhooks", json=fields)
    assert response.status_code == 201
    return dict(response.json())


def deliveries(http: BareHttp) -> list[dict[str, Any]]:
    return list(http.browser.get("/_emulate/webhooks").json())


def test_a_revoked_session_is_told_of_once(
    workos: WorkOSClient, http: BareHttp, receiver: Receiver
) -> None:
    reply = http.sign_in()
    workos.user_management.revoke_session(session_id=sid(reply))
    workos.user_management.revoke_session(session_id=sid(reply))

    [(url, body, headers)] = receiver.received
    assert url == URL
    assert headers["Content-Type"] == "application/json"
    event = verified(workos, body, headers)
    assert isinstance(event, SessionRevoked)
    assert event.id.startswith("event_")
    assert event.data.id == sid(reply)
    assert event.data.user_id == reply["user"]["id"]
    assert event.data.status == "revoked"
    assert set(json.loads(body)) == {"id", "event", "data", "created_at"}


def test_a_logout_is_told_of(workos: WorkOSClient, http: BareHttp, receiver: Receiver) -> None:
    reply = http.sign_in()
    url = workos.user_management.get_logout_url(session_id=sid(reply))
    http.browser.head(url)
    assert receiver.received == []

    for _ in range(2):
        assert http.browser.get(url).status_code == 302
    http.browser.get("/user_management/sessions/logout", params={"session_id": "session_none"})
    [(_, body, headers)] = receiver.received
    assert verified(workos, body, headers).data.id == sid(reply)


def test_a_new_user_is_told_of_once_however_they_come(
    workos: WorkOSClient, http: BareHttp, receiver: Receiver
) -> None:
    receiver.unheard = tuple({*receiver.unheard} - {"user.created"})
    http.sign_in()
    http.sign_in()
    made = workos.user_management.create_user(email="bob@example.com", first_name="Bob")

    assert receiver.events() == ["user.created", "user.created"]
    _, body, headers = receiver.received[1]
    told = verified(workos, body, headers)
    assert (told.data.id, told.data.first_name) == (made.id, "Bob")


def test_a_receiver_may_ask_workos_before_it_answers(http: BareHttp, receiver: Receiver) -> None:
    """From a thread of its own, as an application does: nobody else is kept waiting."""
    receiver.unheard = ()
    asked: Queue[int] = Queue()

    def ask() -> None:
        thread = threading.Thread(
            target=lambda: asked.put(http.api.get("/user_management/users").status_code)
        )
        thread.start()
        thread.join(PATIENCE)

    receiver.during = ask
    http.send_code()
    assert asked.get_nowait() == 200


def test_an_updated_user_is_told_of(
    workos: WorkOSClient, http: BareHttp, receiver: Receiver
) -> None:
    user_id = http.sign_in()["user"]["id"]
    workos.user_management.update_user(user_id, first_name="Ada", last_name="Byron")
    updated = workos.user_management.update_user(user_id, last_name="Lovelace")

    assert updated.name == "Ada Lovelace"
    assert updated.email == "ada@example.com"
    assert workos.user_management.get_user(user_id) == updated
    assert receiver.events() == ["user.updated"] * 2
    event = verified(workos, *receiver.received[-1][1:])
    assert isinstance(event, UserUpdated)
    assert event.data == updated


def test_a_new_address_is_the_same_person(workos: WorkOSClient, http: BareHttp) -> None:
    reply = http.sign_in()
    user_id = reply["user"]["id"]
    updated = workos.user_management.update_user(user_id, email="countess@example.com")

    assert (updated.id, updated.email_verified) == (user_id, False)
    assert http.refresh(reply["refresh_token"]).json()["user"]["email"] == "countess@example.com"
    assert http.sign_in("countess@example.com")["user"]["id"] == user_id
    # The old address is free, for somebody else.
    assert http.sign_in("ada@example.com")["user"]["id"] != user_id


def test_a_code_to_the_old_address_does_not_prove_the_new_one(
    workos: WorkOSClient, http: BareHttp
) -> None:
    user_id = http.sign_in()["user"]["id"]
    code = http.send_code()
    workos.user_management.update_user(user_id, email="countess@example.com")
    for email in ("ada@example.com", "countess@example.com"):
        assert http.redeem(code, email).json()["code"] == "invalid_one_time_code"


def test_an_address_can_be_spelt_differently_but_not_taken_from_another(
    workos: WorkOSClient, http: BareHttp, receiver: Receiver
) -> None:
    user_id = http.sign_in()["user"]["id"]
    http.sign_in("bob@example.com")
    with pytest.raises(BadRequestError, match="not available"):
        workos.user_management.update_user(user_id, email="Bob@example.com")
    assert receiver.received == []
    assert workos.user_management.update_user(user_id, email="Ada@example.com").id == user_id


def test_a_wrong_field_of_a_user_is_named(http: BareHttp, receiver: Receiver) -> None:
    user_id = http.sign_in()["user"]["id"]
    body = {"email": "ada", "first_name": 7}
    response = http.api.put(f"/user_management/users/{user_id}", json=body)
    assert response.status_code == 422
    assert [error["field"] for error in response.json()["errors"]] == ["email", "first_name"]
    assert receiver.received == []


def test_a_deleted_user_is_told_of_and_gone(
    workos: WorkOSClient, http: BareHttp, receiver: Receiver
) -> None:
    reply, unused_code = http.sign_in(), http.send_code()
    user_id = reply["user"]["id"]
    bystander = http.sign_in("bob@example.com")
    workos.user_management.delete_user(user_id)

    [(_, body, headers)] = receiver.received
    event = verified(workos, body, headers)
    assert isinstance(event, UserDeleted)
    assert (event.data.id, event.data.email) == (user_id, "ada@example.com")
    assert http.refresh(reply["refresh_token"]).json()["error"] == "invalid_grant"
    assert http.redeem(unused_code).json()["code"] == "invalid_one_time_code"
    assert http.refresh(bystander["refresh_token"]).status_code == 200
    for gone in (workos.user_management.get_user, workos.user_management.delete_user):
        with pytest.raises(NotFoundError):
            gone(user_id)
    assert http.sign_in()["user"]["id"] != user_id


def test_the_receiver_may_ask_while_it_is_told(
    workos: WorkOSClient, http: BareHttp, receiver: Receiver
) -> None:
    """From a thread of its own, which the emulator's lock would keep waiting."""
    reply, answers = http.sign_in(), Queue[int]()

    def ask() -> None:
        answers.put(http.refresh(reply["refresh_token"]).status_code)

    def ask_in_a_thread() -> None:
        thread = threading.Thread(target=ask, daemon=True)
        thread.start()
        thread.join(5)

    receiver.during = ask_in_a_thread
    workos.user_management.revoke_session(session_id=sid(reply))
    assert answers.get_nowait() == 400


def test_any_event_can_be_sent(workos: WorkOSClient, http: BareHttp, receiver: Receiver) -> None:
    receiver.status = 418
    sent = send(http, event="organization_membership.deleted", data={"id": "om_1"}, id="event_1")
    assert sent == {"id": "event_1", "status": 418}

    [(_, body, headers)] = receiver.received
    workos.webhooks.verify_header(
        event_body=body, event_signature=headers[SIGNATURE], secret=SECRET
    )
    assert json.loads(body)["data"] == {"id": "om_1"}
    assert json.loads(body)["id"] == "event_1"


def test_letters_are_signed_as_they_are_sent(
    workos: WorkOSClient, http: BareHttp, receiver: Receiver
) -> None:
    content = '{"event": "user.noted", "data": {"name": "Zoë", "half": "\\ud800"}}'.encode()
    headers = {"Content-Type": "application/json"}
    http.browser.post("/_emulate/webhooks", content=content, headers=headers)
    [(_, body, headers)] = receiver.received
    assert "Zoë".encode() in body
    assert json.loads(body)["data"]["half"] == "\ud800"
    assert verified(workos, body, headers)


@pytest.mark.parametrize("minutes", [-4, 4])
def test_an_event_can_be_of_another_time(
    workos: WorkOSClient, http: BareHttp, receiver: Receiver, minutes: int
) -> None:
    moment = int((NOON + timedelta(minutes=minutes)).timestamp() * 1000)
    with time_machine.travel(NOON, tick=False):
        send(http, event="user.deleted", data={}, timestamp_ms=moment)
        [(_, body, headers)] = receiver.received
        assert headers[SIGNATURE].startswith(f"t={moment}, v1=")
        with pytest.raises(ValueError, match="tolerance"):
            verified(workos, body, headers)


def test_a_signature_can_be_anything(http: BareHttp, receiver: Receiver) -> None:
    send(http, event="user.deleted", data={}, signature="no signature at all")
    assert receiver.received[0][2][SIGNATURE] == "no signature at all"


def test_another_secret_does_not_verify(
    workos: WorkOSClient, http: BareHttp, receiver: Receiver
) -> None:
    send(http, event="user.deleted", data={})
    with pytest.raises(ValueError, match="Signature hash does not match"):
        verified(workos, *receiver.received[0][1:], secret="whsec_other")


def test_deliveries_are_listed_newest_first_until_they_are_cleared(
    workos: WorkOSClient, http: BareHttp, receiver: Receiver
) -> None:
    workos.user_management.revoke_session(session_id=sid(http.sign_in()))
    receiver.status = 500
    sent = send(http, event="user.noted", data={})

    listed = deliveries(http)
    assert listed[0] == {"id": sent["id"], "event": "user.noted", "status": 500}
    assert [(one["event"], one["status"]) for one in listed[1:]] == [
        ("session.revoked", 200),
        ("session.created", 200),
        ("authentication.magic_auth_succeeded", 200),
        ("magic_auth.created", 200),
        ("user.created", 200),
    ]
    assert http.browser.delete("/_emulate/webhooks").status_code == 204
    assert deliveries(http) == []


def test_reset_forgets_deliveries(http: BareHttp) -> None:
    send(http, event="user.noted", data={})
    http.browser.post("/_emulate/reset")
    assert deliveries(http) == []


def test_a_receiver_that_fails_to_answer_fails_nobody_else(
    workos: WorkOSClient, http: BareHttp, receiver: Receiver
) -> None:
    def time_out() -> None:
        raise httpx2.ReadTimeout("too slow")

    receiver.during = time_out
    workos.user_management.revoke_session(session_id=sid(http.sign_in()))
    assert send(http, event="user.noted", data={})["status"] is None
    assert [one["status"] for one in deliveries(http)[:3]] == [None, None, 200]


def test_without_an_address_nothing_is_sent(receiver: Receiver) -> None:
    client = create_app(deliver=receiver.deliver).test_client()
    response = client.post("/_emulate/webhooks", json={"event": "user.noted", "data": {}})
    assert response.status_code == 201
    assert response.get_json()["status"] is None
    assert receiver.received == []


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"event": None}, "event must be a string"),
        ({"event": ""}, "event must be a string"),
        ({"data": None}, "data must be a JSON object"),
        ({"data": []}, "data must be a JSON object"),
        ({"id": 7}, "id must be a string"),
        ({"timestamp_ms": "7"}, "timestamp_ms must be an integer"),
        ({"timestamp_ms": -1}, "timestamp_ms must be an integer"),
        ({"timestamp_ms": True}, "timestamp_ms must be an integer"),
        ({"signature": 7}, "signature must be a string"),
        ({"signature": "a\r\nb: c"}, "signature must be printable ASCII"),
        ({"date": {}}, "An event has no date"),
    ],
)
def test_a_malformed_event_is_told_what_is_wrong(
    http: BareHttp, receiver: Receiver, fields: dict[str, object], complaint: str
) -> None:
    body = {"event": "user.noted", "data": {}, **fields}
    response = http.browser.post("/_emulate/webhooks", json=body)
    assert response.status_code == 400
    assert complaint in response.json()["message"]
    assert receiver.received == []
    assert deliveries(http) == []


@pytest.mark.parametrize("body", [b"", b"nonsense", b"[]"])
def test_an_event_that_is_no_object_is_refused(http: BareHttp, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    response = http.browser.post("/_emulate/webhooks", content=body, headers=headers)
    assert response.status_code == 400
    assert "An event is a JSON object" in response.json()["message"]


@pytest.fixture
def listening() -> Iterator[tuple[str, Queue[tuple[str, bytes, dict[str, str]]]]]:
    """An endpoint on a real socket, and the requests that reach it."""
    arrived = Queue[tuple[str, bytes, dict[str, str]]]()

    class Endpoint(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            arrived.put((self.path, body, dict(self.headers)))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Endpoint) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/webhooks/workos", arrived
        server.shutdown()
        thread.join()


def test_events_travel_over_a_socket(
    listening: tuple[str, Queue[tuple[str, bytes, dict[str, str]]]],
) -> None:
    url, arrived = listening
    with WorkOSEmulator(webhook_url=url) as emulator:
        workos = emulator.client()
        sent = workos.user_management.create_magic_auth(email="ada@example.com")
        workos.user_management.delete_user(sent.user_id)
        # Each request tells of what it did by itself, so they may arrive in any order.
        told: dict[str, str] = {}
        while not {"user.created", "user.deleted"} <= set(told):
            path, body, headers = arrived.get(timeout=PATIENCE)
            assert path == "/webhooks/workos"
            event = verified(workos, body, headers, "whsec_emulator")
            told[event.event] = event.data.id
        assert told["user.created"] == told["user.deleted"] == sent.user_id

        noted = {"event": "user.noted", "data": {}}
        response = emulator.app.test_client().post("/_emulate/webhooks", json=noted)
        assert response.get_json()["status"] == 204


def test_nobody_listening_is_no_answer() -> None:
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        port = server.server_port
    client = create_app(webhook_url=f"http://127.0.0.1:{port}/").test_client()
    response = client.post("/_emulate/webhooks", json={"event": "user.noted", "data": {}})
    assert response.get_json()["status"] is None


@pytest.mark.server
def test_the_command_line_takes_the_address_and_the_environment_the_secret(
    workos: WorkOSClient,
    listening: tuple[str, Queue[tuple[str, bytes, dict[str, str]]]],
    environ: dict[str, str],
) -> None:
    url, arrived = listening
    command = [sys.executable, "-m", "workos_emulator", "--port", "0", "--webhook-url", url]
    environment = {**environ, "WORKOS_WEBHOOK_SECRET": SECRET}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout
        address = process.stdout.readline().split()[-1].replace("localhost", "127.0.0.1")
        event = {"event": "user.noted", "data": {}}
        response = httpx2.post(f"{address}_emulate/webhooks", json=event, timeout=PATIENCE)
        process.kill()
    assert response.json()["status"] == 204
    assert verified(workos, *arrived.get(timeout=PATIENCE)[1:])


@pytest.mark.parametrize("url", ["localhost:5000/webhooks", "ftp://localhost/", "https://"])
def test_the_command_line_refuses_what_is_no_address(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        parse(["--webhook-url", url])
    assert "is no http or https address" in capsys.readouterr().err

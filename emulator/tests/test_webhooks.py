"""Events, as an application's endpoint and the SDK's verifier meet them."""

import json
import os
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
from flask import Flask
from workos import BadRequestError, NotFoundError, WorkOSClient
from workos.common.models import SessionRevoked, UserDeleted, UserUpdated
from workos.webhooks import Webhooks

from emulator import create_app
from emulator.__main__ import parse
from tests.emulator.conftest import BASE_URL, CALLBACK, Wire

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

    def deliver(self, url: str, body: bytes, headers: dict[str, str]) -> int:
        self.received.append((url, body, headers))
        self.during()
        return self.status

    def events(self) -> list[str]:
        return [json.loads(body)["event"] for _, body, _ in self.received]


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
def emulator(receiver: Receiver) -> Flask:
    return create_app(
        redirect_uris=[CALLBACK],
        webhook_url=URL,
        webhook_secret=SECRET,
        deliver=receiver.deliver,
    )


def verified(
    workos: WorkOSClient, body: bytes, headers: dict[str, str], secret: str = SECRET
) -> Any:
    """The event as the SDK reads it, or its ValueError."""
    webhooks: Webhooks = workos.webhooks
    return webhooks.verify_event(event_body=body, event_signature=headers[SIGNATURE], secret=secret)


def sid(reply: dict[str, Any]) -> str:
    claims = jwt.decode(reply["access_token"], options={"verify_signature": False})
    return str(claims["sid"])


def send(wire: Wire, **wish: object) -> dict[str, Any]:
    response = wire.browser.post("/_emulate/webhooks", json=wish)
    assert response.status_code == 201
    return dict(response.json())


def deliveries(wire: Wire) -> list[dict[str, Any]]:
    return list(wire.browser.get("/_emulate/webhooks").json())


def test_a_revoked_session_is_told_of_once(
    workos: WorkOSClient, wire: Wire, receiver: Receiver
) -> None:
    reply = wire.sign_in()
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


def test_a_logout_is_told_of(workos: WorkOSClient, wire: Wire, receiver: Receiver) -> None:
    reply = wire.sign_in()
    url = workos.user_management.get_logout_url(session_id=sid(reply))
    wire.browser.head(url)
    assert receiver.received == []

    for _ in range(2):
        assert wire.browser.get(url).status_code == 302
    wire.browser.get("/user_management/sessions/logout", params={"session_id": "session_none"})
    [(_, body, headers)] = receiver.received
    assert verified(workos, body, headers).data.id == sid(reply)


def test_an_updated_user_is_told_of(workos: WorkOSClient, wire: Wire, receiver: Receiver) -> None:
    user_id = wire.sign_in()["user"]["id"]
    workos.user_management.update_user(user_id, first_name="Ada", last_name="Byron")
    updated = workos.user_management.update_user(user_id, last_name="Lovelace")

    assert updated.name == "Ada Lovelace"
    assert updated.email == "ada@example.com"
    assert workos.user_management.get_user(user_id) == updated
    assert receiver.events() == ["user.updated"] * 2
    event = verified(workos, *receiver.received[-1][1:])
    assert isinstance(event, UserUpdated)
    assert event.data == updated


def test_a_new_address_is_the_same_person(workos: WorkOSClient, wire: Wire) -> None:
    reply = wire.sign_in()
    user_id = reply["user"]["id"]
    updated = workos.user_management.update_user(user_id, email="countess@example.com")

    assert (updated.id, updated.email_verified) == (user_id, False)
    assert wire.refresh(reply["refresh_token"]).json()["user"]["email"] == "countess@example.com"
    assert wire.sign_in("countess@example.com")["user"]["id"] == user_id
    # The old address is free, for somebody else.
    assert wire.sign_in("ada@example.com")["user"]["id"] != user_id


def test_a_code_to_the_old_address_does_not_prove_the_new_one(
    workos: WorkOSClient, wire: Wire
) -> None:
    user_id = wire.sign_in()["user"]["id"]
    code = wire.send_code()
    workos.user_management.update_user(user_id, email="countess@example.com")
    for email in ("ada@example.com", "countess@example.com"):
        assert wire.redeem(code, email).json()["code"] == "invalid_one_time_code"


def test_an_address_can_be_spelt_anew_but_not_taken_from_another(
    workos: WorkOSClient, wire: Wire, receiver: Receiver
) -> None:
    user_id = wire.sign_in()["user"]["id"]
    wire.sign_in("bob@example.com")
    with pytest.raises(BadRequestError, match="not available"):
        workos.user_management.update_user(user_id, email="Bob@example.com")
    assert receiver.received == []
    assert workos.user_management.update_user(user_id, email="Ada@example.com").id == user_id


def test_a_wrong_field_of_a_user_is_named(wire: Wire, receiver: Receiver) -> None:
    user_id = wire.sign_in()["user"]["id"]
    body = {"email": "ada", "first_name": 7}
    response = wire.api.put(f"/user_management/users/{user_id}", json=body)
    assert response.status_code == 422
    assert [error["field"] for error in response.json()["errors"]] == ["email", "first_name"]
    assert receiver.received == []


def test_a_deleted_user_is_told_of_and_gone(
    workos: WorkOSClient, wire: Wire, receiver: Receiver
) -> None:
    reply, unused_code = wire.sign_in(), wire.send_code()
    user_id = reply["user"]["id"]
    bystander = wire.sign_in("bob@example.com")
    workos.user_management.delete_user(user_id)

    [(_, body, headers)] = receiver.received
    event = verified(workos, body, headers)
    assert isinstance(event, UserDeleted)
    assert (event.data.id, event.data.email) == (user_id, "ada@example.com")
    assert wire.refresh(reply["refresh_token"]).json()["error"] == "invalid_grant"
    assert wire.redeem(unused_code).json()["code"] == "invalid_one_time_code"
    assert wire.refresh(bystander["refresh_token"]).status_code == 200
    for gone in (workos.user_management.get_user, workos.user_management.delete_user):
        with pytest.raises(NotFoundError):
            gone(user_id)
    assert wire.sign_in()["user"]["id"] != user_id


def test_the_receiver_may_ask_while_it_is_told(
    workos: WorkOSClient, wire: Wire, receiver: Receiver
) -> None:
    """From a thread of its own, which the emulator's lock would keep waiting."""
    reply, answers = wire.sign_in(), Queue[int]()

    def ask() -> None:
        answers.put(wire.refresh(reply["refresh_token"]).status_code)

    def ask_in_a_thread() -> None:
        thread = threading.Thread(target=ask, daemon=True)
        thread.start()
        thread.join(5)

    receiver.during = ask_in_a_thread
    workos.user_management.revoke_session(session_id=sid(reply))
    assert answers.get_nowait() == 400


def test_any_event_can_be_sent(workos: WorkOSClient, wire: Wire, receiver: Receiver) -> None:
    receiver.status = 418
    sent = send(wire, event="organization_membership.deleted", data={"id": "om_1"}, id="event_1")
    assert sent == {"id": "event_1", "status": 418}

    [(_, body, headers)] = receiver.received
    workos.webhooks.verify_header(
        event_body=body, event_signature=headers[SIGNATURE], secret=SECRET
    )
    assert json.loads(body)["data"] == {"id": "om_1"}
    assert json.loads(body)["id"] == "event_1"


def test_letters_are_signed_as_they_are_sent(
    workos: WorkOSClient, wire: Wire, receiver: Receiver
) -> None:
    content = '{"event": "user.noted", "data": {"name": "Zoë", "half": "\\ud800"}}'.encode()
    headers = {"Content-Type": "application/json"}
    wire.browser.post("/_emulate/webhooks", content=content, headers=headers)
    [(_, body, headers)] = receiver.received
    assert "Zoë".encode() in body
    assert json.loads(body)["data"]["half"] == "\ud800"
    assert verified(workos, body, headers)


@pytest.mark.parametrize("minutes", [-4, 4])
def test_an_event_can_be_of_another_time(
    workos: WorkOSClient, wire: Wire, receiver: Receiver, minutes: int
) -> None:
    moment = int((NOON + timedelta(minutes=minutes)).timestamp() * 1000)
    with time_machine.travel(NOON, tick=False):
        send(wire, event="user.deleted", data={}, timestamp_ms=moment)
        [(_, body, headers)] = receiver.received
        assert headers[SIGNATURE].startswith(f"t={moment}, v1=")
        with pytest.raises(ValueError, match="tolerance"):
            verified(workos, body, headers)


def test_a_signature_can_be_anything(wire: Wire, receiver: Receiver) -> None:
    send(wire, event="user.deleted", data={}, signature="no signature at all")
    assert receiver.received[0][2][SIGNATURE] == "no signature at all"


def test_another_secret_does_not_verify(
    workos: WorkOSClient, wire: Wire, receiver: Receiver
) -> None:
    send(wire, event="user.deleted", data={})
    with pytest.raises(ValueError, match="Signature hash does not match"):
        verified(workos, *receiver.received[0][1:], secret="whsec_other")


def test_deliveries_are_listed_newest_first_until_they_are_cleared(
    workos: WorkOSClient, wire: Wire, receiver: Receiver
) -> None:
    workos.user_management.revoke_session(session_id=sid(wire.sign_in()))
    receiver.status = 500
    sent = send(wire, event="user.noted", data={})

    listed = deliveries(wire)
    assert listed[0] == {"id": sent["id"], "event": "user.noted", "status": 500}
    assert [(one["event"], one["status"]) for one in listed[1:]] == [("session.revoked", 200)]
    assert wire.browser.delete("/_emulate/webhooks").status_code == 204
    assert deliveries(wire) == []


def test_reset_forgets_deliveries(wire: Wire) -> None:
    send(wire, event="user.noted", data={})
    wire.browser.post("/_emulate/reset")
    assert deliveries(wire) == []


def test_a_receiver_that_fails_to_answer_fails_nobody_else(
    workos: WorkOSClient, wire: Wire, receiver: Receiver
) -> None:
    def time_out() -> None:
        raise httpx2.ReadTimeout("too slow")

    receiver.during = time_out
    workos.user_management.revoke_session(session_id=sid(wire.sign_in()))
    assert send(wire, event="user.noted", data={})["status"] is None
    assert [one["status"] for one in deliveries(wire)] == [None, None]


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
    wire: Wire, receiver: Receiver, fields: dict[str, object], complaint: str
) -> None:
    wish = {"event": "user.noted", "data": {}, **fields}
    response = wire.browser.post("/_emulate/webhooks", json=wish)
    assert response.status_code == 400
    assert complaint in response.json()["message"]
    assert receiver.received == []
    assert deliveries(wire) == []


@pytest.mark.parametrize("body", [b"", b"nonsense", b"[]"])
def test_an_event_that_is_no_object_is_refused(wire: Wire, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    response = wire.browser.post("/_emulate/webhooks", content=body, headers=headers)
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
    app = create_app(base_url=BASE_URL, webhook_url=url)
    with httpx2.Client(transport=httpx2.WSGITransport(app=app)) as http_client:
        workos = WorkOSClient(
            api_key="sk_test_emulator",
            client_id="client_emulator",
            base_url=BASE_URL,
            max_retries=0,
            http_client=http_client,
        )
        sent = workos.user_management.create_magic_auth(email="ada@example.com")
        workos.user_management.delete_user(sent.user_id)
        path, body, headers = arrived.get(timeout=10)
        assert path == "/webhooks/workos"
        assert verified(workos, body, headers, "whsec_emulator").data.id == sent.user_id

        wish = {"event": "user.noted", "data": {}}
        response = http_client.post(f"{BASE_URL}/_emulate/webhooks", json=wish)
        assert response.json()["status"] == 204


def test_nobody_listening_is_no_answer() -> None:
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        port = server.server_port
    client = create_app(webhook_url=f"http://127.0.0.1:{port}/").test_client()
    response = client.post("/_emulate/webhooks", json={"event": "user.noted", "data": {}})
    assert response.get_json()["status"] is None


def test_the_command_line_takes_the_address_and_the_environment_the_secret(
    workos: WorkOSClient, listening: tuple[str, Queue[tuple[str, bytes, dict[str, str]]]]
) -> None:
    url, arrived = listening
    command = [sys.executable, "-m", "emulator", "--port", "0", "--webhook-url", url]
    environment = {**os.environ, "WORKOS_WEBHOOK_SECRET": SECRET}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout
        address = process.stdout.readline().split()[-1].replace("localhost", "127.0.0.1")
        wish = {"event": "user.noted", "data": {}}
        response = httpx2.post(f"{address}_emulate/webhooks", json=wish)
        process.kill()
    assert response.json()["status"] == 204
    assert verified(workos, *arrived.get(timeout=10)[1:])


@pytest.mark.parametrize("url", ["localhost:5000/webhooks", "ftp://localhost/", "https://"])
def test_the_command_line_refuses_what_is_no_address(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        parse(["--webhook-url", url])
    assert "is no http or https address" in capsys.readouterr().err

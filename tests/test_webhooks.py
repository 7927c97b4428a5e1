"""What WorkOS tells us, and what only pretends to be WorkOS."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask
from werkzeug.test import TestResponse

from app import create_app
from app.config import Config
from app.guards import organization_required
from app.session.store import StoreUnavailable, session_store
from app.stores.database import Database, SQLiteStorage
from app.stores.sqlite_sessions import SQLiteSessionStore
from app.webhooks import HANDLERS, TOLERANCE
from tests.auth.asked import set_at_workos
from tests.walk import ADA, Visitor, heading

SECRET = "whsec_3zZ7q"
NOON = "2026-05-01T12:00:00Z"


@pytest.fixture
def config(make_config: Any) -> Any:
    return make_config(workos_webhook_secret=SECRET)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as coordinates:
        yield coordinates


def send(
    visitor: Visitor,
    name: str,
    data: Any,
    *,
    event_id: str = "event_1",
    age: float = 0,
    secret: str = SECRET,
) -> TestResponse:
    """Sends an event as WorkOS signs it."""
    body = json.dumps({"id": event_id, "event": name, "data": data}).encode()
    return send_raw(visitor, body, sign(body, age=age, secret=secret))


def sign(body: bytes, *, age: float = 0, secret: str = SECRET) -> str:
    issued = int((time.time() - age) * 1000)
    digest = hmac.new(secret.encode(), f"{issued}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={issued}, v1={digest}"


def send_raw(visitor: Visitor, body: bytes, signature: str | None) -> TestResponse:
    headers = {"WorkOS-Signature": signature} if signature is not None else {}
    return visitor.client.post(
        "/webhooks/workos", data=body, content_type="application/json", headers=headers
    )


def the_team() -> str:
    return "The team"


def user_id(visitor: Visitor) -> str:
    return str(visitor.api_session().json["user"]["id"])


def workos_session_id(visitor: Visitor) -> str:
    with visitor.app.app_context():
        [record] = session_store().of_user(user_id(visitor)).values()
    assert record.workos_session
    return record.workos_session.id


def test_a_revoked_session_ends_at_once_and_the_others_live_on(
    visitor: Visitor, another_visitor: Visitor
) -> None:
    """SES-18."""
    visitor.sign_in_by_code()
    sid = workos_session_id(visitor)
    another_visitor.sign_in_by_code()

    sent = send(visitor, "session.revoked", {"id": sid, "user_id": user_id(visitor)})

    assert sent.json == {"status": "done"}
    assert not visitor.is_signed_in()
    assert another_visitor.is_signed_in()


def test_a_deleted_user_is_signed_out_everywhere(
    visitor: Visitor, another_visitor: Visitor
) -> None:
    """SES-18."""
    visitor.sign_in_by_code()
    another_visitor.sign_in_by_link()

    send(visitor, "user.deleted", {"id": user_id(visitor)})

    assert not visitor.is_signed_in()
    assert not another_visitor.is_signed_in()


def test_a_changed_name_and_address_show_on_the_next_request(visitor: Visitor) -> None:
    visitor.sign_in_by_code()
    data = {"id": user_id(visitor), "email": "ada@new.example", "first_name": "Ada"}

    send(visitor, "user.updated", data)

    page = visitor.get("/account").text
    assert "ada@new.example" in page
    assert "<strong>Ada</strong>" in page
    assert ADA not in page


def test_a_changed_membership_refreshes_on_the_next_request(visitor: Visitor, clock: Any) -> None:
    visitor.sign_in_by_code()
    before = len(visitor.api_calls())

    send(visitor, "organization_membership.updated", {"user_id": user_id(visitor)})
    visitor.get("/account")
    visitor.get("/account")

    assert len(visitor.api_calls()) == before + 1


def test_a_lost_membership_ends_the_session_on_the_next_request(visitor: Visitor) -> None:
    """SES-18."""
    visitor.sign_in_by_code()
    fault = {
        "method": "POST",
        "path": "/user_management/authenticate",
        "status": 400,
        "body": {"error": "organization_membership_not_found"},
    }
    visitor.emulator.test_client().post("/_emulate/hooks", json=fault)
    assert visitor.is_signed_in()

    send(visitor, "organization_membership.deleted", {"user_id": user_id(visitor)})

    assert visitor.get("/account").status_code == 401
    assert not visitor.is_signed_in()


def test_everybody_leaves_a_deleted_organization_with_their_next_request(
    visitor: Visitor, another_visitor: Visitor
) -> None:
    """AUT-29: is told so, once, and WorkOS is not asked; nobody else leaves theirs."""
    visitor.app.add_url_rule("/team", view_func=organization_required(the_team))
    acme, babbage = ({"id": f"org_{name}", "name": name} for name in ("acme", "babbage"))
    set_at_workos(visitor, "organizations", email=ADA, organizations=[acme])
    set_at_workos(visitor, "organizations", email="bob@example.com", organizations=[babbage])
    phone = Visitor(visitor.app, visitor.emulator)
    for browser, email in ((visitor, ADA), (phone, ADA), (another_visitor, "bob@example.com")):
        browser.sign_in_by_code(email)
        assert browser.get("/team").text == "The team"
    set_at_workos(visitor, "organizations", email=ADA, organizations=[])
    calls = len(visitor.api_calls())

    send(visitor, "organization.deleted", {"id": "org_acme"})

    for browser in (visitor, phone):
        page = browser.get("/team")
        assert (page.status_code, heading(page)) == (403, "You are no longer in this organization")
        assert len(visitor.api_calls()) == calls
    assert visitor.get("/account").status_code == 200
    answer: Any = visitor.get("/team", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json["error"]) == (403, "organization_missing")
    assert another_visitor.get("/team").text == "The team"


@pytest.mark.parametrize("name", ["connection.deactivated", "connection.deleted"])
def test_a_connection_that_is_lost_is_logged_and_ends_no_session(
    visitor: Visitor, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    visitor.sign_in_by_code()

    send(visitor, name, {"id": "conn_1", "organization_id": "org_acme"})

    [told] = [one for one in caplog.records if one.getMessage() == "authn_connection_lost"]
    assert told.levelno == logging.WARNING
    assert vars(told)["details"] == {"connection": "conn_1", "organization": "org_acme"}
    assert visitor.is_signed_in()


class Losing(SQLiteSessionStore):
    """A store that answers, and at times takes nothing away: a replica, or a full disk."""

    is_lost = False

    def end(self, handle: str) -> None:
        if self.is_lost:
            raise StoreUnavailable
        super().end(handle)

    def release(self, name: str) -> None:
        if self.is_lost:
            raise StoreUnavailable
        super().release(name)


def test_what_the_store_could_not_take_is_taken_when_it_comes_again(
    config: Config, connect: Any, emulator: Flask, tmp_path: Path
) -> None:
    """SES-18: WorkOS sends it again after a 5xx."""
    database = Database(tmp_path / "losing.sqlite3")
    store = Losing(database)
    stores = store, SQLiteStorage(database)
    visitor = Visitor(create_app(config, workos=connect(config), stores=stores), emulator)
    visitor.sign_in_by_code()
    revoked = {"id": workos_session_id(visitor), "user_id": user_id(visitor)}
    store.is_lost = True
    assert send(visitor, "session.revoked", revoked).status_code == 503
    store.is_lost = False

    assert send(visitor, "session.revoked", revoked).json == {"status": "done"}
    assert not visitor.is_signed_in()


def test_a_replay_is_ignored(visitor: Visitor) -> None:
    """SEC-10: the same event again, even freshly signed."""
    visitor.sign_in_by_code()
    data = {"id": user_id(visitor), "email": "first@example.com"}
    send(visitor, "user.updated", data)
    send(visitor, "user.updated", {**data, "email": "second@example.com"}, event_id="event_2")

    assert send(visitor, "user.updated", data).json == {"status": "known"}
    assert "second@example.com" in visitor.get("/account").text


@pytest.mark.parametrize("age", [TOLERANCE + 1, -TOLERANCE - 1])
def test_an_event_out_of_time_is_refused(visitor: Visitor, clock: Any, age: float) -> None:
    """SEC-10."""
    assert send(visitor, "user.deleted", {"id": "user_1"}, age=age).status_code == 400


@pytest.mark.parametrize(
    "name", ["dsync.user.deleted", "organization.updated", "nonsense", "", "user.created"]
)
def test_other_events_are_accepted_and_ignored(visitor: Visitor, name: str) -> None:
    answer = send(visitor, name, {"id": "x"})

    assert (answer.status_code, answer.json) == (200, {"status": "ignored"})


@pytest.mark.parametrize("data", [None, [], "x", {}, {"id": 7}, {"user_id": {}}])
def test_a_signed_event_of_a_strange_shape_does_no_harm(visitor: Visitor, data: Any) -> None:
    visitor.sign_in_by_code()

    for number, name in enumerate(HANDLERS):
        assert send(visitor, name, data, event_id=f"event_{number}").status_code == 200
    assert visitor.is_signed_in()


BODY = b'{"id": "event_1", "event": "user.deleted", "data": {"id": "user_1"}}'
JUNK: dict[str, tuple[bytes, str | None]] = {
    "no signature": (BODY, None),
    "empty signature": (BODY, ""),
    "nonsense": (BODY, "nonsense"),
    "no hash": (BODY, "t=1"),
    "time is no number": (BODY, "t=x, v1=00"),
    "not ascii": (BODY, "t=1777636800000, v1=\N{LATIN SMALL LETTER E WITH ACUTE}"),
    "huge time": (BODY, f"t={'9' * 400}, v1=00"),
    "wrong hash": (BODY, f"t={int(time.time() * 1000)}, v1={'0' * 64}"),
}


@pytest.mark.parametrize("name", JUNK)
def test_junk_gets_a_400_without_detail(visitor: Visitor, name: str) -> None:
    """SEC-10."""
    answer = send_raw(visitor, *JUNK[name])

    body: Any = answer.json
    assert (answer.status_code, body["error"]) == (400, "webhook_refused")
    assert set(body) == {"error", "message", "hint", "request_id"}


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000])
def test_a_signed_body_that_is_no_event_gets_a_400(visitor: Visitor, body: bytes) -> None:
    assert send_raw(visitor, body, sign(body)).status_code == 400


def test_a_changed_body_is_refused(visitor: Visitor) -> None:
    """SEC-10."""
    visitor.sign_in_by_code()
    event = {"id": "event_1", "event": "user.deleted", "data": {"id": user_id(visitor)}}
    changed = json.dumps(event).encode()

    assert send_raw(visitor, changed, sign(BODY)).status_code == 400
    assert visitor.is_signed_in()


def test_another_secret_is_refused(visitor: Visitor) -> None:
    """SEC-10."""
    assert send(visitor, "user.deleted", {"id": "x"}, secret="whsec_other").status_code == 400


def test_without_a_secret_nothing_is_accepted(make_config: Any, visitor: Visitor) -> None:
    closed = Visitor(create_app(make_config()), visitor.emulator)

    for secret in ("", "None", SECRET):
        assert send(closed, "user.deleted", {"id": "x"}, secret=secret).status_code == 400


def test_a_webhook_larger_than_any_form_is_taken(visitor: Visitor) -> None:
    data = {"id": "user_1", "metadata": {"note": "x" * 50_000}}

    assert send(visitor, "user.updated", data).status_code == 200


@pytest.mark.parametrize("name", [["Ada"], {"first": "Ada"}, 7, True])
def test_a_name_of_a_strange_shape_is_no_name(visitor: Visitor, name: Any) -> None:
    """SEC-10: it was a 500, which WorkOS repeats for ever."""
    visitor.sign_in_by_code()
    data = {"id": user_id(visitor), "email": "ada@new.example", "first_name": name}

    assert send(visitor, "user.updated", data).status_code == 200
    assert visitor.api_session().json["user"]["name"] is None
    assert visitor.api_session().json["user"]["email"] == "ada@new.example"


def test_an_impersonation_is_logged_when_it_begins(
    visitor: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    """AUT-23: whether or not the browser comes here with it."""
    caplog.set_level(logging.INFO)
    impersonator = {"email": "support@example.com", "reason": "Ticket 7"}
    data = {"id": "session_1", "user_id": "user_1", "impersonator": impersonator}

    assert send(visitor, "session.created", data).status_code == 200
    assert send(visitor, "session.created", {"id": "x"}, event_id="event_2").status_code == 200

    [told] = [one for one in caplog.records if one.getMessage() == "authn_impersonation_begun"]
    assert vars(told)["details"] == {"user": "user_1", "impersonator": "s***@example.com"}

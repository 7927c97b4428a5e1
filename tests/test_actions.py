"""Whom the application lets in when WorkOS asks, and what only pretends to be WorkOS."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
import time_machine
from flask import Flask
from werkzeug.test import TestResponse
from workos import WorkOSClient
from workos.actions import Actions

import workos_emulator
from app import create_app
from app.actions import MAX_BODY, PATIENCE, Allow, Applicant, Deny
from app.config import Config
from app.web.log import JSONFormatter
from tests.walk import ADA, Visitor, heading
from workos_emulator.action import signature, stringified

URL = "http://localhost:5000/webhooks/actions"
SECRET = "act_3zZ7qKdWw"
USER = {"object": "user", "id": "user_1", "email": ADA}
SIGN_IN = {"object": "authentication_action_context", "id": "action_1", "user": USER}
REGISTRATION = {
    "object": "user_registration_action_context",
    "id": "action_2",
    "user_data": {"object": "user_data", "email": ADA, "first_name": None, "last_name": None},
}


@dataclass
class Hook:
    """What a fork decides with: a test says what, and sees whom it was asked about."""

    verdict: Callable[[], Any] = Allow
    asked: list[Applicant] = field(default_factory=list)

    def decide(self, applicant: Applicant) -> Any:
        self.asked.append(applicant)
        return self.verdict()


@pytest.fixture
def config(make_config: Any) -> Config:
    made: Config = make_config(workos_action_secret=SECRET)
    return made


@pytest.fixture
def hook() -> Hook:
    return Hook()


@pytest.fixture
def asked_at() -> list[Flask]:
    """The application that WorkOS asks; it is made after WorkOS."""
    return []


@pytest.fixture
def emulator(config: Config, asked_at: list[Flask]) -> Flask:
    """A WorkOS that asks before it lets anybody in."""

    def ask(url: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        answer = asked_at[0].test_client().post(url, data=body, headers=headers)
        return answer.status_code, answer.data

    return workos_emulator.create_app(
        redirect_uris=config.redirect_uris, action_url=URL, action_secret=SECRET, ask=ask
    )


@pytest.fixture
def app(config: Config, workos: WorkOSClient, hook: Hook, asked_at: list[Flask]) -> Flask:
    """The application of a fork that decides who may come in."""
    app = create_app(config, workos=workos, decide=hook.decide)
    asked_at.append(app)
    return app


def ask(visitor: Visitor, question: Any, *, age: float = 0, secret: str = SECRET) -> TestResponse:
    """Asks as WorkOS signs it."""
    body = stringified(question)
    moment = int((time.time() - age) * 1000)
    return ask_raw(visitor, body, f"t={moment}, v1={signature(secret, moment, body)}")


def ask_raw(visitor: Visitor, body: bytes, header: str | None) -> TestResponse:
    headers = {} if header is None else {"WorkOS-Signature": header}
    return visitor.client.post(
        "/webhooks/actions", data=body, content_type="application/json", headers=headers
    )


def logged(caplog: pytest.LogCaptureFixture) -> str:
    return "\n".join(map(JSONFormatter().format, caplog.records))


def assert_signed(answer: TestResponse) -> dict[str, Any]:
    """Holds the signature to the bytes as they came, and returns the payload."""
    assert answer.status_code == 200
    start = answer.text.index('"payload":') + len('"payload":')
    said = answer.text[start : answer.text.index(',"signature":')]
    payload: dict[str, Any] = json.loads(said)
    header = f"t={payload['timestamp']}, v1={answer.get_json()['signature']}"
    Actions().verify_header(payload=said, sig_header=header, secret=SECRET)
    # As WorkOS has it, which reads the answer and writes the payload again.
    assert said.encode() == stringified(payload)
    return payload


def test_a_fork_denies_somebody_who_reads_why(
    visitor: Visitor, hook: Hook, caplog: pytest.LogCaptureFixture
) -> None:
    """SEC-12, LOG-02."""
    hook.verdict = lambda: Deny("Fermé jusqu'à neuf heures <b>.")

    refused = visitor.sign_in_by_code()

    assert (refused.status_code, heading(refused)) == (403, "You cannot sign in now")
    assert "Fermé jusqu&#39;à neuf heures &lt;b&gt;." in refused.text
    assert not visitor.is_signed_in()
    log = logged(caplog)
    assert "authn_action_denied" in log
    assert "a***@example.com" in log
    assert ADA not in log
    assert "neuf heures" not in log


def test_the_hook_is_told_who_comes(visitor: Visitor, hook: Hook) -> None:
    """SEC-12."""
    visitor.sign_in_by_code()

    assert visitor.is_signed_in()
    registering, signing_in = hook.asked
    assert (registering.is_new, registering.email, registering.user_id) == (True, ADA, None)
    assert (signing_in.is_new, signing_in.email) == (False, ADA)
    assert signing_in.user_id == visitor.api_session().json["user"]["id"]
    assert signing_in.authentication_method == "MagicAuth"
    assert signing_in.ip_address == visitor.address
    assert signing_in.organization_id is None
    assert signing_in.said["user"]["email"] == ADA


def test_without_a_hook_everybody_comes_in(
    config: Config, workos: WorkOSClient, emulator: Flask, asked_at: list[Flask]
) -> None:
    asked_at.append(create_app(config, workos=workos))
    visitor = Visitor(asked_at[0], emulator)

    visitor.sign_in_by_code()

    assert visitor.is_signed_in()


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        (SIGN_IN, "authentication_action_response"),
        (REGISTRATION, "user_registration_action_response"),
    ],
)
@pytest.mark.parametrize("message", ["", "No.", 'Né à Zürich 🙂 "\\\n\t\x7f ', "x" * 501, "\ud83d"])
def test_answers_are_signed_byte_for_byte(
    visitor: Visitor, hook: Hook, question: Any, answer: str, message: str
) -> None:
    """SEC-12: whatever the message has in it, and however long it is."""
    hook.verdict = lambda: Deny(message)

    answered = ask(visitor, question)

    payload = assert_signed(answered)
    assert answered.get_json()["object"] == answer
    assert list(payload)[:2] == ["timestamp", "verdict"]
    assert payload["verdict"] == "Deny"
    assert payload.get("error_message", "") == message.replace("\ud83d", "?")[:500]
    assert ("error_message" in payload) == bool(message)
    assert answered.headers["Cache-Control"] == "no-store"


def test_plain_answers_are_those_of_the_sdk(visitor: Visitor, hook: Hook) -> None:
    """SEC-12."""
    with time_machine.travel("2026-05-01T12:00:00Z", tick=False):
        answered = ask(visitor, SIGN_IN)
        same = Actions().sign_response(action_type="authentication", verdict="Allow", secret=SECRET)
    assert answered.get_json() == same


@pytest.mark.parametrize("age", [-29, 29])
def test_a_question_may_be_half_a_minute_old_or_asked_twice(
    visitor: Visitor, hook: Hook, age: int
) -> None:
    """SEC-12: nothing is kept of it, so a second time is as good as the first."""
    for _ in range(2):
        assert_signed(ask(visitor, SIGN_IN, age=age))


def right(body: bytes, *, at: float = 0, secret: str = SECRET) -> str:
    moment = int((time.time() + at) * 1000)
    return f"t={moment}, v1={signature(secret, moment, body)}"


GOOD = stringified(SIGN_IN)
JUNK: dict[str, tuple[bytes, Callable[[bytes], str | None]]] = {
    "no header": (GOOD, lambda _: None),
    "an empty header": (GOOD, lambda _: ""),
    "half a header": (GOOD, lambda _: "t=1"),
    "no number": (GOOD, lambda _: "t=x, v1=x"),
    "a huge number": (GOOD, lambda _: f"t={'9' * 4000}, v1=x"),
    "a larger one": (GOOD, lambda _: f"t={'9' * 5000}, v1=x"),
    "no ASCII": (GOOD, lambda _: f"t={int(time.time() * 1000)}, v1=é"),
    "another secret": (GOOD, lambda body: right(body, secret="whsec_3zZ7qKdWw")),
    "an old one": (GOOD, lambda body: right(body, at=-31)),
    "one of the future": (GOOD, lambda body: right(body, at=31)),
    "another body": (GOOD, lambda _: right(b"{}")),
    "no UTF-8": (b"\xff", right),
    "no JSON": (b"<html>", right),
    "deep JSON": (b"[" * 20_000, right),
    "a list": (b"[]", right),
    "a number": (b"7", right),
    "an event": (stringified({"id": "event_1", "event": "user.created", "data": USER}), right),
    "an unknown question": (stringified({**SIGN_IN, "object": "other"}), right),
    "a strange question": (stringified({**SIGN_IN, "object": ["x"]}), right),
    "nobody": (stringified({**SIGN_IN, "user": None}), right),
    "no address": (stringified({**SIGN_IN, "user": {"id": "user_1", "email": 7}}), right),
    "somebody else's field": (stringified({**REGISTRATION, "user_data": USER["email"]}), right),
}


@pytest.mark.parametrize("case", JUNK)
def test_what_workos_did_not_just_sign_is_refused_and_decided_by_nobody(
    visitor: Visitor, hook: Hook, case: str
) -> None:
    """SEC-12."""
    body, header = JUNK[case]

    refused = ask_raw(visitor, body, header(body))

    assert refused.status_code == 400
    assert refused.get_json()["error"] == "action_refused"
    assert "signature" not in refused.get_json()
    assert hook.asked == []


def test_a_large_body_is_refused(visitor: Visitor, hook: Hook) -> None:
    """WEB-12."""
    assert ask(visitor, {**SIGN_IN, "more": "x" * (MAX_BODY // 2)}).status_code == 200
    assert ask(visitor, {**SIGN_IN, "more": "x" * MAX_BODY}).status_code == 413
    assert len(hook.asked) == 1


@pytest.mark.parametrize("returned", [None, True, "Allow", Deny])
def test_a_hook_that_decides_nothing_lets_nobody_in(
    visitor: Visitor, hook: Hook, returned: object
) -> None:
    """SEC-13."""
    hook.verdict = lambda: returned

    assert ask(visitor, SIGN_IN).status_code == 500
    visitor.sign_in_by_code()
    assert not visitor.is_signed_in()


def test_a_hook_that_fails_lets_nobody_in_and_leaks_nothing(
    visitor: Visitor, hook: Hook, caplog: pytest.LogCaptureFixture
) -> None:
    """SEC-13, LOG-02: unless the dashboard of WorkOS says to allow then."""

    def fail() -> Any:
        raise RuntimeError(f"canary {ADA}")

    hook.verdict = fail

    failed = ask(visitor, SIGN_IN)

    assert (failed.status_code, failed.get_json()["error"]) == (500, "internal_error")
    log = logged(caplog)
    assert "sys_crash" in log
    assert "RuntimeError" in log
    assert "canary" not in log + failed.text
    assert SECRET not in log

    assert visitor.sign_in_by_code().status_code == 403
    visitor.emulator.test_client().post("/_emulate/actions", json={"allow_without_answer": True})
    visitor.sign_in_by_code()
    assert visitor.is_signed_in()


@pytest.mark.parametrize(("seconds", "is_late"), [(PATIENCE - 1, False), (PATIENCE, True)])
def test_an_answer_that_comes_too_late_is_in_the_log(
    visitor: Visitor, hook: Hook, caplog: pytest.LogCaptureFixture, seconds: int, is_late: bool
) -> None:
    """LIM-05: nothing ends a hook that is slow, but its owner is told."""
    with time_machine.travel("2026-05-01T12:00:00Z", tick=False) as clock:

        def think() -> Allow:
            clock.shift(seconds)
            return Allow()

        hook.verdict = think
        assert_signed(ask(visitor, SIGN_IN))

    assert ("action_late" in logged(caplog)) == is_late


def test_it_is_not_there_until_there_is_a_secret(make_config: Any, workos: WorkOSClient) -> None:
    """SEC-07."""
    of_webhooks = "whsec_3zZ7q"
    config = make_config(workos_webhook_secret=of_webhooks)
    visitor = Visitor(create_app(config, workos=workos))

    for secret in ("", of_webhooks):
        answered = ask(visitor, SIGN_IN, secret=secret)
        assert answered.status_code == 404
        assert answered.get_json()["error"] == "not_found"


def test_it_takes_no_other_method(visitor: Visitor) -> None:
    assert visitor.get("/webhooks/actions").status_code == 405

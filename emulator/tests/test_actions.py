"""Actions: the application is asked, as its endpoint and the SDK's own signing meet that."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Thread
from typing import Any

import httpx2
import pytest
from workos import WorkOSClient
from workos.actions import Actions
from workos.common.models import ActionAuthenticationDenied, ActionUserRegistrationDenied

from bare_http import BASE_URL, CALLBACK, BareHttp
from workos_emulator.pytest_plugin import WorkOSEmulator

ADA = "ada@example.com"
URL = "http://localhost:5000/webhooks/actions"
SECRET = "act_3zZ7qKd"
PATIENCE = 10  # seconds
Answer = tuple[int, bytes]


def signed(question: Any, verdict: Any = "Allow", said: str | None = None, **other: Any) -> Answer:
    """What WorkOS's SDK makes of a verdict."""
    kind = question["object"].removesuffix("_action_context")
    values = {"action_type": kind, "verdict": verdict, "secret": SECRET, **other}
    answer = Actions().sign_response(error_message=said, **values)
    return 200, json.dumps(answer).encode()


@dataclass
class Application:
    """Whom WorkOS asks: what reached it, and what it answers."""

    answer: Callable[[Any], Answer] = signed
    asked: list[Any] = field(default_factory=list)
    heard: list[Any] = field(default_factory=list)
    during: Callable[[], object] = lambda: None

    def ask(self, url: str, body: bytes, headers: dict[str, str]) -> Answer:
        assert url == URL
        question = Actions().construct_action(
            payload=body, sig_header=headers["WorkOS-Signature"], secret=SECRET
        )
        self.asked.append(question)
        self.during()
        return self.answer(question)

    def hear(self, url: str, body: bytes, headers: dict[str, str]) -> int:
        self.heard.append(json.loads(body))
        return 200

    def kinds(self) -> list[str]:
        return [question["object"] for question in self.asked]


@pytest.fixture
def application() -> Application:
    return Application()


@pytest.fixture
def workos_emulator_settings(application: Application) -> dict[str, Any]:
    """Settings with an endpoint that is this test's own."""
    return {
        "redirect_uris": [CALLBACK],
        "base_url": BASE_URL,
        "action_url": URL,
        "action_secret": SECRET,
        "ask": application.ask,
        "webhook_url": "http://localhost:5000/webhooks/workos",
        "deliver": application.hear,
    }


def test_newcomers_are_asked_about_as_such_and_then_as_everybody(
    http: BareHttp, application: Application
) -> None:
    http.sign_in(ADA)
    registration, sign_in = application.asked
    assert registration["object"] == "user_registration_action_context"
    assert registration["user_data"]["email"] == ADA
    assert "user" not in registration
    assert sign_in["object"] == "authentication_action_context"
    assert sign_in["user"]["email"] == ADA
    assert sign_in["authentication_method"] == "MagicAuth"

    http.sign_in(ADA)
    assert application.kinds()[2:] == ["authentication_action_context"]


def test_people_who_were_made_by_the_application_do_not_register(
    workos: WorkOSClient, http: BareHttp, application: Application
) -> None:
    workos.user_management.create_user(email=ADA)
    http.set(
        "organizations", email="bob@example.com", organizations=[{"id": "org_1", "name": "Acme"}]
    )

    http.sign_in(ADA)
    bob = http.redeem(http.send_code("bob@example.com"), "bob@example.com").json()

    assert application.kinds() == ["authentication_action_context"] * 2
    told = application.asked[1]
    assert told["organization"]["name"] == "Acme"
    assert told["organization_membership"]["user_id"] == bob["user"]["id"]


def test_a_refresh_asks_nothing(http: BareHttp, application: Application) -> None:
    token = http.sign_in(ADA)["refresh_token"]
    asked = len(application.asked)

    assert http.authenticate("refresh_token", refresh_token=token).status_code == 200
    assert len(application.asked) == asked


@pytest.mark.parametrize(
    ("said", "message"), [("Not before nine.", "Not before nine."), (None, "Access denied.")]
)
def test_somebody_is_denied_and_may_come_later(
    http: BareHttp, application: Application, said: str | None, message: str
) -> None:
    application.answer = lambda question: signed(question, "Deny", said)
    refused = http.redeem(http.send_code())
    assert refused.status_code == 403
    assert refused.json() == {"code": "action_denied", "message": message}
    assert application.kinds() == ["user_registration_action_context"]

    application.answer = signed
    assert http.redeem(http.send_code()).status_code == 200


def sorted_by_name(question: Any) -> Answer:
    """As Flask writes it."""
    status, raw = signed(question, "Deny", "No.")
    return status, json.dumps(json.loads(raw), sort_keys=True).encode()


def unanswered(_question: Any) -> Answer:
    raise httpx2.ConnectError("refused")


@pytest.mark.parametrize(
    ("kind", "event"),
    [
        ("user_registration", ActionUserRegistrationDenied),
        ("authentication", ActionAuthenticationDenied),
    ],
)
def test_a_denial_is_told_as_the_sdk_reads_it(
    workos: WorkOSClient, http: BareHttp, application: Application, kind: str, event: Any
) -> None:
    if kind == "authentication":
        workos.user_management.create_user(email=ADA)
    application.answer = lambda question: signed(question, "Deny")

    http.redeem(http.send_code(), ip_address="203.0.113.1")

    [told] = [one for one in application.heard if one["event"] == f"action.{kind}.denied"]
    data = event.from_dict({**told, "object": "event"}).data
    assert (data.email, data.verdict, data.ip_address) == (ADA, "Deny", "203.0.113.1")
    assert data.action_execution_id == application.asked[0]["id"]


BROKEN: dict[str, Callable[[Any], Answer]] = {
    "The signature of the answer is not right.": sorted_by_name,
    "No answer: ConnectError.": unanswered,
    "The answer has status 500.": lambda _: (500, b"{}"),
    "The answer has another shape (JSONDecodeError).": lambda _: (200, b"<html>"),
    "The answer has another shape (TypeError).": lambda _: (200, b"[]"),
    "The answer is to something else.": lambda question: signed(
        question, action_type="authentication"
    ),
    "error_message is longer than 500 characters.": lambda question: signed(
        question, "Deny", "x" * 501
    ),
}
ALSO_UNSIGNED: list[Callable[[Any], Answer]] = [
    lambda question: signed(question, secret="act_another"),
    lambda question: signed(question, "Deny", "Fermé"),  # the SDK signs an escape
]


@pytest.mark.parametrize(
    ("why", "answer"),
    [
        *BROKEN.items(),
        *(("The signature of the answer is not right.", one) for one in ALSO_UNSIGNED),
    ],
)
def test_an_answer_that_cannot_be_believed_lets_nobody_in_unless_the_dashboard_says_so(
    http: BareHttp, application: Application, why: str, answer: Callable[[Any], Answer]
) -> None:
    application.answer = answer

    refused = http.redeem(http.send_code())
    assert refused.json() == {"code": "action_denied", "message": "Access denied."}
    [told] = http.browser.get("/_emulate/actions").json()
    assert (told["verdict"], told["why"]) == (None, why)

    http.set("actions", allow_without_answer=True)
    assert http.redeem(http.send_code()).status_code == 200


def test_the_application_may_ask_workos_before_it_answers(
    http: BareHttp, workos: WorkOSClient, application: Application
) -> None:
    seen: list[str] = []

    def look() -> None:
        seen.extend(user.email for user in workos.user_management.list_users().data)

    def look_from_another_thread() -> None:
        thread = Thread(target=look)
        thread.start()
        thread.join(PATIENCE)

    application.during = look_from_another_thread
    http.sign_in(ADA)

    assert seen == [ADA, ADA]


def test_without_a_secret_nobody_is_asked(application: Application) -> None:
    with WorkOSEmulator(action_url=URL, ask=application.ask) as unasked:
        management = unasked.client().user_management
        code = management.create_magic_auth(email=ADA).code
        assert management.authenticate_with_magic_auth(code=code, email=ADA).user.email == ADA

    assert application.asked == []

"""Where the application mails itself, it mails what WorkOS asks for in between too."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app import create_app
from app.config import Config
from tests.auth.asked import answer_next, come_back, set_at_workos
from tests.walk import ADA, MUCH_MAIL, Visitor, heading

ASKS: dict[str, tuple[str, dict[str, Any]]] = {
    "verify-email": ("email-verification", {"required": True}),
    "unusual-sign-in": ("radar-challenges", {"code": "radar_email_challenge"}),
}


@pytest.fixture
def config(make_config: Any, smtp: dict[str, Any]) -> Config:
    config = make_config(sign_in_with=("magic_auth", "github"), **MUCH_MAIL, **smtp)
    assert isinstance(config, Config)
    return config


def asked(visitor: Visitor, step: str) -> TestResponse:
    control, fields = ASKS[step]
    set_at_workos(visitor, control, email=ADA, **fields)
    return come_back(visitor)


@pytest.mark.parametrize("step", ASKS)
def test_the_code_comes_in_our_own_mail(visitor: Visitor, step: str) -> None:
    assert asked(visitor, step).status_code == 303

    [mail] = visitor.mailbox()
    assert (mail["to"], mail["sender"]) == (ADA, "Example <sign-in@example.com>")
    code = mail["one_time_code"]
    assert visitor.post(f"/auth/{step}", one_time_code=code).location == "/"


def test_asked_for_again_the_same_code_comes(visitor: Visitor) -> None:
    """WorkOS tells no code but the one that it asked for."""
    away = asked(visitor, "verify-email")

    assert visitor.post("/auth/verify-email/send").location == away.location

    first, second = (mail["one_time_code"] for mail in visitor.mailbox())
    assert first == second
    assert visitor.post("/auth/verify-email", one_time_code=second).location == "/"


@pytest.mark.parametrize("step", ASKS)
def test_nobody_is_mailed_more_often_than_the_limits_say(
    make_config: Any, smtp: dict[str, Any], emulator: Flask, connect: Any, step: str
) -> None:
    """AUT-13: WorkOS asks as often as somebody comes back from a provider."""
    config = make_config(
        sign_in_with=("github", "magic_auth"),
        limit_send_per_address_and_network="1 per hour",
        **smtp,
    )
    visitor = Visitor(create_app(config, workos=connect(config)), emulator)

    assert [asked(visitor, step).status_code for _ in range(2)] == [303, 429]
    assert len(visitor.mailbox()) == 1


@pytest.mark.parametrize("step", ASKS)
def test_a_code_that_cannot_be_fetched_is_a_page(visitor: Visitor, step: str) -> None:
    """AUT-22."""
    path = {
        "verify-email": "/user_management/email_verification/*",
        "unusual-sign-in": "/user_management/radar_challenges/*",
    }[step]
    set_at_workos(visitor, "hooks", method="GET", path=path, status=503)

    refused = asked(visitor, step)

    assert (refused.status_code, heading(refused)) == (502, "The sign-in service has a problem")
    assert not visitor.is_signed_in()


@pytest.mark.parametrize("email", [None, [ADA], {"email": ADA}, f"{ADA}\r\nBcc: eve@example.com"])
def test_a_challenge_without_an_address_mails_nobody(visitor: Visitor, email: object) -> None:
    """AUT-22, WEB-14."""
    now = "2026-05-01T12:00:00.000Z"
    times = dict.fromkeys(("expires_at", "created_at", "updated_at"), now)
    challenge = {"object": "radar_challenge", "id": "radar_challenge_1", "user_id": "user_1"}
    body = {**challenge, **times, "code": "123456", "email": email}
    path = "/user_management/radar_challenges/*"
    set_at_workos(visitor, "hooks", method="GET", path=path, status=200, body=body)

    assert asked(visitor, "unusual-sign-in").status_code in (400, 502)
    assert visitor.mailbox() == []


def test_an_address_without_an_account_is_told_so_by_mail(visitor: Visitor) -> None:
    """AUT-14: and by nothing else."""
    come_back(visitor, without_email="yes")
    answer_next(visitor, 400, {"error": "sign_up_not_allowed"})

    given = visitor.post("/auth/your-email", email=ADA)

    assert given.location.startswith("/auth/verify-email?attempt=")
    [mail] = visitor.mailbox()
    assert mail["one_time_code"] is None
    assert visitor.post("/auth/verify-email/send").location == given.location


def test_for_an_address_without_an_account_as_much_is_asked_of_workos(visitor: Visitor) -> None:
    """AUT-14: the time that it takes must not tell."""
    calls = []
    for refusal in (None, {"error": "sign_up_not_allowed"}):
        come_back(visitor, without_email="yes")
        if refusal:
            answer_next(visitor, 400, refusal)
        before = len(visitor.api_calls())
        visitor.post("/auth/your-email", email=ADA)
        visitor.post("/auth/verify-email/send")
        calls.append([call["method"] for call in visitor.api_calls()[before:]])

    assert calls == [["POST", "GET", "GET"]] * 2

"""Somebody whose address nobody vouches for confirms it by a code."""

from __future__ import annotations

import re
from typing import Any

import pytest
import time_machine
from flask import Flask
from werkzeug.test import TestResponse

from app import create_app
from app.auth.attempt import STEP_LIFETIME
from app.config import Config
from app.limits import TRIES_PER_CODE
from tests.auth.asked import answer_next, authentications, come_back, set_at_workos
from tests.auth.test_authkit import at_authkit
from tests.walk import ADA, MUCH_MAIL, Visitor, heading

NOON = "2026-05-01T12:00:00Z"
DOORS = {"sign_in_with": ("magic_auth", "github")}
BEGIN = "/auth/social/github?next=/account&state=basket-17"


@pytest.fixture
def config(make_config: Any) -> Config:
    config = make_config(**DOORS, **MUCH_MAIL)
    assert isinstance(config, Config)
    return config


def asked(visitor: Visitor) -> str:
    """Signs in at a provider as far as the code; returns its page."""
    set_at_workos(visitor, "email-verification", email=ADA, required=True)
    away = come_back(visitor, BEGIN)
    assert away.status_code == 303
    return away.location


def confirm(visitor: Visitor, code: str, **fields: str) -> TestResponse:
    return visitor.post("/auth/verify-email", one_time_code=code, **fields)


def another_code(visitor: Visitor) -> TestResponse:
    return visitor.post("/auth/verify-email/send")


def wrong(visitor: Visitor) -> str:
    return "000000" if visitor.mailed_code() != "000000" else "111111"


def test_the_code_is_asked_for_and_signs_in(visitor: Visitor) -> None:
    """AUT-15: and before it there is no session."""
    page = asked(visitor)
    assert re.fullmatch(r"/auth/verify-email\?attempt=[0-9a-f]{12}", page)
    shown = visitor.get(page)
    assert heading(shown) == "Confirm your email address"
    assert ADA in shown.text
    assert 'autocomplete="one-time-code"' in shown.text
    assert "cooldown" in shown.text
    assert visitor.get("/account").location == "/sign-in?next=/account"

    code = visitor.mailed_code()
    done = confirm(visitor, f"{code[:3]} {code[3:]}")

    assert (done.status_code, done.location) == (303, "/account")
    session = visitor.api_session().json
    assert (session["method"], session["state"]) == ("github", "basket-17")
    assert session["user"]["email"] == ADA


def test_it_is_asked_in_the_other_envelope_too(visitor: Visitor) -> None:
    set_at_workos(visitor, "step-ups", as_oauth_error=True)
    asked(visitor)

    assert confirm(visitor, visitor.mailed_code()).location == "/account"


@pytest.mark.parametrize(("typed", "title"), [("", "Enter the code"), ("seven", "Check the code")])
def test_what_cannot_be_a_code_costs_no_try(visitor: Visitor, typed: str, title: str) -> None:
    asked(visitor)
    seen = authentications(visitor)

    refused = confirm(visitor, typed)

    assert (refused.status_code, heading(refused)) == (400, title)
    assert "<h1>Confirm your email address</h1>" in refused.text
    assert authentications(visitor) == seen


def test_a_wrong_code_can_be_followed_by_the_right_one(visitor: Visitor) -> None:
    """AUT-09: the error is on the same page, with the tries that are left."""
    asked(visitor)

    refused = confirm(visitor, wrong(visitor))

    assert heading(refused) == "That code is not right"
    assert "<h1>Confirm your email address</h1>" in refused.text
    assert "4 tries left" in refused.text
    assert ADA in refused.text
    assert confirm(visitor, visitor.mailed_code()).location == "/account"


def test_after_five_wrong_codes_a_new_one_is_needed(visitor: Visitor) -> None:
    """AUT-09, AUT-13."""
    asked(visitor)
    for _ in range(TRIES_PER_CODE):
        confirm(visitor, wrong(visitor))
    seen = authentications(visitor)

    over = confirm(visitor, visitor.mailed_code())

    assert heading(over) == "Too many wrong codes"
    assert "Email me a new code" in over.text
    assert "cooldown" not in over.text  # nobody waits who was just told to ask for one
    assert authentications(visitor) == seen
    assert another_code(visitor).status_code == 303
    assert confirm(visitor, visitor.mailed_code()).location == "/account"


@pytest.mark.parametrize("changes", [{"limit_send_per_address_and_network": "1 per hour"}])
def test_another_code_is_sent_within_the_limits(
    make_config: Any, emulator: Flask, connect: Any, changes: dict[str, str]
) -> None:
    """AUT-13."""
    config = make_config(**DOORS, **changes)
    visitor = Visitor(create_app(config, workos=connect(config)), emulator)
    page = asked(visitor)

    assert another_code(visitor).location == page
    assert len(visitor.mailbox()) == 2
    assert another_code(visitor).status_code == 429
    assert len(visitor.mailbox()) == 2


@pytest.mark.parametrize(
    ("said", "title"),
    [
        ({"code": "email_verification_code_incorrect"}, "That code is not right"),
        ({"code": "email_verification_code_expired"}, "This code has expired"),
        ({"code": "email_verification_code_previously_used"}, "This code has already been used"),
        ({"error": "one_time_code_expired"}, "This code has expired"),
        ({"code": "expired_code"}, "This code has expired"),
        ({"error": "invalid_code"}, "That code is not right"),
        ({"code": "one_time_code_too_many_attempts"}, "Too many wrong codes"),
    ],
)
def test_a_refused_code_is_explained_where_it_was_typed(
    visitor: Visitor, said: dict[str, str], title: str
) -> None:
    asked(visitor)
    answer_next(visitor, 400, said)

    refused = confirm(visitor, visitor.mailed_code())

    assert (refused.status_code, heading(refused)) == (400, title)
    assert "Email me a new code" in refused.text
    assert confirm(visitor, visitor.mailed_code()).location == "/account"


def test_who_is_late_begins_anew_with_the_address_filled_in(
    make_config: Any, emulator: Flask, connect: Any
) -> None:
    config = make_config(**DOORS)
    visitor = Visitor(create_app(config, workos=connect(config)), emulator)
    with time_machine.travel(NOON, tick=False) as clock:
        asked(visitor)
        clock.shift(STEP_LIFETIME)
        late = confirm(visitor, visitor.mailed_code())

        assert heading(late) == "This sign-in took too long"
        [again] = re.findall(r'class="button" href="(.*?)"', late.text)
        assert ADA not in again
        form = visitor.get(again.replace("&amp;", "&")).text
    assert f'value="{ADA}"' in form
    assert 'name="next" value="/account"' in form
    assert 'name="state" value="basket-17"' in form


def test_another_browser_can_neither_answer_nor_have_mail_sent(
    visitor: Visitor, another_visitor: Visitor
) -> None:
    """AUT-15: what WorkOS waits for lies sealed in the browser that began."""
    attempt = asked(visitor).rpartition("=")[2]

    for refused in (
        confirm(another_visitor, visitor.mailed_code(), attempt=attempt),
        another_visitor.post("/auth/verify-email/send", attempt=attempt),
        another_visitor.get(f"/auth/verify-email?attempt={attempt}"),
    ):
        assert heading(refused) == "We lost track of this sign-in"
    assert len(visitor.mailbox()) == 1
    assert not another_visitor.is_signed_in()


def test_an_answer_is_given_once(visitor: Visitor) -> None:
    """AUT-03: also with the cookie that was there before."""
    asked(visitor)
    before, code = visitor.cookies(), visitor.mailed_code()
    confirm(visitor, code)
    visitor.sign_out()

    assert heading(confirm(visitor, code)) == "We lost track of this sign-in"
    visitor.take_cookies(before)
    assert heading(confirm(visitor, code)) == "This sign-in took too long"
    assert not visitor.is_signed_in()


def test_the_token_and_the_code_reach_no_page_and_no_log(
    visitor: Visitor, capsys: pytest.CaptureFixture[str]
) -> None:
    """LOG-02."""
    set_at_workos(visitor, "email-verification", email=ADA, required=True)
    body = {
        "code": "email_verification_required",
        "pending_authentication_token": "canary-pending",
        "email": ADA,
        "email_verification_id": "canary-id",
    }
    answer_next(visitor, 403, body)
    away = come_back(visitor)
    pages = [visitor.get(away.location), confirm(visitor, "123456")]

    said = "".join([away.location, *(page.text for page in pages), capsys.readouterr().err])
    assert "canary" not in said
    assert "123456" not in said
    assert ADA not in capsys.readouterr().err


def test_a_program_is_told_and_answers_in_json(visitor: Visitor) -> None:
    set_at_workos(visitor, "email-verification", email=ADA, required=True)
    callback = at_authkit(visitor, visitor.get("/auth/social/github").location, email=ADA)
    answer: Any = visitor.get(callback, headers={"Accept": "application/json"}).json

    assert (answer["status"], answer["step"]) == ("step_required", "verify_email")
    assert answer["email"] == ADA
    assert answer.keys() == {"status", "step", "attempt", "email"}
    sent = visitor.post_json("/auth/verify-email/send", {"attempt": answer["attempt"]})
    assert (sent.status_code, sent.json["status"]) == (202, "sent")  # type: ignore[index] # an object
    done = visitor.post_json("/auth/verify-email", {"one_time_code": visitor.mailed_code()})
    assert done.json == {"status": "signed_in", "return_to": "/"}


@pytest.mark.parametrize(
    "body",
    [
        [],
        None,
        {"code": "email_verification_required"},
        {"code": "email_verification_required", "pending_authentication_token": ["x"]},
        {"code": "email_verification_required", "pending_authentication_token": "x"},
        {
            "code": "email_verification_required",
            "pending_authentication_token": "x",
            "email": "a\r\nBcc: eve@example.com",
            "email_verification_id": "y",
        },
        {
            "code": "email_verification_required",
            "pending_authentication_token": "".join(f"{n:x}" for n in range(3000)),
            "email": ADA,
            "email_verification_id": "y",
        },
        {"error": "email_verification_required", "email": {"a": 1}, "user": "ada"},
    ],
    ids=["list", "null", "bare", "list as token", "no email", "two lines", "too large", "types"],
)
@pytest.mark.parametrize("status", [400, 403])
def test_what_cannot_be_asked_is_a_page_without_a_session(
    visitor: Visitor, status: int, body: Any
) -> None:
    """AUT-22, SES-03."""
    answer_next(visitor, status, body)

    refused = come_back(visitor)

    assert refused.status_code in (400, 403, 502)
    assert "Start again" in refused.text or "Go to the home page" in refused.text
    assert not visitor.is_signed_in()

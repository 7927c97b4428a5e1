"""An account elsewhere that has no address: the person gives one, and confirms it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from werkzeug.test import TestResponse

from app.config import Config
from tests.auth.asked import answer_next, authentications, come_back, set_at_workos
from tests.walk import ADA, Visitor, heading


@pytest.fixture
def config(make_config: Any) -> Config:
    config = make_config(
        sign_in_with=("magic_auth", "github"), limit_send_per_address_and_network="2 per hour"
    )
    assert isinstance(config, Config)
    return config


def asked(visitor: Visitor) -> TestResponse:
    return come_back(visitor, "/auth/social/github?next=/account", without_email="yes")


def give(visitor: Visitor, email: str, **fields: str) -> TestResponse:
    return visitor.post("/auth/your-email", email=email, **fields)


def test_the_address_is_asked_for_and_then_confirmed(visitor: Visitor) -> None:
    """AUT-15, AUT-18: nobody is signed in as an address that they only typed."""
    page = visitor.get(asked(visitor).location)
    assert heading(page) == "Your email address"
    assert 'autocomplete="email"' in page.text

    given = give(visitor, " Ada@Example.com ")
    assert given.location.startswith("/auth/verify-email?attempt=")
    assert not visitor.is_signed_in()
    confirmed = visitor.post("/auth/verify-email", one_time_code=visitor.mailed_code())

    assert confirmed.location == "/account"
    session = visitor.api_session().json
    assert (session["user"]["email"], session["method"]) == (ADA, "github")


def test_it_is_asked_in_the_other_envelope_too(visitor: Visitor) -> None:
    set_at_workos(visitor, "step-ups", as_oauth_error=True)
    asked(visitor)

    assert give(visitor, ADA).location.startswith("/auth/verify-email?attempt=")


@pytest.mark.parametrize("typed", ["", "ada", "ada@example.com, eve@example.com"])
def test_what_is_no_address_is_said_at_the_field(visitor: Visitor, typed: str) -> None:
    asked(visitor)
    seen = authentications(visitor)

    refused = give(visitor, typed)

    assert refused.status_code == 400
    assert "<h1>Your email address</h1>" in refused.text
    assert 'aria-invalid="true"' in refused.text
    assert authentications(visitor) == seen
    assert give(visitor, ADA).status_code == 303


def test_nobody_is_mailed_more_often_than_the_limits_say(visitor: Visitor) -> None:
    """AUT-13: WorkOS mails a code to whatever is typed."""
    for status in (303, 303, 429):
        asked(visitor)
        assert give(visitor, "victim@example.com").status_code == status
    assert len(visitor.mailbox()) == 2


def test_a_token_works_once(visitor: Visitor) -> None:
    asked(visitor)
    before = visitor.cookies()
    give(visitor, ADA)
    visitor.take_cookies(before)

    assert heading(give(visitor, ADA)) == "This sign-in took too long"


def test_an_address_without_an_account_looks_like_one_with(visitor: Visitor) -> None:
    """AUT-14: its page asks for a code, and every code is wrong."""
    asked(visitor)
    answer_next(visitor, 400, {"error": "sign_up_not_allowed", "error_description": "canary"})

    given = give(visitor, "unknown@example.com")

    assert given.location.startswith("/auth/verify-email?attempt=")
    assert "unknown@example.com" in visitor.get(given.location).text
    seen = len(visitor.api_calls())
    again = visitor.post("/auth/verify-email/send")
    assert again.location == given.location
    assert len(visitor.api_calls()) == seen + 2  # as many as for anybody: they take the time
    wrong = visitor.post("/auth/verify-email", one_time_code="123456")
    assert heading(wrong) == "That code is not right"
    assert "4 tries left" in wrong.text
    assert visitor.mailbox() == []


@pytest.mark.parametrize("status", [400, 422])
def test_whatever_workos_says_to_the_code_of_such_an_address_it_is_wrong(
    visitor: Visitor, status: int
) -> None:
    """AUT-14: of the token in its place WorkOS knows nothing."""
    asked(visitor)
    answer_next(visitor, 400, {"error": "sign_up_not_allowed"})
    give(visitor, "unknown@example.com")
    answer_next(visitor, status, {"error": "invalid_request", "message": "canary"})

    wrong = visitor.post("/auth/verify-email", one_time_code="123456")

    assert heading(wrong) == "That code is not right"


def test_asking_again_asks_as_much_of_workos_for_such_an_address(visitor: Visitor) -> None:
    """AUT-14: the time that it takes must not tell."""
    calls = []
    for refusal in (None, {"error": "sign_up_not_allowed"}):
        asked(visitor)
        if refusal:
            answer_next(visitor, 400, refusal)
        give(visitor, "somebody@example.com" if refusal else ADA)
        before = len(visitor.api_calls())
        visitor.post("/auth/verify-email/send")
        new = visitor.api_calls()[before:]
        calls.append(
            [(call["method"], re.sub(r"_\w+$|(?<=user_)\w+", "", call["path"])) for call in new]
        )

    assert calls[0] == calls[1]
    assert len(calls[0]) == 2


def test_a_program_is_told_the_same_of_such_an_address(visitor: Visitor) -> None:
    """AUT-14: nothing that only WorkOS could have made up."""
    told = []
    for refusal in (None, {"error": "sign_up_not_allowed"}):
        asked(visitor)
        if refusal:
            answer_next(visitor, 400, refusal)
        given: Any = visitor.post_json("/auth/your-email", {"email": ADA})
        told.append((given.status_code, {**given.json, "attempt": ""}))

    assert told[0] == told[1]
    assert told[0][1]["step"] == "verify_email"


def test_going_back_to_a_step_that_is_done_leads_on(visitor: Visitor) -> None:
    """And answering it a second time costs nothing."""
    page = asked(visitor).location
    verify = give(visitor, ADA).location
    seen = authentications(visitor)

    for back in (visitor.get(page), give(visitor, "eve@example.com")):
        assert (back.status_code, heading(back)) == (409, "This step is done")
        assert f'href="{verify}">Continue</a>' in back.text
    assert authentications(visitor) == seen
    assert heading(visitor.get(verify)) == "Confirm your email address"
    assert heading(visitor.get(verify)) == "Confirm your email address"  # or reload it
    code = visitor.mailed_code()
    assert visitor.post("/auth/verify-email", one_time_code=code).location == "/account"

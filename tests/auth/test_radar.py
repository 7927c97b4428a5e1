"""Radar takes a sign-in for suspicious, and wants one more code."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.test import TestResponse

from app.config import Config
from tests.auth.asked import set_at_workos
from tests.walk import ADA, MUCH_MAIL, Visitor, heading


@pytest.fixture
def config(make_config: Any) -> Config:
    config = make_config(**MUCH_MAIL)
    assert isinstance(config, Config)
    return config


def asked(visitor: Visitor, code: str = "radar_email_challenge") -> TestResponse:
    """Types a code, and is asked for another."""
    set_at_workos(visitor, "radar-challenges", email=ADA, code=code)
    visitor.ask_for_code(next="/account")
    return visitor.type_code(visitor.mailed_code())


def confirm(visitor: Visitor, code: str, **fields: str) -> TestResponse:
    return visitor.post("/auth/unusual-sign-in", one_time_code=code, **fields)


@pytest.mark.parametrize("code", ["radar_email_challenge", "radar_challenge"])
@pytest.mark.parametrize("as_oauth_error", [False, True])
def test_the_second_code_signs_in(visitor: Visitor, code: str, as_oauth_error: bool) -> None:
    """AUT-15: by either of its names, in either envelope."""
    set_at_workos(visitor, "step-ups", as_oauth_error=as_oauth_error)
    away = asked(visitor, code)
    page = visitor.get(away.location)
    assert heading(page) == "Check that it is you"
    assert ADA in page.text
    assert not visitor.is_signed_in()

    assert confirm(visitor, visitor.mailed_code()).location == "/account"
    assert visitor.api_session().json["method"] == "magic_auth"


def test_the_first_code_again_is_wrong(visitor: Visitor) -> None:
    """AUT-09: and the second can still be typed."""
    asked(visitor)
    second, first = (mail["one_time_code"] for mail in visitor.mailbox())

    refused = confirm(visitor, first if first != second else "000000")

    assert heading(refused) == "That code is not right"
    assert "4 tries left" in refused.text
    assert confirm(visitor, second).location == "/account"


def test_the_challenge_of_somebody_else_is_of_no_use(
    visitor: Visitor, another_visitor: Visitor
) -> None:
    """AUT-15: it is sealed with the attempt, so only the own one goes to WorkOS."""
    set_at_workos(visitor, "radar-challenges", email="eve@example.com", code="radar_challenge")
    another_visitor.ask_for_code("eve@example.com")
    another_visitor.type_code(visitor.mailed_code())
    asked(visitor)

    refused = confirm(another_visitor, visitor.mailed_code())

    assert heading(refused) == "That code is not right"

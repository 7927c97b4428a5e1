"""What has no page of ours: hosted AuthKit asks it, if it is offered."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from app import create_app
from app.config import Config
from tests.auth.asked import answer_next, come_back
from tests.auth.test_authkit import at_authkit
from tests.walk import ADA, Visitor, heading, query_of

PENDING = {"pending_authentication_token": "canary", "user": {"email": ADA}, "message": "canary"}
ELSEWHERE = (
    "radar_sms_challenge",
    "radar_sign_up_challenge",
    "passkey_progressive_enrollment",
    "application_consent_required",
    "invented_tomorrow",
)
ENVELOPES = {"code": 403, "error": 400}


@pytest.fixture
def config(make_config: Any) -> Config:
    config = make_config(sign_in_with=("magic_auth", "authkit", "github"))
    assert isinstance(config, Config)
    return config


@pytest.mark.parametrize("envelope", ENVELOPES)
@pytest.mark.parametrize("asked", ELSEWHERE)
def test_hosted_authkit_asks_what_has_no_page_here(
    visitor: Visitor, asked: str, envelope: str
) -> None:
    answer_next(visitor, ENVELOPES[envelope], {envelope: asked, **PENDING})

    away = come_back(visitor, "/auth/social/github?next=/account&state=basket-17")

    assert away.status_code == 303
    query = query_of(away.location)
    assert (query["provider"], query["login_hint"]) == ("authkit", ADA)
    assert "canary" not in away.location
    assert visitor.get(at_authkit(visitor, away.location, email=ADA)).location == "/account"
    session = visitor.api_session().json
    assert (session["method"], session["state"]) == ("authkit", "basket-17")


def test_after_a_form_it_is_a_page_that_moves_on(visitor: Visitor) -> None:
    """WEB-04: form-action lets no form end at another site."""
    visitor.ask_for_code()
    answer_next(visitor, 403, {"code": "radar_sms_challenge", **PENDING})

    page = visitor.type_code(visitor.mailed_code())

    assert page.status_code == 200
    assert 'http-equiv="refresh"' in page.text
    assert "/user_management/authorize?" in page.text
    assert "canary" not in page.text
    assert not visitor.is_signed_in()


def test_hosted_authkit_is_not_asked_again_and_again(visitor: Visitor) -> None:
    """It asks for everything itself, so this would go in a circle."""
    answer_next(visitor, 403, {"code": "radar_sms_challenge", **PENDING})

    refused = come_back(visitor, "/auth/authkit", email=ADA)

    assert (refused.status_code, heading(refused)) == (403, "This sign-in looks unusual")


def test_where_hosted_authkit_is_no_door_it_is_a_failure(
    make_config: Any, emulator: Flask, connect: Any
) -> None:
    config = make_config()
    visitor = Visitor(create_app(config, workos=connect(config)), emulator)
    visitor.ask_for_code()
    answer_next(visitor, 403, {"code": "invented_tomorrow", **PENDING})

    refused = visitor.type_code(visitor.mailed_code())

    assert (refused.status_code, heading(refused)) == (403, "One more step is needed")
    assert "canary" not in refused.text

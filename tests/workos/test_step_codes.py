"""What WorkOS is told when a person answers what it asked in between, to the byte."""

from __future__ import annotations

from typing import Any

import pytest
import responses
from flask import Flask

from tests.walk import ADA, Visitor, heading
from tests.workos.conftest import API
from tests.workos.replies import AUTHENTICATED, MAGIC_AUTH
from tests.workos.test_calls import AUTHENTICATE, BROWSER, CLIENT, SEND_CODE, bodies

VERIFICATION = {
    "object": "email_verification",
    "id": "email_verification_01",
    "user_id": "user_01ADA",
    "email": ADA,
    "code": "424242",
    "expires_at": "2030-01-01T00:00:00.000Z",
    "created_at": "2026-01-01T00:00:00.000Z",
    "updated_at": "2026-01-01T00:00:00.000Z",
}
GET_VERIFICATION = f"{API}/user_management/email_verification/email_verification_01"
SEND_VERIFICATION = f"{API}/user_management/users/user_01ADA/email_verification/send"
TOKEN = {"pending_authentication_token": "pending-canary"}
ASKED = {
    "email_verification_required": {
        "email": ADA,
        "email_verification_id": "email_verification_01",
    },
    "radar_email_challenge": {"radar_challenge_id": "radar_challenge_01"},
    "email_completion_required": {"email_completion_token": "completion-canary"},
}


def asked(visitor: Visitor, api: responses.RequestsMock, code: str) -> None:
    """Types a code, and is asked for more."""
    api.post(SEND_CODE, json=MAGIC_AUTH, status=201)
    api.post(AUTHENTICATE, status=403, json={"code": code, "message": "", **TOKEN, **ASKED[code]})
    visitor.ask_for_code()
    assert visitor.type_code("424242").status_code == 303


def test_confirming_an_address(visitor: Visitor, api: responses.RequestsMock) -> None:
    asked(visitor, api, "email_verification_required")
    api.post(AUTHENTICATE, json=AUTHENTICATED)

    visitor.post("/auth/verify-email", one_time_code="131313")

    expected = {
        **CLIENT,
        **BROWSER,
        **TOKEN,
        "grant_type": "urn:workos:oauth:grant-type:email-verification:code",
        "code": "131313",
    }
    assert bodies(api)[2:] == [("POST", AUTHENTICATE, expected)]
    assert visitor.is_signed_in()


def test_asking_for_another_code(visitor: Visitor, api: responses.RequestsMock) -> None:
    asked(visitor, api, "email_verification_required")
    api.get(GET_VERIFICATION, json=VERIFICATION)
    api.post(SEND_VERIFICATION, json={"user": AUTHENTICATED["user"]})

    sent = visitor.post("/auth/verify-email/send")

    assert bodies(api)[2:] == [
        ("GET", GET_VERIFICATION, None),
        ("POST", SEND_VERIFICATION, {"locale": "en"}),
    ]
    assert "424242" not in visitor.get(sent.location).text


@pytest.mark.parametrize(
    ("status", "reply", "title"),
    [
        (400, {"code": "email_already_verified"}, "Your email address is already confirmed"),
        (429, {"code": "daily_quota_exceeded"}, "No more email can be sent today"),
        (429, {"error": "too_many_requests"}, "The sign-in service is busy"),
        (404, {"code": "entity_not_found"}, "The sign-in service could not find this"),
    ],
)
def test_a_code_that_is_not_sent_has_its_page(
    visitor: Visitor, api: responses.RequestsMock, status: int, reply: Any, title: str
) -> None:
    """AUT-22."""
    asked(visitor, api, "email_verification_required")
    api.get(GET_VERIFICATION, json=VERIFICATION)
    api.post(SEND_VERIFICATION, status=status, json=reply)

    assert heading(visitor.post("/auth/verify-email/send")) == title


def test_a_verification_that_workos_has_forgotten_begins_anew(
    visitor: Visitor, api: responses.RequestsMock
) -> None:
    asked(visitor, api, "email_verification_required")
    api.get(GET_VERIFICATION, status=404, json={"code": "entity_not_found"})

    assert heading(visitor.post("/auth/verify-email/send")) == "This sign-in took too long"


def test_answering_radar(visitor: Visitor, api: responses.RequestsMock) -> None:
    asked(visitor, api, "radar_email_challenge")
    api.post(AUTHENTICATE, json=AUTHENTICATED)

    visitor.post("/auth/unusual-sign-in", one_time_code="131313")

    expected = {
        **CLIENT,
        **BROWSER,
        **TOKEN,
        "grant_type": "urn:workos:oauth:grant-type:radar-email-challenge:code",
        "code": "131313",
        "radar_challenge_id": "radar_challenge_01",
    }
    assert bodies(api)[2:] == [("POST", AUTHENTICATE, expected)]


def test_giving_an_address(visitor: Visitor, api: responses.RequestsMock) -> None:
    """The SDK has no method for it that names the client."""
    asked(visitor, api, "email_completion_required")
    api.post(AUTHENTICATE, json=AUTHENTICATED)

    visitor.post("/auth/your-email", email=ADA)

    expected = {
        **CLIENT,
        **BROWSER,
        "grant_type": "urn:workos:oauth:grant-type:email-completion",
        "email_completion_token": "completion-canary",
        "email": ADA,
    }
    assert bodies(api)[2:] == [("POST", AUTHENTICATE, expected)]


@pytest.mark.parametrize(
    ("code", "form", "fields"),
    [
        ("email_verification_required", "/auth/verify-email", {"one_time_code": "131313"}),
        ("radar_email_challenge", "/auth/unusual-sign-in", {"one_time_code": "131313"}),
        ("email_completion_required", "/auth/your-email", {"email": ADA}),
    ],
)
@pytest.mark.parametrize(
    ("status", "reply"),
    [
        (200, []),
        (200, None),
        (200, {}),
        (200, {"user": "ada"}),
        (400, ["canary"]),
        (403, {"code": ["canary"], "message": {"a": "canary"}}),
        (400, {"error": {"canary": 1}}),
        (400, {"error": "invalid_grant", "error_description": "canary"}),
        (500, {"message": "canary" * 100_000}),
    ],
)
def test_whatever_the_answer_to_a_step_nobody_is_signed_in_and_no_page_breaks(
    visitor: Visitor,
    app: Flask,
    api: responses.RequestsMock,
    code: str,
    form: str,
    fields: dict[str, str],
    status: int,
    reply: Any,
) -> None:
    """AUT-22, LOG-04."""
    asked(visitor, api, code)
    api.post(AUTHENTICATE, status=status, json=reply)

    refused = visitor.post(form, **fields)

    assert refused.status_code in (400, 403, 502)
    assert "canary" not in refused.text
    assert not visitor.is_signed_in()

"""The calls about second factors, to the byte."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
import responses
from workos import WorkOSClient

from app import create_app
from app.config import Config
from tests.totp import NAME
from tests.walk import ADA, Visitor, heading
from tests.workos.conftest import API, FIREFOX
from tests.workos.replies import AUTHENTICATED, MAGIC_AUTH, NO_USERS, NOW
from tests.workos.test_calls import AUTHENTICATE, BROWSER, CLIENT, SEND_CODE, bodies

FACTOR = {
    "object": "authentication_factor",
    "id": "auth_factor_01",
    "type": "totp",
    "user_id": "user_01ADA",
    "created_at": NOW,
    "updated_at": NOW,
}
TOTP = {
    "issuer": "Passwordless",
    "user": ADA,
    "secret": "CANARYCANARYCANARYCANARYCANARYCA",
    "qr_code": "data:image/png;base64,",
    "uri": "otpauth://totp/Passwordless:ada?secret=CANARYCANARYCANARYCANARYCANARYCA",
}
CHALLENGE = {
    "object": "authentication_challenge",
    "id": "auth_challenge_01",
    "authentication_factor_id": "auth_factor_01",
    "created_at": NOW,
    "updated_at": NOW,
}
ENROLL = f"{API}/user_management/users/user_01ADA/auth_factors"
VERIFY = f"{API}/auth/challenges/auth_challenge_01/verify"
ASK = f"{API}/auth/factors/auth_factor_01/challenge"
GRANT = {
    **CLIENT,
    **BROWSER,
    "grant_type": "urn:workos:oauth:grant-type:mfa-totp",
    "pending_authentication_token": "pending-canary",
    "authentication_challenge_id": "auth_challenge_01",
    "code": "424242",
}


def required(api: responses.RequestsMock, visitor: Visitor, code: str, **more: object) -> None:
    """Signs in by code as far as WorkOS's question."""
    question = {
        "code": code,
        "message": "One more thing.",
        "pending_authentication_token": "pending-canary",
        "user": {"id": "user_01ADA", "email": ADA},
        **more,
    }
    api.post(SEND_CODE, json=MAGIC_AUTH, status=201)
    api.post(AUTHENTICATE, json=question, status=403)
    visitor.ask_for_code()
    visitor.type_code("424242")
    api.post(ASK, json=CHALLENGE, status=201)
    api.post(AUTHENTICATE, json=AUTHENTICATED)


def enrols(api: responses.RequestsMock, totp: object) -> None:
    """Has WorkOS make a factor for somebody without one."""
    factor = {**FACTOR, "totp": totp}
    made = {"authentication_factor": factor, "authentication_challenge": CHALLENGE}
    api.get(ENROLL, json=NO_USERS)  # no factors look the same
    api.post(ENROLL, json=made, status=201)


def test_typing_the_code_of_an_app(visitor: Visitor, api: responses.RequestsMock) -> None:
    required(
        api,
        visitor,
        "mfa_challenge",
        authentication_factors=[{"id": "auth_factor_01", "type": "totp"}],
    )

    assert visitor.post("/auth/totp", one_time_code="424 242").status_code == 303

    assert bodies(api)[2:] == [("POST", ASK, {}), ("POST", AUTHENTICATE, GRANT)]


@pytest.mark.parametrize("by", ["off", "on"], ids=["WorkOS asks", "this application asks"])
def test_a_code_works_once_even_if_workos_would_take_it_again(
    config: Config, workos: WorkOSClient, api: responses.RequestsMock, by: str
) -> None:
    """AUT-11: for each try is a challenge of its own."""
    asked = {
        "code": "mfa_challenge",
        "pending_authentication_token": "pending-canary",
        "user": {"id": "user_01ADA", "email": ADA},
        "authentication_factors": [{"id": "auth_factor_01", "type": "totp"}],
    }

    def authenticate(request: Any) -> tuple[int, dict[str, str], str]:
        is_first = "magic-auth" in json.loads(request.body)["grant_type"]
        status, reply = (403, asked) if is_first and by == "off" else (200, AUTHENTICATED)
        return status, {}, json.dumps(reply)

    api.post(SEND_CODE, json=MAGIC_AUTH, status=201)
    api.add_callback(responses.POST, AUTHENTICATE, authenticate)
    api.get(ENROLL, json={**NO_USERS, "data": [FACTOR]})
    api.post(ASK, json=CHALLENGE, status=201)
    api.post(VERIFY, json={"challenge": CHALLENGE, "valid": True})
    app = create_app(replace(config, require_mfa=by), workos=workos)
    owner, thief = Visitor(app), Visitor(app, address="198.51.100.7")
    for one in (owner, thief):
        one.ask_for_code()
        assert one.type_code("424242").location.startswith("/auth/totp?")

    assert owner.post("/auth/totp", one_time_code="131313").location == "/"
    assert heading(thief.post("/auth/totp", one_time_code="131313")) == "This code no longer works"
    assert not thief.is_signed_in()


def test_setting_up_an_app(visitor: Visitor, api: responses.RequestsMock) -> None:
    required(api, visitor, "mfa_enrollment")
    made = {
        "authentication_factor": {**FACTOR, "totp": TOTP},
        "authentication_challenge": CHALLENGE,
    }
    nobody = {"object": "list", "data": [], "list_metadata": {"before": None, "after": None}}
    api.get(ENROLL, json=nobody)
    api.post(ENROLL, json=made, status=201)

    page = visitor.get(visitor.post("/auth/enroll-totp/begin").location)
    assert "CANA RYCA" in page.text
    assert visitor.post("/auth/enroll-totp", one_time_code="424242").status_code == 303

    enroll = {"type": "totp", "totp_issuer": NAME, "totp_user": ADA}
    assert bodies(api)[2:] == [
        ("GET", f"{ENROLL}?limit=100&order=asc", None),
        ("POST", ENROLL, enroll),
        ("POST", ASK, {}),
        ("POST", AUTHENTICATE, GRANT),
    ]


def test_typing_the_code_that_this_application_asks_for(
    config: Config, workos: WorkOSClient, api: responses.RequestsMock
) -> None:
    """WorkOS falls back to another organization unless it is told which one was chosen."""
    visitor = Visitor(create_app(replace(config, require_mfa="on"), workos=workos))
    visitor.client.environ_base["HTTP_USER_AGENT"] = FIREFOX
    authenticated = {**AUTHENTICATED, "organization_id": "org_01ACME"}
    api.post(SEND_CODE, json=MAGIC_AUTH, status=201)
    api.post(AUTHENTICATE, json=authenticated)
    api.get(ENROLL, json={**NO_USERS, "data": [FACTOR]})
    api.post(ASK, json=CHALLENGE, status=201)
    api.post(VERIFY, json={"challenge": CHALLENGE, "valid": True})
    visitor.ask_for_code()
    visitor.type_code("424242")

    assert visitor.post("/auth/totp", one_time_code="424242").location == "/"

    refresh = {
        **CLIENT,
        **BROWSER,
        "grant_type": "refresh_token",
        "refresh_token": "refresh-canary",
        "organization_id": "org_01ACME",
    }
    assert bodies(api)[-3:] == [
        ("POST", ASK, {}),
        ("POST", VERIFY, {"code": "424242"}),
        ("POST", AUTHENTICATE, refresh),
    ]


@pytest.mark.parametrize(
    "totp",
    [
        None,
        {**TOTP, "uri": "javascript:alert(1)"},
        {**TOTP, "secret": "<script>"},
        {**TOTP, "secret": None},
    ],
)
def test_what_no_app_could_read_is_not_shown(
    visitor: Visitor, api: responses.RequestsMock, totp: object
) -> None:
    required(api, visitor, "mfa_enrollment")
    made = {
        "authentication_factor": {**FACTOR, "totp": totp},
        "authentication_challenge": CHALLENGE,
    }
    nobody = {"object": "list", "data": [], "list_metadata": {"before": None, "after": None}}
    api.get(ENROLL, json=nobody)
    api.post(ENROLL, json=made, status=201)

    refused = visitor.post("/auth/enroll-totp/begin")

    assert heading(refused) == "The sign-in service gave an unexpected answer"


@pytest.mark.parametrize(
    ("code", "title"),
    [
        ("invalid_one_time_code", "That code is not right"),
        ("one_time_code_previously_used", "This code no longer works"),
        ("one_time_code_expired", "This code no longer works"),
        ("one_time_code_too_many_attempts", "Too many wrong codes"),
        ("invalid_pending_authentication_token", "This sign-in took too long"),
        ("user_mismatch", "This sign-in took too long"),
        ("invalid_grant", "This sign-in took too long"),
    ],
)
@pytest.mark.parametrize("envelope", ["code", "error"])
def test_each_refusal_of_a_code_has_words_for_it(
    visitor: Visitor, api: responses.RequestsMock, code: str, title: str, envelope: str
) -> None:
    factors = [{"id": "auth_factor_01", "type": "totp"}]
    required(api, visitor, "mfa_challenge", authentication_factors=factors)
    api.replace(responses.POST, AUTHENTICATE, json={envelope: code}, status=400)

    assert heading(visitor.post("/auth/totp", one_time_code="424242")) == title


@pytest.mark.parametrize(
    "more",
    [{}, {"authentication_factors": [{"id": "auth_factor_01", "type": "sms"}]}, {"user": None}],
)
def test_what_cannot_be_asked_for_here_is_explained(
    visitor: Visitor, api: responses.RequestsMock, more: dict[str, object]
) -> None:
    api.post(SEND_CODE, json=MAGIC_AUTH, status=201)
    question = {"code": "mfa_challenge", "pending_authentication_token": "pending-canary", **more}
    api.post(AUTHENTICATE, json=question, status=403)
    visitor.ask_for_code()

    refused = visitor.type_code("424242")

    assert (refused.status_code, heading(refused)) == (403, "A second factor is needed")

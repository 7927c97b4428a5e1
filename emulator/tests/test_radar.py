"""Radar asks for one more proof where a test says that a sign-in looks suspicious."""

from typing import Any

import pytest
from workos import WorkOSClient

from bare_http import MAGIC_AUTH_GRANT, BareHttp

ADA = "ada@example.com"
GRANT = "urn:workos:oauth:grant-type:radar-email-challenge:code"


def asked(http: BareHttp, code: str = "radar_email_challenge", email: str = ADA) -> dict[str, Any]:
    http.set("radar-challenges", email=email, code=code)
    reply = http.redeem(http.send_code(email), email)
    assert reply.status_code == 403
    assert reply.json()["code"] == code
    return dict(reply.json())


@pytest.mark.parametrize("code", ["radar_email_challenge", "radar_challenge"])
def test_the_code_of_the_challenge_answers(http: BareHttp, workos: WorkOSClient, code: str) -> None:
    refused = asked(http, code)
    challenge = workos.user_management.get_radar_challenge(refused["radar_challenge_id"])
    assert challenge.code == http.mails()[0]["one_time_code"]

    reply = workos.user_management.authenticate_with_radar_email_challenge(
        code=challenge.code,
        radar_challenge_id=challenge.id,
        pending_authentication_token=refused["pending_authentication_token"],
    )

    assert reply.user.email == ADA


def test_somebody_elses_challenge_or_a_wrong_code_is_refused(http: BareHttp) -> None:
    eve, ada = asked(http, email="eve@example.com"), asked(http)

    def said(challenge_id: str, code: str) -> Any:
        token = ada["pending_authentication_token"]
        fields = {"pending_authentication_token": token, "radar_challenge_id": challenge_id}
        return http.authenticate(GRANT, code=code, **fields).json()["code"]

    code = http.mails()[0]["one_time_code"]
    assert said(eve["radar_challenge_id"], code) == "invalid_radar_challenge"
    assert said(ada["radar_challenge_id"], "wrong") == "invalid_one_time_code"


def test_by_sms_it_is_only_asked(http: BareHttp) -> None:
    assert asked(http, "radar_sms_challenge")["user"]["email"] == ADA


def test_it_ends_when_a_test_says_so(http: BareHttp) -> None:
    asked(http)
    http.set("radar-challenges", email=ADA, code=None)
    assert http.authenticate(MAGIC_AUTH_GRANT, code=http.send_code(), email=ADA).status_code == 200


def test_a_challenge_that_it_does_not_know_is_explained(http: BareHttp) -> None:
    body = {"email": ADA, "code": "radar"}
    assert http.browser.post("/_emulate/radar-challenges", json=body).status_code == 400
    unknown = http.api.get("/user_management/radar_challenges/none").json()
    assert unknown["code"] == "entity_not_found"

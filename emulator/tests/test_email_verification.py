"""An address that no provider vouches for is verified by a code."""

from typing import Any

import pytest
import time_machine
from workos import WorkOSClient

from bare_http import BareHttp
from workos_emulator.rules import EMAIL_VERIFICATION_PER_WINDOW, ONE_TIME_CODE_LIFETIME

GRANT = "urn:workos:oauth:grant-type:email-verification:code"
NOON = "2026-01-15T12:00:00Z"


def asked(http: BareHttp) -> dict[str, Any]:
    """The refusal that somebody gets for an address that is not verified."""
    http.set("email-verification", email="ada@example.com", required=True)
    reply = http.sign_in_at_provider()
    assert reply.status_code == 403
    body: dict[str, Any] = reply.json()
    return body


def verify(http: BareHttp, asked: dict[str, Any], code: str | None = None) -> dict[str, Any]:
    token = asked["pending_authentication_token"]
    code = code or http.mails()[0]["one_time_code"]
    body = http.authenticate(GRANT, code=code, pending_authentication_token=token).json()
    return dict(body)


def test_the_code_is_mailed_and_answers(http: BareHttp, workos: WorkOSClient) -> None:
    refused = asked(http)
    assert refused["code"] == "email_verification_required"
    assert refused["email"] == "ada@example.com"
    shown = workos.user_management.get_email_verification(refused["email_verification_id"])
    [mail] = http.mails(to="ada@example.com")
    assert mail["one_time_code"] == shown.code

    reply = workos.user_management.authenticate_with_email_verification(
        code=shown.code, pending_authentication_token=refused["pending_authentication_token"]
    )

    assert reply.user.email_verified
    assert reply.authentication_method == "GitHubOAuth"


def test_it_can_be_asked_of_everybody_and_of_nobody(http: BareHttp) -> None:
    assert http.sign_in_at_provider().status_code == 200
    http.set("email-verification", required=True)
    assert http.sign_in_at_provider().status_code == 403
    http.set("email-verification", required=False)
    assert http.sign_in_at_provider().status_code == 200


def test_a_code_of_magic_auth_is_proof_enough(http: BareHttp) -> None:
    http.set("email-verification", required=True)
    assert http.sign_in()["user"]["email_verified"]


def test_a_wrong_code_can_be_followed_by_the_right_one(http: BareHttp) -> None:
    refused = asked(http)
    assert verify(http, refused, "wrong")["code"] == "invalid_one_time_code"
    assert verify(http, refused)["user"]["email_verified"]
    assert verify(http, refused)["code"] == "invalid_pending_authentication_token"


def test_another_code_can_be_sent_a_few_times(http: BareHttp, workos: WorkOSClient) -> None:
    refused = asked(http)
    found = workos.user_management.get_email_verification(refused["email_verification_id"])
    send = f"/user_management/users/{found.user_id}/email_verification/send"

    statuses = [http.api.post(send).status_code for _ in range(EMAIL_VERIFICATION_PER_WINDOW + 1)]

    assert statuses == [200, 200, 200, 429]
    assert len(http.mails()) == 1 + EMAIL_VERIFICATION_PER_WINDOW
    assert verify(http, refused)["user"]["id"] == found.user_id
    with time_machine.travel("2030-01-01"):
        assert http.api.post(send).json()["code"] == "email_already_verified"


def test_the_endpoint_that_confirms_has_names_of_its_own(http: BareHttp) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        asked(http)
        found = http.mails()[0]["one_time_code"]
        [user] = http.api.get("/user_management/users").json()["data"]
        confirm = f"/user_management/users/{user['id']}/email_verification/confirm"

        def said(code: str) -> Any:
            return http.api.post(confirm, json={"code": code}).json()

        assert said("wrong")["code"] == "email_verification_code_incorrect"
        assert said(found)["user"]["email_verified"]
        assert said(found)["code"] == "email_verification_code_previously_used"
        asked(http)
        clock.shift(ONE_TIME_CODE_LIFETIME)
        late = said(http.mails()[0]["one_time_code"])
        assert late["code"] == "email_verification_code_expired"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/user_management/email_verification/none"),
        ("POST", "/user_management/users/none/email_verification/send"),
    ],
)
def test_what_there_is_not_is_not_found(http: BareHttp, method: str, path: str) -> None:
    assert http.api.request(method, path).json()["code"] == "entity_not_found"

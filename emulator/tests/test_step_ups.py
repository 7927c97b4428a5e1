"""What holds for everything that WorkOS asks in between: envelopes, lifetimes, refusals."""

import pytest

from bare_http import BareHttp

ADA = "ada@example.com"
COMPLETION = "urn:workos:oauth:grant-type:email-completion"
VERIFICATION = "urn:workos:oauth:grant-type:email-verification:code"


def test_it_asks_in_the_other_envelope_too(http: BareHttp) -> None:
    http.set("step-ups", as_oauth_error=True)
    http.set("email-verification", required=True)

    refused = http.sign_in_at_provider()

    assert refused.status_code == 400
    assert refused.json()["error"] == "email_verification_required"
    assert refused.json()["pending_authentication_token"]
    assert "code" not in refused.json()


def test_tokens_live_as_long_as_a_test_says(http: BareHttp) -> None:
    http.set("step-ups", seconds=0)
    http.set("email-verification", required=True)
    token = http.sign_in_at_provider().json()["pending_authentication_token"]
    code = http.mails()[0]["one_time_code"]

    late = http.authenticate(VERIFICATION, code=code, pending_authentication_token=token)

    assert late.json()["code"] == "invalid_pending_authentication_token"


@pytest.mark.parametrize(
    "denial",
    [
        {"code": "action_denied", "message": "Not before nine."},
        {"code": "policy_denied", "message": "Access denied."},
        {"message": "Access denied."},
    ],
)
def test_somebody_is_denied(http: BareHttp, denial: dict[str, str]) -> None:
    http.set("denials", email=ADA, **denial)

    refused = http.redeem(http.send_code())

    assert (refused.status_code, refused.json()) == (403, denial)
    assert http.sign_in("bob@example.com")["user"]["email"] == "bob@example.com"


def test_an_account_without_an_address_is_asked_for_one_which_is_verified(http: BareHttp) -> None:
    refused = http.sign_in_at_provider(without_email="yes").json()
    assert refused["code"] == "email_completion_required"
    assert "pending_authentication_token" not in refused

    token = refused["email_completion_token"]
    asked = http.authenticate(COMPLETION, email_completion_token=token, email=ADA).json()
    assert asked["code"] == "email_verification_required"
    again = http.authenticate(COMPLETION, email_completion_token=token, email=ADA).json()
    assert again["code"] == "invalid_email_completion_token"
    reply = http.authenticate(
        VERIFICATION,
        code=http.mails()[0]["one_time_code"],
        pending_authentication_token=asked["pending_authentication_token"],
    ).json()
    assert reply["user"]["email"] == ADA


@pytest.mark.parametrize("body", [{"seconds": -1}, {"as_oauth_error": "yes"}, {"other": 1}])
def test_what_the_control_does_not_know_is_explained(
    http: BareHttp, body: dict[str, object]
) -> None:
    assert http.browser.post("/_emulate/step-ups", json=body).status_code == 400

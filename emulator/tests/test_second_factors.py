"""Authenticator apps: enrolled, asked for, and answered once."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
import time_machine

from bare_http import MAGIC_AUTH_GRANT, BareHttp
from workos_emulator.objects import User
from workos_emulator.pytest_plugin import WorkOSEmulator
from workos_emulator.totp import Factor

TOTP_GRANT = "urn:workos:oauth:grant-type:mfa-totp"
ADA, BOB = "ada@example.com", "bob@example.com"


def enroll(http: BareHttp, email: str = ADA) -> dict[str, Any]:
    """The reply of enrolling somebody who may never have been here."""
    http.send_code(email)
    user = http.api.get("/user_management/users", params={"email": email}).json()["data"][0]
    path = f"/user_management/users/{user['id']}/auth_factors"
    reply = http.api.post(path, json={"type": "totp", "totp_issuer": "Shop", "totp_user": email})
    assert reply.status_code == 201
    return dict(reply.json())


def next_code(http: BareHttp, email: str = ADA) -> str:
    """A code that nobody has used, without sleeping."""
    assert http.browser.post("/_emulate/authenticator/wait", json={}).status_code == 201
    shown = http.browser.get("/_emulate/authenticator/codes", params={"email": email}).json()
    return str(shown[0]["code"])


def has_app(http: BareHttp, email: str = ADA) -> str:
    """Enrols and confirms an app; returns the id of the factor."""
    made = enroll(http, email)
    path = f"/auth/challenges/{made['authentication_challenge']['id']}/verify"
    assert http.api.post(path, json={"code": next_code(http, email)}).json()["valid"]
    return str(made["authentication_factor"]["id"])


def challenge(http: BareHttp, factor_id: str) -> str:
    reply = http.api.post(f"/auth/factors/{factor_id}/challenge", json={})
    assert reply.status_code == 201
    return str(reply.json()["id"])


def asked(http: BareHttp, email: str = ADA) -> dict[str, Any]:
    """The refusal that the right one-time code gets."""
    reply = http.authenticate(MAGIC_AUTH_GRANT, code=http.send_code(email), email=email)
    assert reply.status_code == 403, reply.text
    return dict(reply.json())


def answer(
    http: BareHttp, refused: dict[str, Any], challenge_id: str, code: str
) -> httpx2.Response:
    return http.authenticate(
        TOTP_GRANT,
        pending_authentication_token=refused["pending_authentication_token"],
        authentication_challenge_id=challenge_id,
        code=code,
    )


def required(http: BareHttp, **of: object) -> httpx2.Response:
    return http.browser.post("/_emulate/second-factors", json=of)


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")],
)
def test_codes_are_those_of_rfc_6238(seconds: int, code: str) -> None:
    """RFC 6238, appendix B, of which six digits are shown."""
    factor = Factor(User(ADA, "user_1"), "Shop", ADA, secret="GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")

    assert factor.code_at(datetime.fromtimestamp(seconds, UTC)) == code


def test_enrolling_tells_the_secret_once(http: BareHttp) -> None:
    made = enroll(http)
    factor = made["authentication_factor"]

    uri = urlsplit(factor["totp"]["uri"])
    assert (uri.scheme, uri.netloc, uri.path) == ("otpauth", "totp", "/Shop%3Aada%40example.com")
    assert parse_qs(uri.query) == {"secret": [factor["totp"]["secret"]], "issuer": ["Shop"]}
    assert made["authentication_challenge"]["authentication_factor_id"] == factor["id"]
    later = http.api.get(f"/auth/factors/{factor['id']}").json()
    assert later["totp"] == {"issuer": "Shop", "user": ADA}


def test_who_has_an_app_is_asked_for_a_code(http: BareHttp) -> None:
    factor_id = has_app(http)
    refused = asked(http)

    assert refused["code"] == "mfa_challenge"
    assert refused["authentication_factors"] == [{"id": factor_id, "type": "totp"}]
    assert refused["user"]["email"] == ADA
    signed_in = answer(http, refused, challenge(http, factor_id), next_code(http))
    assert signed_in.json()["authentication_method"] == "MagicAuth"
    refresh = http.refresh(signed_in.json()["refresh_token"])
    assert refresh.status_code == 200  # nobody is asked again


@pytest.mark.parametrize(
    "of", [{"everybody": True}, {"emails": ["Ada@example.com"]}, {"organization_ids": ["org_1"]}]
)
def test_where_it_is_required_people_enrol_while_they_sign_in(
    http: BareHttp, of: dict[str, object]
) -> None:
    organizations = {"email": ADA, "organizations": [{"id": "org_1", "name": "Acme"}]}
    http.browser.post("/_emulate/organizations", json=organizations)
    assert required(http, **of).status_code == 201
    refused = asked(http)

    assert refused["code"] == "mfa_enrollment"
    assert refused["user"]["email"] == ADA
    made = enroll(http)
    challenge_id = made["authentication_challenge"]["id"]
    assert answer(http, refused, challenge_id, next_code(http)).status_code == 200
    assert asked(http)["code"] == "mfa_challenge"


def test_nobody_else_is_asked(http: BareHttp) -> None:
    required(http, emails=[BOB], organization_ids=["org_2"])

    assert http.sign_in()["user"]["email"] == ADA


def test_an_app_that_nobody_confirmed_is_not_asked_for(http: BareHttp) -> None:
    enroll(http)

    assert http.sign_in()["user"]["email"] == ADA


def test_a_code_works_once(http: BareHttp) -> None:
    factor_id = has_app(http)
    code = next_code(http)
    first, second = asked(http), asked(http)

    assert answer(http, first, challenge(http, factor_id), code).status_code == 200
    again = answer(http, second, challenge(http, factor_id), code)
    assert (again.status_code, again.json()["code"]) == (400, "one_time_code_previously_used")


def test_a_wrong_code_can_be_corrected_and_five_end_the_challenge(http: BareHttp) -> None:
    factor_id, refused = has_app(http), asked(http)
    first, second = challenge(http, factor_id), challenge(http, factor_id)

    codes = [answer(http, refused, first, "000").json()["code"] for _ in range(6)]
    assert codes == [*["invalid_one_time_code"] * 5, "one_time_code_too_many_attempts"]
    assert answer(http, refused, second, next_code(http)).status_code == 200


def test_tries_are_limited_for_each_challenge(http: BareHttp) -> None:
    factor_id, refused = has_app(http), asked(http)
    challenge_id = challenge(http, factor_id)

    statuses = [answer(http, refused, challenge_id, "000").status_code for _ in range(11)]
    assert statuses == [400] * 10 + [429]


def test_the_challenge_of_somebody_else_is_refused(http: BareHttp) -> None:
    has_app(http)
    refused = asked(http)
    of_bob = challenge(http, has_app(http, BOB))

    reply = answer(http, refused, of_bob, next_code(http, BOB))
    assert (reply.status_code, reply.json()["code"]) == (404, "entity_not_found")


def test_a_challenge_expires(http: BareHttp) -> None:
    with time_machine.travel("2026-05-01T12:00:00Z", tick=False) as clock:
        challenge_id = challenge(http, has_app(http))
        clock.shift(timedelta(minutes=10))
        refused = asked(http)
        reply = answer(http, refused, challenge_id, next_code(http))
    assert reply.json()["code"] == "one_time_code_expired"


def test_a_factor_can_be_removed(http: BareHttp) -> None:
    factor_id = has_app(http)

    assert http.api.delete(f"/auth/factors/{factor_id}").status_code == 204
    assert http.api.get(f"/auth/factors/{factor_id}").status_code == 404
    user_id = http.sign_in()["user"]["id"]
    listed = http.api.get(f"/user_management/users/{user_id}/auth_factors").json()
    assert listed["data"] == []


@pytest.mark.parametrize(("seconds", "is_valid"), [(30, True), (60, False)])
def test_a_phone_may_be_half_a_minute_late_and_no_more(
    http: BareHttp, seconds: int, is_valid: bool
) -> None:
    with time_machine.travel("2026-05-01T12:00:00Z", tick=False):
        challenge_id = enroll(http)["authentication_challenge"]["id"]
        code = next_code(http)
        http.browser.post("/_emulate/authenticator/wait", json={"seconds": seconds})
        verified = http.api.post(f"/auth/challenges/{challenge_id}/verify", json={"code": code})
    assert verified.json()["valid"] is is_valid


def test_the_page_shows_what_an_app_would(http: BareHttp) -> None:
    assert "No authenticator app yet" in http.browser.get("/_emulate/authenticator").text
    has_app(http)

    code = next_code(http)

    page = http.browser.get("/_emulate/authenticator").text
    assert code in page
    assert "Shop" in page
    assert "/_emulate/authenticator" in http.browser.get("/").text


@pytest.mark.parametrize("body", [{"everybody": "yes"}, {"emails": "x"}, {"policy": True}])
def test_what_is_no_policy_is_explained(http: BareHttp, body: dict[str, object]) -> None:
    assert required(http, **body).status_code == 400


def test_the_fixture_tells_the_next_code(workos_emulator: WorkOSEmulator) -> None:
    workos = workos_emulator.client()
    workos.user_management.create_magic_auth(email=ADA)
    user = workos.user_management.list_users(email=ADA).data[0]
    made = workos.multi_factor_auth.create_user_auth_factor(user.id, type="totp")

    for _ in range(2):
        challenge = workos.multi_factor_auth.challenge_factor(made.authentication_factor.id)
        code = workos_emulator.totp_for(ADA)
        assert workos.multi_factor_auth.verify_challenge(challenge.id, code=code).valid


def test_accounts_elsewhere_are_listed(workos_emulator: WorkOSEmulator) -> None:
    workos = workos_emulator.client()
    workos.user_management.create_magic_auth(email=ADA)
    user = workos.user_management.list_users(email=ADA).data[0]

    assert workos.user_management.get_user_identities(user.id) == []

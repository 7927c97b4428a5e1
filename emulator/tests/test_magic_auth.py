from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from workos import RateLimitExceededError, WorkOSClient

from bare_http import BareHttp
from workos_emulator.rules import (
    AUTHENTICATE_PER_WINDOW,
    LIMIT_WINDOW,
    MAGIC_AUTH_PER_WINDOW,
    ONE_TIME_CODE_LIFETIME,
    WRONG_GUESSES_ALLOWED,
)

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)


def a_wrong_guess(one_time_code: str) -> str:
    return f"{(int(one_time_code) + 1) % 1_000_000:06}"


def test_a_person_signs_in_with_a_code(workos: WorkOSClient, http: BareHttp) -> None:
    sent = workos.user_management.create_magic_auth(email="ada@example.com")
    [mail] = http.mails()
    assert mail["one_time_code"] == sent.code
    assert len(sent.code) == 6

    reply = workos.user_management.authenticate_with_magic_auth(
        code=sent.code, email="Ada@Example.com"
    )
    assert reply.user.id == sent.user_id
    assert reply.user.email_verified
    assert reply.user.last_sign_in_at
    assert reply.authentication_method == "MagicAuth"


def test_sending_a_code_signs_up_a_new_person(workos: WorkOSClient) -> None:
    sent = workos.user_management.create_magic_auth(email="ada@example.com")
    user = workos.user_management.get_user(sent.user_id)
    assert not user.email_verified
    assert user.last_sign_in_at is None


def test_a_code_can_be_looked_up(workos: WorkOSClient) -> None:
    sent = workos.user_management.create_magic_auth(email="ada@example.com")
    assert workos.user_management.get_magic_auth(sent.id).code == sent.code


def test_an_unknown_magic_auth_is_not_found(http: BareHttp) -> None:
    response = http.api.get("/user_management/magic_auth/magic_auth_none")
    assert response.status_code == 404
    assert response.json()["message"] == "Magic Auth not found: 'magic_auth_none'."


def test_a_code_works_once(http: BareHttp) -> None:
    code = http.send_code()
    assert http.redeem(code).status_code == 200
    assert http.redeem(code).status_code == 400
    assert http.redeem(code).json()["code"] == "one_time_code_previously_used"


def test_a_code_expires(http: BareHttp) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        code = http.send_code()
        clock.shift(ONE_TIME_CODE_LIFETIME)
        assert http.redeem(code).json()["code"] == "one_time_code_expired"


def test_a_wrong_code_is_invalid(http: BareHttp) -> None:
    assert http.redeem(a_wrong_guess(http.send_code())).json() == {
        "code": "invalid_one_time_code",
        "message": "Request could not be processed.",
    }


def test_a_code_is_good_for_its_own_address_only(http: BareHttp) -> None:
    code = http.send_code("ada@example.com")
    assert http.redeem(code, "eve@example.com").json()["code"] == "invalid_one_time_code"
    assert http.redeem(code, "ada@example.com").status_code == 200


def test_an_older_code_stays_good(http: BareHttp) -> None:
    older = http.send_code()
    http.send_code()
    assert http.redeem(older).status_code == 200


def test_too_many_wrong_guesses_end_a_code_but_not_the_next_one(http: BareHttp) -> None:
    code = http.send_code()
    for _ in range(WRONG_GUESSES_ALLOWED):
        assert http.redeem(a_wrong_guess(code)).json()["code"] == "invalid_one_time_code"
    assert http.redeem(code).json()["code"] == "one_time_code_too_many_attempts"
    assert http.redeem(http.send_code()).status_code == 200


def test_codes_are_limited_by_address(workos: WorkOSClient) -> None:
    send = workos.user_management.create_magic_auth
    with time_machine.travel(NOON, tick=False) as clock:
        for _ in range(MAGIC_AUTH_PER_WINDOW):
            send(email="ada@example.com")
        clock.shift(timedelta(seconds=20))
        with pytest.raises(RateLimitExceededError) as refused:
            send(email="ADA@example.com")
        assert refused.value.retry_after == 40
        assert refused.value.code == "too_many_requests"

        send(email="bob@example.com")
        clock.shift(timedelta(seconds=40))
        send(email="ada@example.com")


def test_guesses_are_limited_by_address(http: BareHttp) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        for _ in range(AUTHENTICATE_PER_WINDOW):
            assert http.redeem("000000", "nobody@example.com").status_code == 400

        response = http.redeem("000000", "Nobody@example.com")
        assert response.status_code == 429
        assert response.headers["Retry-After"] == "60"
        assert response.json()["error"] == "too_many_requests"

        clock.shift(LIMIT_WINDOW)
        assert http.redeem("000000", "nobody@example.com").status_code == 400


@pytest.mark.parametrize("body", [{}, {"email": "ada"}, {"email": ["ada@example.com"]}])
def test_a_bad_address_is_refused(http: BareHttp, body: dict[str, object]) -> None:
    response = http.api.post("/user_management/magic_auth", json=body)
    assert response.status_code == 422
    assert response.json()["code"] == "invalid_request_parameters"

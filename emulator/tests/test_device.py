"""Device codes, as a program, its person and the clock meet them."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest
import time_machine
from workos import AuthorizationError, BadRequestError, WorkOSClient, create_public_client

from bare_http import BASE_URL, BareHttp

ADA = "ada@example.com"
NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)
PAGE = "/_emulate/device"


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def program(http: BareHttp) -> WorkOSClient:
    """The SDK without any secret."""
    return create_public_client(
        client_id="client_emulator", base_url=BASE_URL, http_client=http.browser
    )


def answer(http: BareHttp, user_code: str, **fields: str) -> str:
    """What the page says to somebody who sends its form."""
    return http.browser.post(PAGE, data={"user_code": user_code, **fields}).text


def poll(program: WorkOSClient, device_code: str) -> Any:
    """The reply, or the code of the refusal."""
    try:
        return program.user_management.authenticate_with_device_code(device_code=device_code)
    except BadRequestError as refused:
        return refused.error


def test_a_program_signs_in_without_a_secret_and_stays_so(
    program: WorkOSClient, http: BareHttp, clock: time_machine.Traveller
) -> None:
    made = program.user_management.create_device(client_id="client_emulator")
    assert (made.expires_in, made.interval) == (300, 5)
    assert made.verification_uri_complete == f"{made.verification_uri}?user_code={made.user_code}"
    page = http.browser.get(made.verification_uri_complete)
    assert f'value="{made.user_code}"' in page.text
    assert poll(program, made.device_code) == "authorization_pending"

    assert "is signed in" in answer(http, made.user_code, email=ADA)
    clock.shift(5)
    reply = poll(program, made.device_code)

    assert reply.user.email == ADA
    claims = jwt.decode(reply.access_token, options={"verify_signature": False})
    assert claims["sub"] == reply.user.id
    renewed = program.user_management.authenticate_with_refresh_token(
        refresh_token=reply.refresh_token
    )
    assert renewed.user.id == reply.user.id
    assert poll(program, made.device_code) == "invalid_grant"


def test_the_code_may_be_typed_as_people_do(program: WorkOSClient, http: BareHttp) -> None:
    made = program.user_management.create_device(client_id="client_emulator")

    assert "is signed in" in answer(http, f" {made.user_code.lower().replace('-', ' ')}", email=ADA)


def test_the_person_says_no(
    program: WorkOSClient, http: BareHttp, clock: time_machine.Traveller
) -> None:
    made = program.user_management.create_device(client_id="client_emulator")

    assert "said no" in answer(http, made.user_code, deny="yes")

    assert poll(program, made.device_code) == "access_denied"
    assert "No program waits" in answer(http, made.user_code, email=ADA)


def test_who_asks_too_often_waits_for_longer_each_time(
    program: WorkOSClient, http: BareHttp, clock: time_machine.Traveller
) -> None:
    made = program.user_management.create_device(client_id="client_emulator")
    told = []
    for seconds in (0, 5, 4, 9, 15):
        clock.shift(seconds)
        told.append(poll(program, made.device_code))

    pending, hurried = "authorization_pending", "slow_down"
    assert told == [pending, pending, hurried, hurried, pending]


def test_a_device_code_expires(
    program: WorkOSClient, http: BareHttp, clock: time_machine.Traveller
) -> None:
    made = program.user_management.create_device(client_id="client_emulator")
    clock.shift(300)

    assert poll(program, made.device_code) == "expired_token"
    assert "No program waits" in answer(http, made.user_code, email=ADA)


def test_who_belongs_to_several_organizations_chooses_one(
    program: WorkOSClient, http: BareHttp
) -> None:
    organizations = [{"id": "org_1", "name": "Acme"}, {"id": "org_2", "name": "Globex"}]
    http.set("organizations", email=ADA, organizations=organizations)
    made = program.user_management.create_device(client_id="client_emulator")

    assert "Globex" in answer(http, made.user_code, email=ADA)
    assert "is signed in" in answer(http, made.user_code, email=ADA, organization_id="org_2")
    assert poll(program, made.device_code).organization_id == "org_2"


def test_unknown_codes_and_clients_are_refused(program: WorkOSClient, http: BareHttp) -> None:
    other = create_public_client(
        client_id="client_other", base_url=BASE_URL, http_client=http.browser
    )
    with pytest.raises(BadRequestError) as refused:
        other.user_management.create_device(client_id="client_other")

    assert refused.value.error == "invalid_client"
    assert poll(other, "x") == "invalid_client"
    assert poll(program, "x") == "invalid_grant"


def test_it_can_be_switched_off(program: WorkOSClient, http: BareHttp) -> None:
    http.set("device-codes", enabled=False)

    with pytest.raises(AuthorizationError):
        program.user_management.create_device(client_id="client_emulator")


def test_other_sessions_are_refreshed_with_the_secret_alone(
    program: WorkOSClient, http: BareHttp
) -> None:
    token = http.sign_in(ADA)["refresh_token"]

    with pytest.raises(BadRequestError) as refused:
        program.user_management.authenticate_with_refresh_token(refresh_token=token)
    assert refused.value.error == "unauthorized_client"


def test_forms_are_taken_too(http: BareHttp) -> None:
    made = http.browser.post(
        "/user_management/authorize/device", data={"client_id": "client_emulator"}
    )
    assert len(made.json()["user_code"]) == 9

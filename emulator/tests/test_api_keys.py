"""API keys of organizations and of their people: made, checked, listed, expired, deleted."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from workos import BadRequestError, ConflictError, NotFoundError, WorkOSClient
from workos.user_management.models import UserApiKeyWithValue

from bare_http import BareHttp

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def acme(workos: WorkOSClient) -> str:
    return workos.organizations.create_organization(name="Acme").id


@pytest.fixture
def ada(workos: WorkOSClient, acme: str) -> str:
    user_id = workos.user_management.create_user(email="ada@example.com").id
    workos.organization_membership.create_organization_membership(
        user_id=user_id, organization_id=acme
    )
    return user_id


def key_of(workos: WorkOSClient, user_id: str, acme: str, name: str = "CI") -> UserApiKeyWithValue:
    return workos.user_management.create_user_api_key(user_id, name=name, organization_id=acme)


def is_valid(workos: WorkOSClient, value: str) -> bool:
    return workos.api_keys.create_validation(value=value).api_key is not None


def events(http: BareHttp) -> list[str]:
    listed = http.browser.get("/_emulate/webhooks").json()
    return [one["event"] for one in listed if one["event"].startswith("api_key.")]


def test_a_key_of_an_organization_is_shown_once_and_then_only_checked(
    workos: WorkOSClient, http: BareHttp, acme: str
) -> None:
    made = workos.api_keys.create_organization_api_key(
        acme, name="Nightly", permissions=["reports:read"], expires_at=NOON + HOUR
    )
    assert made.value.startswith("sk_")
    assert (made.last_used_at, made.expires_at) == (None, NOON + HOUR)

    found = workos.api_keys.create_validation(value=made.value).api_key

    assert found is not None
    assert (found.id, found.name, found.permissions) == (made.id, "Nightly", ["reports:read"])
    assert found.owner.to_dict() == {"type": "organization", "id": acme}
    assert found.obfuscated_value == f"sk_...{made.value[-4:]}"
    assert found.last_used_at == NOON
    [listed] = http.api.get(f"/organizations/{acme}/api_keys").json()["data"]
    assert "value" not in listed
    assert events(http) == ["api_key.created"]


def test_a_key_of_a_person_is_for_an_organization_that_they_belong_to(
    workos: WorkOSClient, acme: str, ada: str
) -> None:
    globex = workos.organizations.create_organization(name="Globex").id
    made = key_of(workos, ada, acme)
    found = workos.api_keys.create_validation(value=made.value).api_key

    assert found is not None
    assert found.owner.to_dict() == {"type": "user", "id": ada, "organization_id": acme}
    with pytest.raises(BadRequestError):
        key_of(workos, ada, globex)
    listed = workos.user_management.list_user_api_keys
    assert [one.id for one in listed(ada, organization_id=acme).data] == [made.id]
    assert listed(ada, organization_id=globex).data == []
    assert workos.api_keys.list_organization_api_keys(acme).data == []


def test_an_unknown_an_expired_and_a_deleted_key_are_null_and_no_error(
    workos: WorkOSClient,
    http: BareHttp,
    acme: str,
    ada: str,
    clock: time_machine.Traveller,
) -> None:
    soon = workos.api_keys.create_organization_api_key(acme, name="Soon", expires_at=NOON + HOUR)
    gone, orphan = key_of(workos, ada, acme, "Gone"), key_of(workos, ada, acme, "Orphan")
    workos.api_keys.delete_api_key(gone.id)
    assert is_valid(workos, soon.value)
    clock.shift(HOUR)
    assert is_valid(workos, orphan.value)
    workos.user_management.delete_user(ada)
    globex = workos.organizations.create_organization(name="Globex").id
    closed = workos.api_keys.create_organization_api_key(globex, name="Closed")
    workos.organizations.delete_organization(globex)

    for value in ("sk_never_made", soon.value, gone.value, orphan.value, closed.value):
        reply = http.api.post("/api_keys/validations", json={"value": value})
        assert (reply.status_code, reply.json()) == (200, {"api_key": None})
    with pytest.raises(NotFoundError):
        workos.api_keys.delete_api_key(gone.id)
    assert events(http).count("api_key.revoked") == 1


def test_a_key_can_be_let_expire_later_never_and_now_but_not_twice(
    workos: WorkOSClient, http: BareHttp, acme: str, clock: time_machine.Traveller
) -> None:
    made = workos.api_keys.create_organization_api_key(acme, name="Nightly")

    expire = workos.api_keys.create_api_key_expire
    assert expire(made.id, expires_at=NOON + HOUR).expires_at == NOON + HOUR
    assert expire(made.id, expires_at=None).expires_at is None
    assert expire(made.id).expires_at == NOON

    assert not is_valid(workos, made.value)
    with pytest.raises(ConflictError) as refused:
        expire(made.id)
    assert refused.value.code == "api_key_already_expired"
    assert events(http) == [*["api_key.updated"] * 3, "api_key.created"]


@pytest.mark.parametrize(
    "fields",
    [
        {"name": ""},
        {"name": 1},
        {"expires_at": "2026-01-15T11:00:00.000Z"},
        {"expires_at": "2026-01-16T12:00:00"},
        {"expires_at": "tomorrow"},
        {"permissions": "reports:read"},
    ],
)
def test_a_key_that_makes_no_sense_is_refused(
    http: BareHttp, acme: str, fields: dict[str, object]
) -> None:
    body = {"name": "CI", **fields}
    refused = http.api.post(f"/organizations/{acme}/api_keys", json=body)

    assert refused.status_code == 422
    assert [one["field"] for one in refused.json()["errors"]] == list(fields)


def test_nobody_checks_keys_without_the_key_of_the_environment(http: BareHttp) -> None:
    assert http.browser.post("/api_keys/validations", json={"value": "sk_1"}).status_code == 401

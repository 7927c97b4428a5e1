"""API keys: which programs get in with one, as whom, for how long, and what others are told."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Blueprint, Flask
from flask.typing import ResponseReturnValue
from werkzeug.test import TestResponse
from workos import WorkOSClient

from app import create_app
from app.config import Config
from app.guards import (
    Guard,
    api_key_required,
    current_api_key,
    fresh_login_required,
    login_required,
    permission_required,
)
from app.guards.known_api_keys import KNOWN_FOR, MOST, KnownAPIKeys
from app.session import current_user
from app.session.claims import can, current_organization
from app.session.store import SessionRecord
from app.workos_api.api_keys import APIKey
from tests.auth.asked import set_at_workos
from tests.test_webhooks import SECRET, send
from tests.walk import ADA, Visitor

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
JSON = {"Accept": "application/json"}
VALIDATE = {"method": "POST", "path": "/api_keys/validations"}


@pytest.fixture
def config(make_config: Any) -> Any:
    return make_config(workos_webhook_secret=SECRET, limit_verify_per_visitor="3 per minute")


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as coordinates:
        yield coordinates


@pytest.fixture
def acme(workos: WorkOSClient) -> str:
    return workos.organizations.create_organization(name="Acme").id


@pytest.fixture
def nightly(workos: WorkOSClient, acme: str) -> Any:
    """A key of the organization."""
    return workos.api_keys.create_organization_api_key(
        acme, name="Nightly", permissions=["reports:read"]
    )


@pytest.fixture
def app(app: Flask) -> Flask:
    return with_api(app)


def with_api(app: Flask) -> Flask:
    """Adds views that programs may call with a key."""

    def who() -> ResponseReturnValue:
        return {
            "user": current_user.user_id if current_user else None,
            "organization": current_organization.id if current_organization else None,
            "reads": can("reports:read"),
            "writes": can("reports:write"),
            "key": current_api_key.name,
        }

    guards: dict[str, Guard] = {
        "who": api_key_required,
        "reads": api_key_required("reports:read"),
        "writes": api_key_required("reports:write"),
    }
    for name, guard in guards.items():
        app.add_url_rule(f"/v1/{name}", name, guard(who), methods=["GET", "POST"])
    people: dict[str, Guard] = {
        "person": login_required,
        "lately": fresh_login_required,
        "stacked": permission_required("reports:read"),
    }
    for name, guard in people.items():
        app.add_url_rule(f"/v1/{name}", name, api_key_required(guard(who)))
    return app


def call(visitor: Visitor, value: str, path: str = "/v1/who", method: str = "GET") -> TestResponse:
    headers = {"Authorization": f"Bearer {value}"}
    return visitor.client.open(path, method=method, base_url=visitor.origin, headers=headers)


def checks(visitor: Visitor) -> int:
    """How often WorkOS was asked about a key."""
    return sum(one["path"] == VALIDATE["path"] for one in visitor.api_calls())


def test_the_key_of_an_organization_speaks_for_nobody_in_it(
    visitor: Visitor, nightly: Any, acme: str
) -> None:
    """AUT-42."""
    answer = call(visitor, nightly.value)

    assert answer.json == {
        "user": None,
        "organization": acme,
        "reads": True,
        "writes": False,
        "key": "Nightly",
    }
    assert "Set-Cookie" not in answer.headers
    assert call(visitor, nightly.value, "/v1/stacked").status_code == 200
    assert call(visitor, nightly.value, "/v1/person").status_code == 401


def test_the_key_of_a_person_speaks_for_them_but_is_no_recent_sign_in(
    visitor: Visitor, workos: WorkOSClient, acme: str
) -> None:
    """AUT-42."""
    ada = workos.user_management.create_user(email=ADA).id
    workos.organization_membership.create_organization_membership(user_id=ada, organization_id=acme)
    made = workos.user_management.create_user_api_key(ada, name="Laptop", organization_id=acme)

    answer: Any = call(visitor, made.value)

    assert (answer.json["user"], answer.json["organization"]) == (ada, acme)
    assert call(visitor, made.value, "/v1/person").status_code == 200
    assert call(visitor, made.value, "/v1/lately").status_code == 401


def test_a_key_without_the_permission_is_told_which_is_missing(
    visitor: Visitor, nightly: Any, acme: str
) -> None:
    assert call(visitor, nightly.value, "/v1/reads", "POST").status_code == 200

    refused: Any = call(visitor, nightly.value, "/v1/writes")

    assert refused.status_code == 403
    assert refused.json["error"] == "permission_missing"
    assert refused.json["missing"] == {"permission": "reports:write"}
    assert refused.json["organization_id"] == acme


def test_it_stands_before_a_blueprint_too(app: Flask, visitor: Visitor, nightly: Any) -> None:
    bp = Blueprint("v2", __name__)
    bp.before_request(api_key_required("reports:read"))
    bp.add_url_rule("/v2", view_func=lambda: "fine")
    app.register_blueprint(bp)

    assert call(visitor, nightly.value, "/v2").text == "fine"
    assert visitor.get("/v2").status_code == 401


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer sk_",
        "Bearer sk_" + "x" * 251,
        "Bearer sk_ä",
        "Bearer sk_a sk_b",
        "Bearer eyJhbGciOiJSUzI1NiJ9.e30.c2ln",
        "Bearer whatever",
        "Basic c2tfYTo=",
        "sk_a",
    ],
)
def test_what_cannot_be_a_key_is_refused_and_workos_never_asked(
    visitor: Visitor, header: str | None
) -> None:
    """AUT-43."""
    headers = {} if header is None else {"Authorization": header.encode().decode("latin-1")}
    refused: Any = visitor.get("/v1/who", headers=headers)

    assert refused.status_code == 401
    assert refused.json["error"] in ("api_key_missing", "api_key_invalid")
    assert refused.headers["WWW-Authenticate"].startswith('Bearer realm="API key"')
    assert checks(visitor) == 0


def test_keys_that_were_never_made_or_ended_are_refused_and_asked_about_each_time(
    visitor: Visitor,
    workos: WorkOSClient,
    acme: str,
    nightly: Any,
    clock: time_machine.Traveller,
) -> None:
    """AUT-43: a no is not kept, so a key that was typed too early works as soon as it exists."""
    soon = workos.api_keys.create_organization_api_key(
        acme, name="Soon", expires_at=NOON + timedelta(seconds=KNOWN_FOR - 1)
    )
    assert call(visitor, soon.value).status_code == 200
    workos.api_keys.delete_api_key(nightly.id)
    clock.shift(KNOWN_FOR - 1)

    for number, value in enumerate([soon.value, nightly.value, "sk_never_made"]):
        refused: Any = call(visitor, value)
        assert (refused.status_code, refused.json["error"]) == (401, "api_key_invalid")
        assert (
            refused.headers["WWW-Authenticate"] == 'Bearer realm="API key", error="invalid_token"'
        )
        assert checks(visitor) == 2 + number


def test_workos_is_asked_once_a_minute_about_a_good_key(
    visitor: Visitor, nightly: Any, clock: time_machine.Traveller
) -> None:
    """AUT-44."""
    for _ in range(3):
        assert call(visitor, nightly.value).status_code == 200
        clock.shift(KNOWN_FOR / 3)
    assert checks(visitor) == 1

    assert call(visitor, nightly.value).status_code == 200
    assert checks(visitor) == 2


def test_a_clock_that_is_put_back_lets_no_key_live_longer(
    visitor: Visitor, nightly: Any, clock: time_machine.Traveller
) -> None:
    """AUT-44."""
    assert call(visitor, nightly.value).status_code == 200
    clock.shift(-60 * KNOWN_FOR)

    assert call(visitor, nightly.value).status_code == 200
    assert checks(visitor) == 2


@pytest.mark.parametrize("event", ["api_key.revoked", "api_key.updated"])
def test_a_revoked_key_is_refused_at_once_by_every_worker(
    visitor: Visitor,
    config: Config,
    workos: WorkOSClient,
    nightly: Any,
    event: str,
) -> None:
    """AUT-45: also by those that the webhook did not reach."""
    worker = with_api(create_app(config, workos=workos))
    other = Visitor(worker, visitor.emulator, address="198.51.100.7")
    for each in (visitor, other):
        assert call(each, nightly.value).status_code == 200

    workos.api_keys.delete_api_key(nightly.id)
    assert send(visitor, event, {"id": nightly.id}).json == {"status": "done"}

    for each in (visitor, other):
        assert call(each, nightly.value).status_code == 401


@pytest.mark.parametrize("status", [500, 502, 503, 429, 408, 403, 400])
def test_while_workos_is_down_known_keys_go_on_and_others_are_not_called_wrong(
    visitor: Visitor,
    nightly: Any,
    clock: time_machine.Traveller,
    status: int,
) -> None:
    """AUT-46."""
    assert call(visitor, nightly.value).status_code == 200
    set_at_workos(visitor, "hooks", **VALIDATE, status=status, body={}, count=10)

    clock.shift(KNOWN_FOR - 1)
    assert call(visitor, nightly.value).status_code == 200
    clock.shift(1)
    for value in (nightly.value, "sk_never_made"):
        refused: Any = call(visitor, value)
        assert (refused.status_code, refused.json["error"]) == (503, "api_key_unconfirmed")
        assert int(refused.headers["Retry-After"]) > 0


def test_a_wrong_key_of_our_own_is_our_fault(
    visitor: Visitor, caplog: pytest.LogCaptureFixture, nightly: Any
) -> None:
    """AUT-46."""
    logger = logging.getLogger("app")
    logger.addHandler(caplog.handler)
    set_at_workos(visitor, "hooks", **VALIDATE, status=401, body={"message": "Unauthorized"})

    refused: Any = call(visitor, nightly.value)

    logger.removeHandler(caplog.handler)
    assert (refused.status_code, refused.json["error"]) == (500, "workos_configuration")
    assert "sys_failure" in caplog.messages


def test_nobody_can_have_workos_asked_without_end(
    visitor: Visitor,
    another_visitor: Visitor,
    nightly: Any,
    clock: time_machine.Traveller,
) -> None:
    """AUT-47: good keys do not count, and a known one goes on."""
    for _ in range(5):
        assert call(visitor, nightly.value).status_code == 200
        clock.shift(KNOWN_FOR)
    assert call(visitor, nightly.value).status_code == 200
    for number in range(3):
        assert call(visitor, f"sk_guess_{number}").status_code == 401
    asked = checks(visitor)

    for number in range(3):
        refused: Any = call(visitor, f"sk_another_{number}")
        assert (refused.status_code, refused.json["error"]) == (429, "too_many_requests")
        assert 0 < int(refused.headers["Retry-After"]) <= 61
    assert checks(visitor) == asked
    assert call(visitor, nightly.value).status_code == 200
    assert call(another_visitor, "sk_guess_1").status_code == 401


def test_no_key_is_ever_logged(
    visitor: Visitor, caplog: pytest.LogCaptureFixture, nightly: Any
) -> None:
    """LOG-02: a key that is good is logged by its id, any other by its end."""
    logger = logging.getLogger("app")
    logger.addHandler(caplog.handler)
    wrong = f"{nightly.value[:-6]}canary"

    call(visitor, nightly.value, "/v1/writes")
    call(visitor, wrong)

    logger.removeHandler(caplog.handler)
    told = " ".join(str(vars(record)) for record in caplog.records)
    assert nightly.id in told
    assert "sk_...nary" in told
    for value in (nightly.value, wrong):
        assert value[:12] not in told


def test_only_so_many_keys_are_known_at_once(app: Flask) -> None:
    """The oldest make room, so that nobody can fill the memory."""
    known, record = KnownAPIKeys(), SessionRecord.__new__(SessionRecord)
    with app.app_context():
        for number in range(MOST + 1):
            known.keep(str(number), a_key(f"api_key_{number}"), record)

        assert known.find("0") is None
        assert known.find("1") is not None
        assert known.find(str(MOST)) is not None


def a_key(api_key_id: str) -> APIKey:
    return APIKey(
        id=api_key_id,
        name="CI",
        obfuscated_value="sk_...1234",
        organization_id="org_1",
        user_id=None,
        permissions=(),
        created_at=NOON,
        last_used_at=None,
        expires_at=None,
    )

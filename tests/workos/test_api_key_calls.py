"""The calls about API keys, to the byte, and answers that nobody should believe."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import requests
import responses
import time_machine
from flask import Flask
from werkzeug.test import TestResponse

from app.config import Config
from app.guards import api_key_required
from app.guards.known_api_keys import ENDED_FOR
from tests.test_webhooks import NOON, SECRET, send
from tests.walk import Visitor
from tests.workos.conftest import API
from tests.workos.replies import NOW

VALIDATIONS = f"{API}/api_keys/validations"
VALUE = "sk_canary_1234"
KEY: dict[str, Any] = {
    "object": "api_key",
    "id": "api_key_01",
    "owner": {"type": "organization", "id": "org_01"},
    "name": "Nightly",
    "obfuscated_value": "sk_...1234",
    "last_used_at": None,
    "expires_at": None,
    "permissions": ["reports:read"],
    "created_at": NOW,
    "updated_at": NOW,
}


@pytest.fixture
def config(make_config: Callable[..., Config]) -> Config:
    return make_config(
        workos_api_key="sk_test_wire", workos_base_url=API, workos_webhook_secret=SECRET
    )


@pytest.fixture
def app(app: Flask) -> Flask:
    @app.get("/v1")
    @api_key_required("reports:read")
    def reports() -> str:
        return "fine"

    return app


def call(visitor: Visitor) -> TestResponse:
    return visitor.get("/v1", headers={"Authorization": f"Bearer {VALUE}"})


def test_a_key_is_checked_by_its_value_alone(visitor: Visitor, api: responses.RequestsMock) -> None:
    api.post(VALIDATIONS, json={"api_key": KEY})

    assert call(visitor).text == "fine"

    [made] = api.calls
    assert json.loads(made.request.body or "") == {"value": VALUE}
    assert made.request.headers["Authorization"] == "Bearer sk_test_wire"


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"permissions": None}, 403),
        ({"permissions": "reports:read"}, 403),
        ({"permissions": [1, ["reports:read"]]}, 403),
        ({"owner": {"type": "robot", "id": "robot_01"}}, 503),
        ({"owner": {"type": "user", "id": "user_01"}}, 503),
        ({"owner": {"type": "organization", "id": None}}, 503),
        ({"owner": None}, 503),
        ({"id": 1}, 503),
        ({"expires_at": "tomorrow"}, 503),
    ],
)
def test_a_reply_of_another_shape_lets_nobody_in(
    visitor: Visitor, api: responses.RequestsMock, changes: dict[str, Any], status: int
) -> None:
    """AUT-46."""
    api.post(VALIDATIONS, json={"api_key": {**KEY, **changes}})

    assert call(visitor).status_code == status


@pytest.mark.parametrize(
    ("reply", "status"),
    [
        ({"json": {"api_key": None}}, 401),
        ({"status": 422, "json": {"code": "invalid_request_parameters", "message": "No."}}, 401),
        ({"json": {}}, 503),
        ({"json": []}, 503),
        ({"body": "<h1>Hello</h1>"}, 503),
        ({"body": ""}, 503),
        ({"status": 302, "headers": {"Location": "https://elsewhere.example"}}, 503),
        ({"body": requests.ConnectionError()}, 503),
        ({"body": requests.Timeout()}, 503),
        ({"status": 403, "json": {"code": "access_denied", "message": "No."}}, 503),
        ({"status": 404, "json": {"error": "Not Found"}}, 502),
    ],
)
def test_only_workos_own_no_is_a_no(
    visitor: Visitor, api: responses.RequestsMock, reply: dict[str, Any], status: int
) -> None:
    """AUT-46."""
    api.post(VALIDATIONS, **reply)

    assert call(visitor).status_code == status


def test_a_key_that_ends_while_workos_is_asked_is_not_kept(
    visitor: Visitor, api: responses.RequestsMock
) -> None:
    """AUT-45: also if it had changed before, and that is just being forgotten."""
    with time_machine.travel(NOON, tick=False) as clock:
        send(visitor, "api_key.updated", {"id": "api_key_01"})
        clock.shift(ENDED_FOR - 1)

        def answer(request: object) -> tuple[int, dict[str, str], str]:
            send(visitor, "api_key.revoked", {"id": "api_key_01"}, event_id="event_2")
            clock.shift(2)
            return 200, {}, json.dumps({"api_key": KEY})

        api.add_callback("POST", VALIDATIONS, answer)
        assert call(visitor).text == "fine"

        api.replace("POST", VALIDATIONS, json={"api_key": None})
        assert call(visitor).status_code == 401

"""One view for people and programs: their session, or an access token, or an API key."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.typing import ResponseReturnValue
from werkzeug.test import TestResponse
from workos import WorkOSClient

from app.guards import api_key_required, bearer_required, signed_in_or
from app.session import current_user
from tests.test_bearer import token
from tests.walk import ADA, Visitor, heading

GRACE = "grace@example.com"
TOKEN, KEY = "Bearer", 'Bearer realm="API key"'
JSON = {"Accept": "application/json"}


@pytest.fixture
def key(workos: WorkOSClient) -> str:
    """The key of an organization."""
    acme = workos.organizations.create_organization(name="Acme").id
    make = workos.api_keys.create_organization_api_key
    return make(acme, name="Nightly", permissions=["reports:read"]).value


@pytest.fixture
def app(app: Flask) -> Flask:
    @app.route("/v1/shared", methods=["GET", "POST"])
    @signed_in_or(bearer_required, api_key_required("reports:read"))
    def show() -> ResponseReturnValue:
        return {"user": current_user.method if current_user else None}

    return app


def call(visitor: Visitor, value: str, method: str = "GET") -> TestResponse:
    headers = {"Authorization": f"Bearer {value}"}
    return visitor.client.open(
        "/v1/shared", method=method, base_url=visitor.origin, headers=headers
    )


def test_people_and_programs_share_a_view(visitor: Visitor, key: str) -> None:
    """AUT-48: programs need no CSRF token, and whoever is signed in besides does not count."""
    access_token = token(visitor, GRACE)
    for method in ("GET", "POST"):
        assert call(visitor, key, method).json == {"user": None}
        assert call(visitor, access_token, method).json == {"user": "access_token"}

    visitor.sign_in_by_code(ADA)

    assert visitor.get("/v1/shared").json == {"user": "magic_auth"}
    assert visitor.post("/v1/shared").json == {"user": "magic_auth"}
    assert call(visitor, key).json == {"user": None}
    assert call(visitor, access_token).json == {"user": "access_token"}
    for value in ("sk_never_made", "eyNever.ma.de", "", "Eve"):
        assert call(visitor, value).status_code == 401


def test_a_session_needs_its_csrf_token_whatever_it_brings_besides(
    visitor: Visitor, key: str
) -> None:
    """AUT-48."""
    visitor.sign_in_by_code()

    for headers in ({}, {"Authorization": f"Bearer {key}"}):
        refused = visitor.client.post("/v1/shared", headers=headers)
        assert refused.status_code == 400
        assert heading(refused) == "This page was out of date"


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (None, [TOKEN, KEY]),
        ("sk_never_made", [f'{KEY}, error="invalid_token"', TOKEN]),
        ("eyNever.ma.de", ['Bearer error="invalid_token"', KEY]),
        ("Eve", ['Bearer error="invalid_token"', KEY]),
    ],
)
def test_others_are_told_of_every_way_in(
    visitor: Visitor, value: str | None, told: list[str]
) -> None:
    """AUT-48: first of the one that they tried."""
    answer: Any = visitor.get("/v1/shared", headers=JSON) if value is None else call(visitor, value)

    assert answer.status_code == 401
    assert answer.headers.getlist("WWW-Authenticate") == told


def test_people_are_led_to_sign_in(visitor: Visitor) -> None:
    assert visitor.get("/v1/shared").location == "/sign-in?next=/v1/shared"

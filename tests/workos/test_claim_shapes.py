"""Claims of any shape: a guard lets nobody through by them, and none breaks a page."""

from __future__ import annotations

from typing import Any

import jwt
import pytest
import responses
from flask import Flask

from app.guards import (
    entitlement_required,
    feature_required,
    organization_required,
    permission_required,
    role_required,
)
from tests.walk import Visitor
from tests.workos.replies import AUTHENTICATED, MAGIC_AUTH
from tests.workos.test_calls import AUTHENTICATE, SEND_CODE

GUARDS = {
    "permissions": permission_required("1"),
    "role": role_required("1"),
    "roles": role_required("1"),
    "feature_flags": feature_required("1"),
    "entitlements": entitlement_required("1"),
    "org_id": organization_required,
}
WRONG: dict[str, Any] = {
    "null": None,
    "a number": 1,
    "true": True,
    "an object": {"1": True},
    "a list of other things": [1, True, None, ["1"], {"1": "1"}, "11", "", " 1", "1 "],
    "an empty list": [],
}


def reports() -> str:
    return "The reports"


@pytest.fixture
def ada(app: Flask, visitor: Visitor, api: responses.RequestsMock) -> Any:
    """Ada, who signs in with the claims that a test names."""

    def sign_in(claims: dict[str, Any]) -> Visitor:
        token = jwt.encode({"sid": "session_01", "iat": 0, "exp": 300, **claims}, "k" * 32)
        api.post(SEND_CODE, json=MAGIC_AUTH, status=201)
        api.post(AUTHENTICATE, json={**AUTHENTICATED, "access_token": token})
        visitor.ask_for_code()
        assert visitor.type_code(MAGIC_AUTH["code"]).status_code == 303
        return visitor

    return sign_in


@pytest.mark.parametrize("shape", [*WRONG, "text", "missing"])
def test_a_claim_of_another_shape_lets_nobody_through(app: Flask, ada: Any, shape: str) -> None:
    """AUT-26."""
    for name, guard in GUARDS.items():
        app.add_url_rule(f"/{name}", name, guard(reports))
    visitor = ada({} if shape == "missing" else dict.fromkeys(GUARDS, WRONG.get(shape, "1")))

    open_ones = [name for name in GUARDS if visitor.get(f"/{name}").status_code != 403]

    # Both guards of roles take the one role that is text, as WorkOS says it.
    assert open_ones == (["role", "roles", "org_id"] if shape == "text" else [])


@pytest.mark.parametrize("wanted", ["p:1999", "p:2000"])
def test_two_thousand_permissions_are_read_as_ten_are(app: Flask, ada: Any, wanted: str) -> None:
    app.add_url_rule("/reports", "reports", permission_required(wanted)(reports))

    visitor = ada({"permissions": [f"p:{number}" for number in range(2_000)], "org_id": "o" * 9999})

    assert visitor.get("/reports").status_code == (403 if wanted == "p:2000" else 200)


@pytest.mark.parametrize("org_id", ["<script>alert(1)</script>", "a\r\nb: c"])
def test_a_strange_organization_is_shown_as_text(app: Flask, ada: Any, org_id: str) -> None:
    """WEB-15."""
    app.add_url_rule("/reports", "reports", role_required("admin")(reports))

    page = ada({"org_id": org_id}).get("/reports")

    assert page.status_code == 403
    assert "<script>" not in page.text

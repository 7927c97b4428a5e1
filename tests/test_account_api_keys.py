"""`/account/api-keys`: keys that people make for programs of their own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from werkzeug.test import TestResponse
from workos import WorkOSClient

from app import create_app
from app.account.api_keys import MAX_NAME, MOST, SHOWN_FOR
from app.config import Config
from app.guards import FRESH, api_key_required
from tests.auth.asked import set_at_workos
from tests.totp import logged
from tests.walk import ADA, Visitor, heading

PAGE = "/account/api-keys"
JSON = {"Accept": "application/json"}
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
FORM = {"name": "Laptop", "expires_in_days": "90"}
MAY = ["notes:read", "notes:write"]
BOB = "bob@example.com"


@pytest.fixture
def config(make_config: Callable[..., Config]) -> Config:
    return make_config(api_keys="on")


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as coordinates:
        yield coordinates


@pytest.fixture
def app(app: Flask) -> Flask:
    @app.get("/v1")
    @api_key_required("notes:read")
    def notes() -> str:
        return "fine"

    return app


@pytest.fixture
def ada(visitor: Visitor) -> Visitor:
    """Ada, who has just signed in to an organization, where she may do something."""
    return signed_in(visitor, ADA)


def signed_in(visitor: Visitor, email: str) -> Visitor:
    acme = [{"id": "org_1", "name": "Acme", "role": "member"}]
    set_at_workos(visitor, "organizations", email=email, organizations=acme)
    set_at_workos(visitor, "claims", email=email, claims={"permissions": MAY})
    visitor.sign_in_by_code(email)
    return visitor


def make(visitor: Visitor, **changes: Any) -> Any:
    """Makes a key, as a program would; returns the answer."""
    return visitor.post_json(f"{PAGE}/make", {**FORM, "permissions": MAY, **changes})


def keys(visitor: Visitor) -> list[dict[str, Any]]:
    shown: Any = visitor.get(PAGE, headers=JSON).json
    return list(shown["api_keys"])


def call(visitor: Visitor, value: str) -> TestResponse:
    headers = {"Authorization": f"Bearer {value}"}
    return visitor.app.test_client().get("/v1", base_url=visitor.origin, headers=headers)


def test_a_key_is_made_shown_once_used_and_listed(ada: Visitor) -> None:
    """AUT-49: neither a reload nor another tab shows it again."""
    assert "Your API keys" in ada.get("/account").text
    made = ada.post(f"{PAGE}/make", **FORM, permissions="notes:read")
    assert re.fullmatch(rf"{PAGE}/made\?attempt=\w+", made.location)
    page = ada.get(made.location)

    assert heading(page) == "Your new API key"
    assert page.headers["Cache-Control"] == "no-store"
    [value] = re.findall(r">(sk_[^<]+)</textarea>", page.text)
    assert call(ada, value).text == "fine"
    assert ada.get(made.location).location == PAGE
    listed = ada.get(PAGE).text
    for told in ("Laptop", f"sk_...{value[-4:]}", "For Acme.", "notes:read.", "30 July 2026"):
        assert told in listed, told
    assert "Last used" in listed
    assert value not in listed


def test_a_program_makes_lists_and_revokes_them_in_json(ada: Visitor) -> None:
    made = make(ada).json

    assert made["status"] == "made"
    assert call(ada, made["value"]).text == "fine"
    [listed] = keys(ada)
    assert {
        name: listed[name] for name in ("api_key", "name", "organization_id", "permissions")
    } == {
        "api_key": made["api_key"],
        "name": "Laptop",
        "organization_id": "org_1",
        "permissions": MAY,
    }
    assert listed["last_used_at"] == NOON.isoformat()
    assert listed["expires_at"] == (NOON + timedelta(days=90)).isoformat()
    assert "value" not in listed


def test_a_revoked_key_is_refused_at_once_even_without_the_webhook(ada: Visitor) -> None:
    """AUT-45."""
    made = make(ada).json
    assert call(ada, made["value"]).status_code == 200
    asked = ada.get(f"{PAGE}/revoke?api_key={made['api_key']}")
    assert heading(asked) == "Revoke this API key?"
    assert call(ada, made["value"]).status_code == 200

    revoked = ada.post(f"{PAGE}/revoke", api_key=made["api_key"])

    assert "The API key was revoked." in ada.get(revoked.location).text
    assert call(ada, made["value"]).status_code == 401
    assert keys(ada) == []


def test_nobody_sees_or_revokes_the_key_of_somebody_else(
    ada: Visitor, another_visitor: Visitor
) -> None:
    """AUT-49."""
    value = make(ada).json["value"]
    [key] = keys(ada)
    bob = signed_in(another_visitor, BOB)
    of_bob = make(bob).json["value"]

    assert [one["api_key"] for one in keys(bob)] != [key["api_key"]]
    assert bob.get(f"{PAGE}/revoke?api_key={key['api_key']}").status_code == 404
    assert bob.post(f"{PAGE}/revoke", api_key=key["api_key"]).status_code == 404
    assert call(ada, value).status_code == call(bob, of_bob).status_code == 200


def test_somebody_else_in_the_same_browser_is_not_shown_it(ada: Visitor) -> None:
    """AUT-49."""
    first = ada.post(f"{PAGE}/make", **FORM).location
    cookies = ada.cookies()
    signed_in(ada, BOB)
    ada.take_cookies({name: text for name, text in cookies.items() if "attempt" in name})
    assert ada.get(first).location == PAGE


def test_a_key_is_shown_for_a_moment_and_to_nobody_in_advance(
    ada: Visitor, clock: time_machine.Traveller
) -> None:
    """AUT-49."""
    made = ada.post(f"{PAGE}/make", **FORM)
    [kept] = [one for one in made.headers.getlist("Set-Cookie") if "attempt" in one]
    first = made.location

    assert f"Max-Age={SHOWN_FOR + 1};" in kept
    assert ada.get(first, headers={"Sec-Purpose": "prefetch"}).status_code == 503
    clock.shift(SHOWN_FOR)
    assert ada.get(first).location == PAGE


@pytest.mark.parametrize("asked", [["notes:delete"], [*MAY, "admin"]])
def test_nobody_hands_on_what_they_may_not_do(ada: Visitor, asked: list[str]) -> None:
    """AUT-49."""
    refused = make(ada, permissions=asked)

    assert (refused.status_code, refused.json["error"]) == (403, "permission_missing")
    assert keys(ada) == []


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"name": ""}, 400),
        ({"name": "x" * 61}, 400),
        ({"name": "line\nbreak"}, 400),
        ({"name": ["Laptop"]}, 400),
        ({"expires_in_days": "0"}, 400),
        ({"expires_in_days": "36500"}, 400),
        ({"permissions": "notes:read"}, 400),
        ({"permissions": [["notes:read"]]}, 400),
    ],
)
def test_a_form_that_makes_no_key_is_refused(
    ada: Visitor, changes: dict[str, Any], status: int
) -> None:
    assert make(ada, **changes).status_code == status
    assert keys(ada) == []


def test_a_key_without_a_name_can_be_given_one_at_the_field(ada: Visitor) -> None:
    page = ada.post(f"{PAGE}/make", name="", expires_in_days="30", permissions="notes:write")

    assert (page.status_code, heading(page)) == (400, "Give the key a name")
    assert 'aria-invalid="true" aria-describedby="error"' in page.text
    assert '<option value="30" selected>' in page.text
    assert re.findall(r'value="(\S+)" checked', page.text) == ["notes:write"]


def test_what_is_missing_is_said_in_the_language_of_the_page(ada: Visitor) -> None:
    ada.client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "de"

    page = ada.post(f"{PAGE}/make", name="", expires_in_days="30")

    assert heading(page) == "Geben Sie dem Schlüssel einen Namen"
    assert f"höchstens {MAX_NAME} Zeichen" in page.text


def test_what_workos_does_not_allow_is_said_in_words(ada: Visitor) -> None:
    user_id = ada.api_session().json["user"]["id"]
    body = {"code": "invalid_request_parameters", "message": "Not for API keys."}
    fault = {"method": "POST", "path": f"/user_management/users/{user_id}/api_keys"}
    set_at_workos(ada, "hooks", **fault, status=422, body=body, count=1)

    refused = make(ada)

    assert (refused.status_code, refused.json["error"]) == (400, "api_key_not_accepted")


def test_somebody_has_only_so_many(ada: Visitor, workos: WorkOSClient) -> None:
    """AUT-49."""
    user_id = ada.api_session().json["user"]["id"]
    for _ in range(MOST):
        workos.user_management.create_user_api_key(user_id, name="CI", organization_id="org_1")

    assert make(ada).json["error"] == "too_many_api_keys"
    assert len(keys(ada)) == MOST


def test_making_and_revoking_are_limited(
    make_config: Callable[..., Config], emulator: Flask, connect: Any
) -> None:
    """AUT-49."""
    config = make_config(api_keys="on", limit_verify_per_visitor="3 per minute")
    ada = signed_in(Visitor(create_app(config, workos=connect(config)), emulator), ADA)

    assert [make(ada).status_code for _ in range(4)] == [200, 200, 200, 429]


@pytest.mark.parametrize("path", ["", "/made", "/revoke"])
def test_all_of_it_needs_a_recent_sign_in(
    ada: Visitor, clock: time_machine.Traveller, path: str
) -> None:
    """AUT-49."""
    made = make(ada).json
    clock.shift(FRESH)

    assert ada.get(PAGE + path).location.startswith(f"/sign-in?next={PAGE}{path}")
    for action in ("make", "revoke"):
        refused = ada.post(f"{PAGE}/{action}", **FORM, api_key=made["api_key"])
        assert refused.location == f"/sign-in?next={PAGE}&again=yes"


def test_somebody_who_acts_for_a_person_has_no_part_in_it(visitor: Visitor) -> None:
    """AUT-23, AUT-49."""
    impersonator = {"email": "ops@example.com", "reason": "help"}
    claims = {"act": {"sub": "ops@example.com"}, "org_id": "org_1"}
    set_at_workos(visitor, "claims", email=ADA, impersonator=impersonator, claims=claims)
    visitor.sign_in_by_code()

    assert visitor.get(PAGE).status_code == 403
    assert make(visitor).status_code == 403


def test_without_an_organization_the_page_says_what_is_needed(visitor: Visitor) -> None:
    visitor.sign_in_by_code()

    assert "you have to work in an organization" in visitor.get(PAGE).text
    assert make(visitor).json["error"] == "organization_missing"


def test_no_key_is_in_an_address_or_a_log(ada: Visitor, caplog: pytest.LogCaptureFixture) -> None:
    """LOG-02."""
    caplog.set_level("DEBUG")
    made = make(ada).json
    shown = ada.post(f"{PAGE}/make", **FORM)

    assert made["api_key"] in logged(caplog)
    assert made["value"] not in logged(caplog)
    assert "sk_" not in shown.location
    assert all("sk_" not in value for value in ada.cookies().values())


def test_without_the_setting_there_is_no_such_page(
    make_config: Callable[..., Config], emulator: Flask, connect: Any
) -> None:
    config = make_config()
    ada = signed_in(Visitor(create_app(config, workos=connect(config)), emulator), ADA)

    assert ada.get(PAGE).status_code == 404
    assert "API keys" not in ada.get("/account").text

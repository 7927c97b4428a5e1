"""An organization that lets its people in its own way: what it allows is offered, and no more."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask

from app import create_app
from app.config import Config
from tests.auth.test_sso import ACME, BEA, at_provider, connect, fail_next, target
from tests.walk import ADA, Visitor, heading

TITLE = "Choose how to sign in"


@pytest.fixture
def config(make_config: Any) -> Config:
    """Settings with single sign-on beside codes."""
    config = make_config(sign_in_with=("magic_auth", "sso"))
    assert isinstance(config, Config)
    return config


def require(visitor: Visitor, **policy: object) -> None:
    """Has the organization of the connection require something."""
    connect(visitor)
    body = {"organization_id": "org_acme", **policy}
    made = visitor.emulator.test_client().post("/_emulate/policies", json=body)
    assert made.status_code == 201, made.text


def by_code(visitor: Visitor, email: str = BEA, **fields: str) -> Any:
    """Signs in by code, as far as WorkOS lets that go."""
    visitor.ask_for_code(email, **fields)
    return visitor.type_code(visitor.mailed_code())


def buttons(text: str) -> list[str]:
    main = text.partition("<main")[2]
    return re.findall(r'<(?:button|a class="button)[^>]*>([^<]+)<', main)


@pytest.mark.parametrize("envelope", ["error", "code"])
def test_who_has_to_use_single_sign_on_is_led_there_and_back(
    visitor: Visitor, envelope: str
) -> None:
    """AUT-15: a code alone signs nobody in; in either of WorkOS's envelopes."""
    require(visitor, requires_sso=True, envelope=envelope)

    asked = by_code(visitor, next="/account", state="basket-17")

    assert re.fullmatch(r"/auth/choose-method\?attempt=[0-9a-f]{12}", asked.location)
    page = visitor.get(asked.location)
    assert heading(page) == TITLE
    assert buttons(page.text) == ["Continue with Acme &lt;b&gt;"]
    assert visitor.get("/account").location == "/sign-in?next=/account"
    fields = {"connection_id": "conn_acme", "next": "/account", "state": "basket-17"}
    away = target(visitor.post("/auth/sso", **fields))
    assert visitor.get(at_provider(visitor, away)).location == "/account"
    session = visitor.api_session().json
    assert (session["method"], session["state"]) == ("sso", "basket-17")


def test_after_the_choice_of_an_organization_that_requires_it_too(visitor: Visitor) -> None:
    require(visitor, requires_sso=True)
    listed = [{"id": "org_acme", "name": "Acme"}, {"id": "org_2", "name": "Globex"}]
    body = {"email": ADA, "organizations": listed}
    visitor.emulator.test_client().post("/_emulate/organizations", json=body)
    assert by_code(visitor, ADA).location.startswith("/auth/choose-organization")

    asked = visitor.post("/auth/choose-organization", organization_id="org_acme")

    page = visitor.get(asked.location)
    assert heading(page) == TITLE
    assert 'name="connection_id" value="conn_acme"' in page.text


def test_a_program_gets_the_ways_as_json(visitor: Visitor) -> None:
    require(visitor, auth_methods={"magic_auth": False})
    visitor.post_json("/auth/magic-auth", {"email": BEA})

    asked = visitor.post_json("/auth/magic-auth/verify", {"one_time_code": visitor.mailed_code()})

    answer: Any = asked.json
    assert (asked.status_code, answer["step"]) == (202, "choose_method")
    assert answer["connections"] == [{"id": "conn_acme", "name": ACME["name"]}]
    assert (answer["methods"], answer["email"]) == ([], BEA)


def test_the_token_of_workos_is_kept_nowhere(
    visitor: Visitor, capsys: pytest.CaptureFixture[str]
) -> None:
    """AUT-15, LOG-02: nothing takes it, and a credential that nothing takes is only a danger."""
    token = "canary" * 5  # WorkOS's, and made up
    body = {
        "error": "sso_required",
        "connection_ids": ["conn_acme"],
        "email": BEA,
        "pending_authentication_token": token,
    }
    connect(visitor)
    visitor.ask_for_code(BEA)
    fail_next(visitor, "POST", "/user_management/authenticate", 400, body)
    page = visitor.get(visitor.type_code(visitor.mailed_code()).location)

    assert heading(page) == TITLE
    assert token not in page.text + capsys.readouterr().err
    calls = visitor.exchanges()
    assert visitor.post("/auth/choose-organization", organization_id="org_1").status_code == 409
    assert visitor.exchanges() == calls


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 503},
        {"status": 404, "body": {"code": "entity_not_found", "message": "No."}},
        {"status": 200, "body": {"id": 17, "name": ["Acme"]}},
    ],
    ids=str,
)
def test_a_connection_without_a_name_is_offered_all_the_same(
    visitor: Visitor, fault: dict[str, Any]
) -> None:
    require(visitor, requires_sso=True)
    fail_next(visitor, "GET", "/connections/*", fault["status"], fault.get("body"))

    page = visitor.get(by_code(visitor).location)

    assert buttons(page.text) == ["Continue with your organization"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"connection_ids": "conn_acme"},
        {"connection_ids": [17, None], "email": ["a"]},
        {"connection_ids": []},
    ],
    ids=str,
)
def test_a_reply_that_names_nothing_is_explained(visitor: Visitor, body: dict[str, Any]) -> None:
    """AUT-22."""
    visitor.ask_for_code()
    reply = {"error": "sso_required", **body}
    fail_next(visitor, "POST", "/user_management/authenticate", 400, reply)

    refused = visitor.type_code(visitor.mailed_code())

    assert (refused.status_code, heading(refused)) == (403, "Use your organization's own sign-in")


@pytest.mark.parametrize("methods", ["all", {"magic_auth": "yes"}, {"google_oauth": 1}], ids=str)
def test_only_a_plain_yes_is_a_yes(visitor: Visitor, methods: object) -> None:
    visitor.ask_for_code()
    reply = {"error": "organization_authentication_methods_required", "auth_methods": methods}
    fail_next(visitor, "POST", "/user_management/authenticate", 400, reply)

    assert visitor.type_code(visitor.mailed_code()).status_code == 403


@pytest.mark.parametrize(
    ("door", "said"),
    [
        ("authkit", "Continue with our sign-in service"),
        ("github", "Use your organization's own sign-in"),
    ],
)
def test_a_site_without_it_leads_to_hosted_authkit_or_says_so(
    make_config: Any, emulator: Flask, connect: Any, door: str, said: str
) -> None:
    config = make_config(sign_in_with=("magic_auth", door))
    visitor = Visitor(create_app(config, workos=connect(config)), emulator)
    require(visitor, requires_sso=True)

    assert heading(by_code(visitor)) == said


def test_many_connections_fit_into_a_cookie(visitor: Visitor) -> None:
    """SES-03."""
    ids = [f"conn_{number:026}" for number in range(30)]
    for number, one in enumerate(ids[:10]):
        connect(visitor, id=one, name=f"Company {number} {'é' * 60}")
    visitor.ask_for_code(BEA)
    reply = {"error": "sso_required", "connection_ids": ids, "email": BEA}
    fail_next(visitor, "POST", "/user_management/authenticate", 400, reply)

    page = visitor.get(visitor.type_code(visitor.mailed_code()).location)

    assert len(buttons(page.text)) == 10
    assert all(len(name + value) < 4_000 for name, value in visitor.cookies().items())

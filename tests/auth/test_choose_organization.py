"""A person who belongs to several organizations chooses which one to sign in to."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from flask import Flask

from app import create_app
from app.auth.attempt import STEP_LIFETIME
from app.config import Config
from app.keys import CLOCK_SKEW
from tests.walk import ADA, Visitor, heading

ACME, GLOBEX = {"id": "org_01ACME", "name": "Acme"}, {"id": "org_01GLOBEX", "name": "Globex <b>"}
NOON = "2026-05-01T12:00:00Z"


def belongs_to(visitor: Visitor, *organizations: dict[str, str]) -> None:
    body = {"email": ADA, "organizations": list(organizations)}
    assert (
        visitor.emulator.test_client().post("/_emulate/organizations", json=body).status_code == 201
    )


def asked(visitor: Visitor, **fields: str) -> Any:
    """Signs in by code as far as the choice."""
    belongs_to(visitor, ACME, GLOBEX)
    visitor.ask_for_code(**fields)
    return visitor.type_code(visitor.mailed_code())


def choose(visitor: Visitor, organization: str, **fields: str) -> Any:
    return visitor.post("/auth/choose-organization", organization_id=organization, **fields)


def test_one_is_asked_after_the_code_and_signed_in_after_the_choice(visitor: Visitor) -> None:
    away = asked(visitor, next="/account", state="basket-17")

    assert away.status_code == 303
    assert re.fullmatch(r"/auth/choose-organization\?attempt=[0-9a-f]{12}", away.location)
    page = visitor.get(away.location)
    assert heading(page) == "Choose an organization"
    assert "Acme" in page.text
    assert "Globex &lt;b&gt;" in page.text
    assert not visitor.is_signed_in()

    chosen = choose(visitor, "org_01GLOBEX")
    assert (chosen.status_code, chosen.location) == (303, "/account")
    session = visitor.api_session().json
    assert session["workos"]["organization_id"] == "org_01GLOBEX"
    assert (session["method"], session["state"]) == ("magic_auth", "basket-17")


def test_with_one_organization_nobody_is_asked(visitor: Visitor) -> None:
    belongs_to(visitor, ACME)

    assert visitor.sign_in_by_code().location == "/"
    assert visitor.api_session().json["workos"]["organization_id"] == "org_01ACME"


def test_a_program_gets_the_choice_as_json(visitor: Visitor) -> None:
    belongs_to(visitor, ACME, GLOBEX)
    visitor.post_json("/auth/magic-auth", {"email": ADA})
    asked = visitor.post_json("/auth/magic-auth/verify", {"one_time_code": visitor.mailed_code()})

    answer: Any = asked.json
    assert asked.status_code == 202
    assert (answer["status"], answer["step"]) == ("step_required", "choose_organization")
    assert answer["organizations"] == [ACME, GLOBEX]
    chosen = visitor.post_json("/auth/choose-organization", {"organization_id": "org_01ACME"})
    assert chosen.json == {"status": "signed_in", "return_to": "/"}


def test_nobody_is_signed_in_before_the_choice(visitor: Visitor) -> None:
    """AUT-15: the token of a step is no session."""
    asked(visitor)

    assert visitor.get("/account").location == "/sign-in?next=/account"
    assert "signin-session" not in visitor.cookies()


@pytest.mark.parametrize("organization", ["", "org_01ELSE"])
def test_an_organization_that_was_not_offered_is_refused(
    visitor: Visitor, organization: str
) -> None:
    """And the choice can still be made."""
    asked(visitor)
    refused = choose(visitor, organization)

    assert (refused.status_code, heading(refused)) == (400, "Choose an organization")
    assert "Acme" in refused.text
    assert choose(visitor, "org_01ACME").status_code == 303


def test_the_choice_is_made_once(visitor: Visitor) -> None:
    asked(visitor)
    choose(visitor, "org_01ACME")

    again = choose(visitor, "org_01GLOBEX")
    assert heading(again) == "We lost track of this sign-in"
    assert visitor.api_session().json["workos"]["organization_id"] == "org_01ACME"


def test_the_token_reaches_no_page_and_no_log(
    visitor: Visitor, capsys: pytest.CaptureFixture[str]
) -> None:
    """LOG-02."""
    page = visitor.get(asked(visitor).location)

    tokens = [str(call) for call in visitor.api_calls()]
    assert tokens
    assert "pending_authentication_token" not in page.text + capsys.readouterr().err


def test_a_step_lives_ten_minutes(
    make_config: Callable[..., Config], emulator: Flask, connect: Any
) -> None:
    config = make_config()
    visitor = Visitor(create_app(config, workos=connect(config)), emulator)
    with time_machine.travel(NOON, tick=False) as clock:
        away = asked(visitor).location
        clock.shift(STEP_LIFETIME)
        late = choose(visitor, "org_01ACME")
        assert heading(late) == "This sign-in took too long"
        clock.shift(10 * 60 + CLOCK_SKEW)
        assert heading(visitor.get(away)) == "We lost track of this sign-in"


def test_more_organizations_than_a_cookie_holds_are_explained(visitor: Visitor) -> None:
    """SES-03: browsers drop too large a cookie without a word, and people would go in a circle."""
    many = [{"id": f"org_{number:026}", "name": f"Company {number}"} for number in range(41)]
    belongs_to(visitor, *many)
    visitor.ask_for_code()
    refused = visitor.type_code(visitor.mailed_code())

    assert (refused.status_code, heading(refused)) == (403, "Choose an organization")
    assert "Use another address" in refused.text


def test_forty_organizations_fit_into_a_cookie(visitor: Visitor) -> None:
    """SES-03."""
    many = [{"id": f"org_{number:026}", "name": f"Company {number}"} for number in range(40)]
    belongs_to(visitor, *many)
    visitor.ask_for_code()
    away = visitor.type_code(visitor.mailed_code())

    assert away.status_code == 303
    assert all(len(name + value) < 4_000 for name, value in visitor.cookies().items())
    assert choose(visitor, many[39]["id"]).status_code == 303


def test_steps_can_follow_each_other(visitor: Visitor) -> None:
    """A loop: what WorkOS asks after the choice leads on as well."""
    asked(visitor)
    body = {
        "code": "organization_selection_required",
        "pending_authentication_token": "another",
        "organizations": [ACME],
    }
    fault = {"method": "POST", "path": "/user_management/authenticate", "status": 403, "body": body}
    visitor.emulator.test_client().post("/_emulate/hooks", json=fault)

    again = choose(visitor, "org_01GLOBEX")

    assert again.status_code == 303
    page = visitor.get(again.location).text
    assert "Acme" in page
    assert "Globex" not in page


def test_a_step_without_a_page_is_explained(visitor: Visitor) -> None:
    visitor.ask_for_code()
    body = {"code": "mfa_challenge", "pending_authentication_token": "secret", "user": {}}
    fault = {"method": "POST", "path": "/user_management/authenticate", "status": 403, "body": body}
    visitor.emulator.test_client().post("/_emulate/hooks", json=fault)

    refused = visitor.type_code(visitor.mailed_code())

    assert (refused.status_code, heading(refused)) == (403, "A second factor is needed")
    assert "secret" not in refused.text


def test_a_choice_that_comes_too_late_for_workos_says_so(visitor: Visitor) -> None:
    """Not that a link has been used: there was none."""
    asked(visitor)
    body = {"error": "invalid_grant", "error_description": "canary"}
    fault = {"method": "POST", "path": "/user_management/authenticate", "status": 400, "body": body}
    visitor.emulator.test_client().post("/_emulate/hooks", json=fault)

    assert heading(choose(visitor, "org_01ACME")) == "This sign-in took too long"

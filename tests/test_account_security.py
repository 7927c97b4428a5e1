"""`/account/security`: a person's authenticator apps, and the ways in that WorkOS knows of."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask

from app import create_app
from app.config import Config
from app.guards import FRESH
from tests.totp import fails_next, logged, next_totp, set_up
from tests.walk import ADA, Visitor, heading

BOB = "bob@example.com"
NOON = "2026-05-01T12:00:00Z"


def add_app(visitor: Visitor) -> Any:
    """Adds an authenticator app, as somebody who is signed in."""
    begun = visitor.post("/account/security/add")
    assert begun.status_code == 303, begun.text
    return visitor.post("/account/security/confirm", one_time_code=next_totp(visitor))


def factors(visitor: Visitor) -> list[dict[str, Any]]:
    shown: Any = visitor.get("/account/security", headers={"Accept": "application/json"}).json
    return list(shown["factors"])


def test_an_app_is_added_and_asked_for_from_then_on(visitor: Visitor) -> None:
    visitor.sign_in_by_code()
    assert "How you sign in" in visitor.get("/account").text
    begun = visitor.post("/account/security/add")
    page = visitor.get(begun.location)

    assert heading(page) == "Add an authenticator app"
    assert page.text.count("<svg") == 1
    assert page.headers["Cache-Control"] == "no-store"
    added = visitor.post("/account/security/confirm", one_time_code=next_totp(visitor))
    assert (added.status_code, added.location) == (303, "/account/security?done=added")
    listed = visitor.get(added.location).text
    assert "The authenticator app was added." in listed
    assert "Authenticator app 1" in listed
    visitor.sign_out()
    visitor.ask_for_code()
    assert "/auth/totp?" in visitor.type_code(visitor.mailed_code()).location


def test_an_app_is_removed(visitor: Visitor) -> None:
    visitor.sign_in_by_code()
    add_app(visitor)
    [factor] = factors(visitor)

    removed = visitor.post("/account/security/remove", factor=factor["factor"])

    assert removed.location == "/account/security?done=removed"
    assert factors(visitor) == []
    visitor.sign_out()
    assert visitor.sign_in_by_code().location == "/"


@pytest.mark.parametrize("path", ["/account/security/add", "/account/security/remove"])
def test_changes_need_a_recent_sign_in(
    make_config: Callable[..., Config], emulator: Flask, connect: Any, path: str
) -> None:
    """AUT-16."""
    config = make_config()
    visitor = Visitor(create_app(config, workos=connect(config)), emulator)
    with time_machine.travel(NOON, tick=False) as clock:
        visitor.sign_in_by_code()
        clock.shift(timedelta(seconds=FRESH))
        refused = visitor.post(path)

    assert refused.location == "/sign-in?next=/account/security&again=yes"


def test_the_other_sessions_can_be_ended_after_a_change(
    visitor: Visitor, another_visitor: Visitor
) -> None:
    """AUT-16."""
    another_visitor.sign_in_by_code()
    visitor.sign_in_by_code()
    page = visitor.get(add_app(visitor).location).text

    assert "You are still signed in elsewhere." in page
    assert 'action="/account/sessions/end-others"' in page
    visitor.post("/account/sessions/end-others")
    assert not another_visitor.is_signed_in()
    assert "still signed in elsewhere" not in visitor.get("/account/security?done=added").text


def test_nobody_removes_the_app_of_somebody_else(
    visitor: Visitor, another_visitor: Visitor
) -> None:
    """AUT-15: it might as well not exist."""
    of_bob = set_up(another_visitor, BOB)
    visitor.sign_in_by_code()

    refused = visitor.post("/account/security/remove", factor=of_bob)

    assert (refused.status_code, heading(refused)) == (404, "That authenticator app is not there")


def test_nobody_confirms_in_another_browser_or_as_somebody_else(
    visitor: Visitor, another_visitor: Visitor
) -> None:
    """AUT-15, AUT-17: the secret of one person is shown to no other, in the same browser either."""
    visitor.sign_in_by_code()
    page = visitor.post("/account/security/add").location
    another_visitor.sign_in_by_code(BOB)
    assert heading(another_visitor.get(page)) == "We lost track of this sign-in"

    visitor.sign_in_by_code(BOB)
    assert heading(visitor.get(page)) == "We lost track of this sign-in"


def test_signing_out_forgets_the_secret(visitor: Visitor) -> None:
    """AUT-17."""
    visitor.sign_in_by_code()
    page = visitor.post("/account/security/add").location
    visitor.sign_out()
    visitor.sign_in_by_code()

    assert heading(visitor.get(page)) == "We lost track of this sign-in"


def test_a_wrong_code_can_be_corrected_five_times(visitor: Visitor) -> None:
    """AUT-09."""
    visitor.sign_in_by_code()
    visitor.post("/account/security/add")
    for left in (4, 3, 2, 1, 0):
        wrong = visitor.post("/account/security/confirm", one_time_code="000")
        said = f"{left} tr" if left else "No tries left"
        assert heading(wrong) == "That code is not right"
        assert said in wrong.text
        assert "<svg" in wrong.text

    late = visitor.post("/account/security/confirm", one_time_code=next_totp(visitor))
    assert heading(late) == "Too many wrong codes"
    assert not factors(visitor)[0]["is_confirmed"]


def test_what_nobody_finished_is_shown_as_such_and_replaced(visitor: Visitor) -> None:
    visitor.sign_in_by_code()
    visitor.post("/account/security/add")
    assert "Not finished" in visitor.get("/account/security").text

    add_app(visitor)

    assert [one["is_confirmed"] for one in factors(visitor)] == [True]


def test_no_secret_is_in_an_address_or_a_log(
    visitor: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    """AUT-17, LOG-02."""
    caplog.set_level("DEBUG")
    visitor.sign_in_by_code()
    begun: Any = visitor.post_json("/account/security/add", {}).json
    code = next_totp(visitor)
    visitor.post("/account/security/confirm", one_time_code=code)

    written = logged(caplog)
    assert "authn_factor_added" in written
    assert begun["secret"] in begun["uri"]
    assert begun["secret"] not in written
    assert f'"{code}"' not in written


def test_accounts_elsewhere_are_listed(visitor: Visitor) -> None:
    visitor.sign_in_by_code()
    listed = {"idp_id": "1", "type": "OAuth", "provider": "GoogleOAuth"}
    fails_next(visitor, ADA, "/identities", 200, [listed])

    assert "With your account at Google" in visitor.get("/account/security").text


def test_somebody_without_a_user_is_told_so(visitor: Visitor) -> None:
    visitor.sign_in_by_code()
    body = {"code": "entity_not_found", "message": "There is no such user."}
    fails_next(visitor, ADA, "/auth_factors", 404, body)

    page = visitor.get("/account/security")

    assert page.status_code == 200
    assert "Your organization looks after how you sign in" in page.text


def test_while_workos_is_down_the_page_says_so(visitor: Visitor) -> None:
    """AUT-22."""
    visitor.sign_in_by_code()
    fails_next(visitor, ADA, "/auth_factors", 500)

    page = visitor.get("/account/security")

    assert (page.status_code, heading(page)) == (502, "The sign-in service has a problem")


def test_a_stranger_is_asked_to_sign_in(visitor: Visitor) -> None:
    assert visitor.get("/account/security").location == "/sign-in?next=/account/security"


@pytest.mark.parametrize("path", ["/account/security/add", "/account/security/remove"])
def test_who_acts_for_somebody_changes_nothing(visitor: Visitor, path: str) -> None:
    """AUT-16, AUT-23."""
    claims = {"email": ADA, "impersonator": {"email": "ops@example.com", "reason": "help"}}
    body = {**claims, "claims": {"act": {"sub": "ops@example.com"}}}
    assert visitor.emulator.test_client().post("/_emulate/claims", json=body).status_code == 201
    visitor.sign_in_by_code()

    refused = visitor.post(path)

    assert refused.status_code == 403
    assert heading(refused) == "Only the person themselves can do this"
    assert factors(visitor) == []

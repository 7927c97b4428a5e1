"""A second factor while signing in: asked for by WorkOS, or because REQUIRE_MFA says so."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
import segno
import time_machine
from flask import Flask

from app import create_app
from app.auth.attempt import STEP_LIFETIME
from app.config import Config
from app.web.qr_code import QUIET_ZONE
from tests.auth.asked import answer_next
from tests.totp import NAME, answers_next, logged, next_totp, requires_mfa, set_up, user_of
from tests.walk import ADA, Visitor, heading

BOB = "bob@example.com"


def asked(visitor: Visitor, email: str = ADA, **fields: str) -> Any:
    """Signs in by code as far as the second factor."""
    visitor.ask_for_code(email, **fields)
    return visitor.type_code(visitor.mailed_code())


def type_totp(visitor: Visitor, code: str, **fields: str) -> Any:
    return visitor.post("/auth/totp", one_time_code=code, **fields)


def test_who_has_an_app_types_its_code(visitor: Visitor) -> None:
    set_up(visitor)
    away = asked(visitor, next="/account", state="basket-17")

    assert re.fullmatch(r"/auth/totp\?attempt=[0-9a-f]{12}", away.location)
    assert heading(visitor.get(away.location)) == "Enter the code from your app"
    done = type_totp(visitor, next_totp(visitor))
    assert (done.status_code, done.location) == (303, "/account")
    session = visitor.api_session().json
    assert (session["user"]["email"], session["state"]) == (ADA, "basket-17")


def test_nobody_is_signed_in_before_the_code(visitor: Visitor) -> None:
    """AUT-15: neither is the token of the step a session, nor is the step skipped by walking on."""
    set_up(visitor)
    asked(visitor)

    for page in ("/account", "/account/sessions", "/account/security"):
        assert visitor.get(page).location == f"/sign-in?next={page}"
    assert "signin-session" not in visitor.cookies()


def test_a_code_signs_in_once(visitor: Visitor, another_visitor: Visitor) -> None:
    """AUT-11: who has looked over a shoulder is half a minute too late."""
    set_up(visitor)
    asked(visitor)
    asked(another_visitor)
    code = next_totp(visitor)
    type_totp(visitor, code)

    again = type_totp(another_visitor, code)

    assert (again.status_code, heading(again)) == (400, "This code no longer works")
    assert not another_visitor.is_signed_in()
    assert type_totp(another_visitor, next_totp(visitor)).status_code == 303


def test_a_wrong_code_can_be_corrected(visitor: Visitor) -> None:
    set_up(visitor)
    asked(visitor)

    wrong = type_totp(visitor, "000")
    assert (wrong.status_code, heading(wrong)) == (400, "That code is not right")
    assert "4 tries left" in wrong.text
    assert 'action="/auth/totp"' in wrong.text
    assert type_totp(visitor, next_totp(visitor)).status_code == 303


@pytest.mark.parametrize("typed", ["", "not a code"])
def test_what_is_no_code_uses_up_no_try(visitor: Visitor, typed: str) -> None:
    set_up(visitor)
    asked(visitor)
    for _ in range(6):
        assert type_totp(visitor, typed).status_code == 400

    assert type_totp(visitor, next_totp(visitor)).status_code == 303


def test_five_wrong_codes_end_the_sign_in(visitor: Visitor) -> None:
    """AUT-09."""
    set_up(visitor)
    asked(visitor)
    for _ in range(5):
        type_totp(visitor, "000")

    late = type_totp(visitor, next_totp(visitor))

    assert heading(late) == "Too many wrong codes"
    assert "Start again" in late.text
    assert not visitor.is_signed_in()


def test_tries_count_for_one_address_however_workos_writes_it(
    make_config: Any, emulator: Flask, connect: Any
) -> None:
    """AUT-09, WEB-14."""
    config = make_config(limit_verify_per_address="3 per hour")
    visitor = Visitor(create_app(config, workos=connect(config)), emulator)
    factor = set_up(visitor)
    question = {
        "code": "mfa_challenge",
        "pending_authentication_token": "x",
        "user": {"id": user_of(emulator, ADA), "email": "Ada@Example.com"},
        "authentication_factors": [{"id": factor, "type": "totp"}],
    }
    visitor.ask_for_code()
    answer_next(visitor, 403, question)
    visitor.type_code(visitor.mailed_code())
    for _ in range(2):
        assert type_totp(visitor, "000").status_code == 400

    assert type_totp(visitor, "000").status_code == 429


def test_reloading_the_page_asks_workos_nothing(visitor: Visitor) -> None:
    set_up(visitor)
    page = asked(visitor).location
    before = len(visitor.api_calls())

    for _ in range(3):
        visitor.get(page)

    assert len(visitor.api_calls()) == before


def test_which_app_is_asked_and_any_other_id_is_none_of_theirs(
    visitor: Visitor, another_visitor: Visitor
) -> None:
    """AUT-15: a factor of somebody else opens nothing, although its code is right."""
    first, second = set_up(visitor), set_up(visitor)
    of_bob = set_up(another_visitor, BOB)
    page = visitor.get(asked(visitor).location).text

    assert page.index(first) < page.index(second)
    refused = type_totp(visitor, next_totp(visitor, BOB), factor=of_bob)
    assert heading(refused) == "That code is not right"
    assert type_totp(visitor, next_totp(visitor), factor=second).status_code == 303


def test_an_app_that_nobody_confirmed_is_no_way_in_beside_another(
    visitor: Visitor, another_visitor: Visitor
) -> None:
    """AUT-15, AUT-16: who began to add it in a session left open knows its secret."""
    visitor.sign_in_by_code()
    confirmed = set_up(visitor)
    visitor.post("/account/security/add")
    shown: Any = visitor.get("/account/security", headers={"Accept": "application/json"}).json
    [begun] = {one["factor"] for one in shown["factors"]} - {confirmed}
    listed = [{"id": one, "type": "totp"} for one in (begun, confirmed)]
    user = {"id": visitor.api_session().json["user"]["id"], "email": ADA}
    question = {"code": "mfa_challenge", "pending_authentication_token": "x", "user": user}
    another_visitor.ask_for_code()
    code = another_visitor.mailed_code()
    answer_next(another_visitor, 403, {**question, "authentication_factors": listed})

    asked = another_visitor.post_json("/auth/magic-auth/verify", {"one_time_code": code})

    assert asked.json["factors"] == [confirmed]  # type: ignore[index] # an object


def test_who_has_many_apps_is_not_locked_out(visitor: Visitor) -> None:
    """AUT-15: not by somebody either who adds them in a session left open."""
    apps = [set_up(visitor) for _ in range(11)]

    page = visitor.get(asked(visitor).location).text

    assert re.findall(r'name="factor" value="(\w+)"', page) == apps[:10]


def test_another_browser_cannot_answer(visitor: Visitor, another_visitor: Visitor) -> None:
    """AUT-15: what WorkOS waits for lies sealed in the browser that began."""
    set_up(visitor)
    attempt = asked(visitor).location.rpartition("=")[2]

    refused = type_totp(another_visitor, next_totp(visitor), attempt=attempt)

    assert heading(refused) == "We lost track of this sign-in"
    assert not another_visitor.is_signed_in()


def test_where_workos_requires_it_people_set_up_an_app(visitor: Visitor) -> None:
    requires_mfa(visitor)
    away = asked(visitor, next="/account")

    assert re.fullmatch(r"/auth/enroll-totp\?attempt=[0-9a-f]{12}", away.location)
    assert "<svg" not in visitor.get(away.location).text
    begun = visitor.post("/auth/enroll-totp/begin")
    page = visitor.get(begun.location)
    assert heading(page) == "Set up an authenticator app"
    assert page.text.count("<svg") == 1
    done = visitor.post("/auth/enroll-totp", one_time_code=next_totp(visitor))
    assert (done.status_code, done.location) == (303, "/account")
    visitor.sign_out()
    assert "/auth/totp?" in asked(visitor).location


def test_the_secret_is_shown_in_groups_and_only_on_its_page(
    visitor: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    """AUT-17: not stored, not in an address, not in a log."""
    caplog.set_level("DEBUG")
    requires_mfa(visitor)
    asked(visitor)
    begun = visitor.post("/auth/enroll-totp/begin")
    page = visitor.get(begun.location)

    [key] = re.findall(r'<code class="key" dir="ltr">(.*?) ?</code>', page.text)
    assert re.fullmatch(r"([A-Z2-7]{4} ){7}[A-Z2-7]{4}", key)
    assert page.headers["Cache-Control"] == "no-store"
    secret = key.replace(" ", "")
    assert "authn_step_required" in logged(caplog)
    assert secret not in begun.location + logged(caplog)
    assert secret not in str(visitor.cookies())
    visitor.post("/auth/enroll-totp", one_time_code=next_totp(visitor))
    assert heading(visitor.get(begun.location)) != "Set up an authenticator app"


def test_the_qr_code_says_the_same_as_the_key(visitor: Visitor) -> None:
    """Module for module, as a camera would see it."""
    requires_mfa(visitor)
    asked(visitor)
    page = visitor.get(visitor.post("/auth/enroll-totp/begin").location).text

    secret = re.findall(r'<code class="key" dir="ltr">(.*?)</code>', page)[0].replace(" ", "")
    named = f"{quote(NAME)}%3Aada%40example.com?secret={secret}&issuer={quote_plus(NAME)}"
    expected = segno.make(f"otpauth://totp/{named}", error="m", micro=False).matrix
    [path] = re.findall(r'class="qrline" stroke="#000" d="(.*?)"', page)
    assert drawn(path, len(expected)) == [list(map(bool, row)) for row in expected]


def drawn(path: str, size: int) -> list[list[bool]]:
    """Returns the dark modules that the lines of this path cover."""
    dark = [[False] * size for _ in range(size)]
    x = y = 0.0
    for command, numbers in re.findall(r"([Mmh])([-\d. ]+)", path):
        steps = [float(one) for one in numbers.split()]
        if command == "h":
            for column in range(int(steps[0])):
                dark[int(y) - QUIET_ZONE][int(x) + column - QUIET_ZONE] = True
            x += steps[0]
        else:
            x, y = (0.0, 0.0) if command == "M" else (x, y)
            x, y = x + steps[0], y + steps[1]
    return dark


def test_reloading_and_beginning_twice_make_one_factor(visitor: Visitor) -> None:
    requires_mfa(visitor)
    asked(visitor)
    pages = {visitor.get(visitor.post("/auth/enroll-totp/begin").location).text for _ in range(2)}

    keys = {re.search(r'class="key" dir="ltr">(.*?)<', page)[1] for page in pages}  # type: ignore[index] # it is there
    made = [call for call in visitor.api_calls() if call["path"].endswith("/auth_factors")]
    assert len(keys) == 1
    assert [call["method"] for call in made].count("POST") == 1


def test_setting_up_has_to_be_begun(visitor: Visitor) -> None:
    requires_mfa(visitor)
    asked(visitor)

    refused = visitor.post("/auth/enroll-totp", one_time_code="123456")

    assert heading(refused) == "We lost track of this sign-in"


def test_an_app_that_nobody_confirmed_makes_way_for_the_next(visitor: Visitor) -> None:
    requires_mfa(visitor)
    for _ in range(2):
        asked(visitor)
        visitor.post("/auth/enroll-totp/begin")
        visitor.forget_cookies()

    codes = visitor.emulator.test_client().get("/_emulate/authenticator/codes").json
    assert len(codes) == 1  # type: ignore[arg-type] # a list, as documented


def test_programs_get_what_they_need(visitor: Visitor) -> None:
    requires_mfa(visitor)
    visitor.post_json("/auth/magic-auth", {"email": ADA})
    asked: Any = visitor.post_json(
        "/auth/magic-auth/verify", {"one_time_code": visitor.mailed_code()}
    ).json
    assert {**asked, "attempt": ""} == {
        "status": "step_required",
        "step": "enroll_totp",
        "attempt": "",
    }
    begun: Any = visitor.post_json("/auth/enroll-totp/begin", {}).json
    assert begun["uri"].startswith(f"otpauth://totp/{quote(NAME)}%3Aada%40example.com?")
    done = visitor.post_json("/auth/enroll-totp", {"one_time_code": next_totp(visitor)})
    assert done.json == {"status": "signed_in", "return_to": "/"}


def test_a_factor_that_has_gone_is_explained(visitor: Visitor) -> None:
    factor = set_up(visitor)
    asked(visitor)
    key = {"Authorization": "Bearer sk_test_emulator"}
    visitor.emulator.test_client().delete(f"/auth/factors/{factor}", headers=key)

    gone = type_totp(visitor, "123456")

    assert heading(gone) == "This sign-in took too long"
    assert not visitor.is_signed_in()


def test_who_is_late_begins_anew_with_the_address_filled_in(
    make_config: Callable[..., Config], emulator: Flask, connect: Any
) -> None:
    config = make_config()
    visitor = Visitor(create_app(config, workos=connect(config)), emulator)
    with time_machine.travel("2026-05-01T12:00:00Z", tick=False) as clock:
        set_up(visitor)
        asked(visitor)
        clock.shift(STEP_LIFETIME)
        late = type_totp(visitor, next_totp(visitor))
        assert heading(late) == "This sign-in took too long"
        [again] = re.findall(r'class="button" href="(.*?)"', late.text)
        form = visitor.get(again.replace("&amp;", "&")).text

    assert f'value="{ADA}"' in form
    assert not visitor.is_signed_in()


def test_what_workos_asks_after_the_code_leads_on(visitor: Visitor) -> None:
    """And with the same question again nobody counts as having answered it."""
    set_up(visitor)
    asked(visitor)
    for question, page in (
        ("mfa_challenge", "totp"),
        ("organization_selection_required", "choose"),
    ):
        body = {
            "code": question,
            "pending_authentication_token": "another",
            "authentication_factors": [{"id": "auth_factor_1", "type": "totp"}],
            "organizations": [{"id": "org_1", "name": "Acme"}],
            "user": {"id": "user_1", "email": ADA},
        }
        answers_next(visitor, 403, body)
        assert page in type_totp(visitor, next_totp(visitor)).location
        visitor.forget_cookies()
        asked(visitor)

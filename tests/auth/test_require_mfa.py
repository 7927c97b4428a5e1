"""REQUIRE_MFA: nobody is signed in without a second factor, whatever WorkOS itself asks for."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask

from app.auth import doors
from app.config import Config
from app.environment import ConfigError
from tests.totp import answers_next, fails_next, logged, next_totp, requires_mfa, set_up
from tests.walk import ADA, Visitor, heading
from tests.workos.replies import AUTHENTICATED, USER

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

ENROLL, TOTP = "/auth/enroll-totp", "/auth/totp"


@pytest.fixture
def config(make_config: Callable[..., Config]) -> Config:
    """A second factor is a must, and all doors are open."""
    return make_config(require_mfa="on", sign_in_with=tuple(door.method for door in doors.DOORS))


def by_code(visitor: Visitor) -> Any:
    return visitor.sign_in_by_code(next="/account", state="basket-17")


def by_link(visitor: Visitor) -> Any:
    return visitor.sign_in_by_link(next="/account", state="basket-17")


def elsewhere(visitor: Visitor, path: str) -> Any:
    """Signs in on the page of WorkOS or of a provider."""
    page = visitor.get(f"{path}?next=/account&state=basket-17").location
    workos = visitor.emulator.test_client()
    page = workos.get(page.removeprefix("http://localhost:4100")).location
    back = workos.post(page, data={"email": ADA}).location
    return visitor.get(back)


def by_authkit(visitor: Visitor) -> Any:
    return elsewhere(visitor, "/auth/authkit")


def by_google(visitor: Visitor) -> Any:
    return elsewhere(visitor, "/auth/social/google")


DOORS = pytest.mark.parametrize("door", [by_code, by_link, by_authkit, by_google])


@DOORS
def test_who_has_no_app_sets_one_up_first(visitor: Visitor, door: Callable[..., Any]) -> None:
    """AUT-20, by every door; and until then there is no session (AUT-15)."""
    away = door(visitor)
    assert away.location.startswith(f"{ENROLL}?attempt=")
    assert visitor.get("/account").location == "/sign-in?next=/account"
    visitor.post(f"{ENROLL}/begin")
    assert not visitor.is_signed_in()

    done = visitor.post(ENROLL, one_time_code=next_totp(visitor))

    assert (done.status_code, done.location) == (303, "/account")
    session = visitor.api_session().json
    assert (session["user"]["email"], session["state"]) == (ADA, "basket-17")


@DOORS
def test_who_has_an_app_types_its_code(visitor: Visitor, door: Callable[..., Any]) -> None:
    """AUT-20. After a code or a provider WorkOS asks, after others we do: nobody is asked twice."""
    set_up(visitor)
    assert door(visitor).location.startswith(f"{TOTP}?attempt=")

    done = visitor.post(TOTP, one_time_code=next_totp(visitor))

    assert (done.status_code, done.location) == (303, "/account")
    assert visitor.get("/account").status_code == 200


@DOORS
def test_a_wrong_code_lets_nobody_in(visitor: Visitor, door: Callable[..., Any]) -> None:
    """AUT-15."""
    set_up(visitor)
    door(visitor)

    wrong = visitor.post(TOTP, one_time_code="000")

    assert heading(wrong) == "That code is not right"
    assert not visitor.is_signed_in()
    assert visitor.post(TOTP, one_time_code=next_totp(visitor)).location == "/account"


def test_a_code_signs_in_once(visitor: Visitor, another_visitor: Visitor) -> None:
    """AUT-11: also where this application asks, and not WorkOS."""
    set_up(visitor)
    by_link(visitor)
    by_link(another_visitor)
    code = next_totp(visitor)
    visitor.post(TOTP, one_time_code=code)

    again = another_visitor.post(TOTP, one_time_code=code)

    assert heading(again) == "This code no longer works"
    assert not another_visitor.is_signed_in()


def test_what_a_link_proved_signs_in_once(visitor: Visitor) -> None:
    """AUT-03, AUT-15: a copy of what waits for the code is worth nothing after it."""
    set_up(visitor)
    by_link(visitor)
    waiting = visitor.cookies()
    assert visitor.post(TOTP, one_time_code=next_totp(visitor)).location == "/account"
    visitor.sign_out()
    visitor.take_cookies(waiting)

    again = visitor.post(TOTP, one_time_code=next_totp(visitor))

    assert heading(again) == "This sign-in took too long"
    assert not visitor.is_signed_in()


@pytest.mark.parametrize("step", [TOTP, ENROLL])
@pytest.mark.parametrize("door", [by_code, by_google])
def test_somebody_else_in_the_answer_to_the_code_is_nobody(
    visitor: Visitor, door: Callable[..., Any], step: str
) -> None:
    """AUT-15, AUT-22: a code of one person signs nobody else in."""
    if step == TOTP:
        set_up(visitor)
    of_bob = {**AUTHENTICATED, "user": {**USER, "id": "user_01BOB"}}
    hook = {"method": "POST", "path": "/user_management/authenticate", "status": 200}
    assert step in door(visitor).location
    visitor.post(f"{ENROLL}/begin")
    code = next_totp(visitor)
    visitor.emulator.test_client().post("/_emulate/hooks", json={**hook, "body": of_bob})

    refused = visitor.post(step, one_time_code=code)

    assert heading(refused) == "This code is for another account"
    assert not visitor.is_signed_in()


def test_an_app_that_was_never_confirmed_locks_nobody_out(visitor: Visitor) -> None:
    """WorkOS lists it as any other."""
    by_code(visitor)
    visitor.post(f"{ENROLL}/begin")
    visitor.forget_cookies()

    assert by_code(visitor).location.startswith(f"{ENROLL}?attempt=")


def test_who_only_knows_the_first_factor_cannot_add_an_app_to_another(
    visitor: Visitor, another_visitor: Visitor
) -> None:
    """AUT-15: a sign-in that waited while the person set up theirs is over."""
    by_code(another_visitor)
    by_code(visitor)
    visitor.post(f"{ENROLL}/begin")
    visitor.post(ENROLL, one_time_code=next_totp(visitor))

    late = another_visitor.post(f"{ENROLL}/begin")

    assert heading(late) == "This sign-in took too long"
    assert not another_visitor.is_signed_in()


def test_what_waits_fits_into_a_cookie(visitor: Visitor) -> None:
    """SES-03: with the longest address, path and state of one's own."""
    long = f"{'a' * 64}@{'b' * 60}.{'c' * 60}.{'d' * 50}.example.com"
    visitor.ask_for_code(long, next="/" + "n" * 511, state="s" * 255)
    visitor.type_code(visitor.mailed_code())
    visitor.post(f"{ENROLL}/begin")

    assert all(len(name + value) < 4_000 for name, value in visitor.cookies().items())
    assert visitor.post(ENROLL, one_time_code=next_totp(visitor, long)).status_code == 303


def test_both_may_require_it_and_it_is_asked_for_once(visitor: Visitor) -> None:
    requires_mfa(visitor)
    by_code(visitor)
    visitor.post(f"{ENROLL}/begin")

    assert visitor.post(ENROLL, one_time_code=next_totp(visitor)).location == "/account"


def test_what_waits_is_sealed(visitor: Visitor, caplog: pytest.LogCaptureFixture) -> None:
    """AUT-15, LOG-02: the refresh token reaches no page and no log, and opens nothing by itself."""
    caplog.set_level("DEBUG")
    set_up(visitor)
    page = visitor.get(by_authkit(visitor).location).text

    cookies = visitor.cookies()
    assert [name for name in cookies if name.startswith("signin-attempt-")]
    assert "authn_step_required" in logged(caplog)
    assert "refresh" not in page + logged(caplog)
    assert ADA not in str(cookies)


def test_while_workos_is_down_nobody_gets_in(visitor: Visitor) -> None:
    """AUT-22: it fails closed."""
    visitor.ask_for_code()
    fails_next(visitor, ADA, "/auth_factors", 503)

    refused = visitor.type_code(visitor.mailed_code())

    assert refused.status_code == 502
    assert not visitor.is_signed_in()


def test_who_comes_from_elsewhere_with_two_factors_is_not_asked(visitor: Visitor) -> None:
    """A passkey is two; an organization's identity provider sees to its own."""
    visitor.ask_for_code()
    workos = visitor.emulator.test_client()
    key = {"client_id": "client_emulator", "client_secret": "sk_test_emulator"}
    grant = {
        "grant_type": "urn:workos:oauth:grant-type:magic-auth:code",
        "code": visitor.mailed_code(),
        "email": ADA,
    }
    reply: Any = workos.post("/user_management/authenticate", json={**key, **grant}).json
    body = {**reply, "authentication_method": "SSO"}
    answers_next(visitor, 200, body)

    assert visitor.type_code(visitor.mailed_code()).location == "/"
    assert visitor.is_signed_in()


def test_the_last_app_cannot_be_removed(visitor: Visitor) -> None:
    by_code(visitor)
    visitor.post(f"{ENROLL}/begin")
    visitor.post(ENROLL, one_time_code=next_totp(visitor))
    page = visitor.get("/account/security").text
    [factor] = re.findall(r'name="factor" value="(\w+)"', page)

    refused = visitor.post("/account/security/remove", factor=factor)

    assert (refused.status_code, heading(refused)) == (403, "This is your only authenticator app")


def test_two_removals_at_the_same_moment_leave_an_app(
    visitor: Visitor, emulator: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AUT-20."""
    by_code(visitor)
    visitor.post(f"{ENROLL}/begin")
    visitor.post(ENROLL, one_time_code=next_totp(visitor))
    visitor.post("/account/security/add")
    visitor.post("/account/security/confirm", one_time_code=next_totp(visitor))
    page = visitor.get("/account/security").text
    one, other = re.findall(r'name="factor" value="(\w+)"', page)
    workos = emulator.wsgi_app
    refused: list[Any] = []

    def in_between(environ: WSGIEnvironment, start_response: StartResponse) -> Any:
        if environ["REQUEST_METHOD"] == "DELETE" and not refused:
            refused.append(visitor.post("/account/security/remove", factor=other))
        return workos(environ, start_response)

    monkeypatch.setattr(emulator, "wsgi_app", in_between)
    removed = visitor.post("/account/security/remove", factor=one)

    assert removed.location == "/account/security?done=removed"
    assert [heading(page) for page in refused] == ["This is your only authenticator app"]
    assert f'value="{other}"' in visitor.get("/account/security").text


def test_anything_but_on_and_off_is_refused() -> None:
    with pytest.raises(ConfigError, match="REQUIRE_MFA must be one of on, off"):
        Config.from_env({"REQUIRE_MFA": "perhaps"})

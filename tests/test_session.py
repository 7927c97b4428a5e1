"""The session: how it begins, lives and ends."""

from __future__ import annotations

import base64
import re
import zlib
from typing import Any

import pytest
import time_machine
from flask import Flask
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from workos import WorkOSClient

from app import create_app
from app.config import DAY, Config, settings
from app.guards import login_required
from app.identity import Identity
from app.keys import CLOCK_SKEW
from app.session import current_user, sign_in
from app.session.store import session_store
from tests.characters import ANY
from tests.walk import ADA, Visitor

NOON = "2026-05-01T12:00:00Z"


def test_the_cookie_is_httponly_lax_and_for_the_whole_site(visitor: Visitor) -> None:
    """SES-02: over http in development; SES-01 is shown below."""
    cookies = visitor.sign_in_by_code().headers.getlist("Set-Cookie")

    [cookie] = [cookie for cookie in cookies if cookie.startswith("signin-session=")]
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    assert "Domain" not in cookie


def test_over_https_every_cookie_is_secure_and_bound_to_this_host(https_visitor: Visitor) -> None:
    """SES-01, SES-02."""
    visitor = https_visitor
    sent = visitor.ask_for_code()
    entered = visitor.type_code(visitor.mailed_code())

    cookies = sent.headers.getlist("Set-Cookie") + entered.headers.getlist("Set-Cookie")
    assert len(cookies) >= 3
    for cookie in cookies:
        assert cookie.startswith(("__Host-session=", "__Host-signin-"))
        assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
        assert "Domain" not in cookie


def test_the_cookie_says_nothing_about_the_person(visitor: Visitor) -> None:
    """SES-04, SES-16: a random id and two times."""
    visitor.sign_in_by_code(state="basket-17")

    cookies = visitor.cookies()
    assert re.fullmatch(r"[\w-]{43}\.\d{10}\.\d{10}\.[\w-]{43}", cookies["signin-session"])
    visitor.csrf_token("/account")
    assert re.fullmatch(r'{"csrf_token":"\w+"}', readable_part_of(visitor.cookies()["session"]))


def test_signing_in_renews_everything(visitor: Visitor, another_visitor: Visitor) -> None:
    """SES-05, AUT-07: what an attacker planted before is worth nothing after."""
    token = visitor.csrf_token()
    planted = visitor.cookies()
    visitor.sign_in_by_code()

    another_visitor.take_cookies(planted)

    assert not another_visitor.is_signed_in()
    refused = visitor.client.post("/auth/sign-out", data={"csrf_token": token})
    assert refused.status_code == 400
    assert visitor.is_signed_in()


def test_signing_in_as_somebody_else_ends_the_first_session(
    visitor: Visitor, another_visitor: Visitor
) -> None:
    visitor.sign_in_by_code()
    first = visitor.cookies()
    visitor.sign_in_by_code("eve@example.com")

    another_visitor.take_cookies(first)

    assert not another_visitor.is_signed_in()


def test_an_unused_session_ends(visitor: Visitor) -> None:
    """SES-10."""
    with time_machine.travel(NOON, tick=False) as clock:
        visitor.sign_in_by_code()
        clock.shift(DAY - 1)
        assert visitor.is_signed_in()
        clock.shift(DAY)
        assert not visitor.is_signed_in()


def test_a_session_in_use_ends_all_the_same(visitor: Visitor) -> None:
    """SES-11: seven days, with a request every six hours."""
    with time_machine.travel(NOON, tick=False) as clock:
        visitor.sign_in_by_code()
        for _ in range(7 * 4 - 1):
            clock.shift(6 * 3_600)
            assert visitor.is_signed_in()
        clock.shift(6 * 3_600)
        assert not visitor.is_signed_in()


def test_the_lifetimes_are_judged_by_the_server(visitor: Visitor, another_visitor: Visitor) -> None:
    """SES-10: a browser that keeps the cookie for ever gains nothing."""
    with time_machine.travel(NOON, tick=False) as clock:
        visitor.sign_in_by_code()
        kept = visitor.cookies()
        clock.shift(DAY)
        another_visitor.take_cookies(kept)
        assert not another_visitor.is_signed_in()


def test_a_shorter_lifetime_holds_for_sessions_that_already_live(
    make_config: Any, visitor: Visitor, workos: WorkOSClient
) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        visitor.sign_in_by_code()
        clock.shift(3_600)
        stricter = create_app(make_config(session_idle_timeout=600), workos=workos)
        elsewhere = Visitor(stricter, visitor.emulator)
        elsewhere.take_cookies(visitor.cookies())
        assert not elsewhere.is_signed_in()


@pytest.mark.parametrize("ahead", [CLOCK_SKEW, -CLOCK_SKEW])
def test_a_host_whose_clock_is_a_minute_off_throws_nobody_out(visitor: Visitor, ahead: int) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        visitor.sign_in_by_code()
        clock.shift(ahead)
        assert visitor.is_signed_in()


def test_a_cookie_from_the_future_is_nobody(visitor: Visitor) -> None:
    """SES-14."""
    with time_machine.travel(NOON, tick=False) as clock:
        visitor.sign_in_by_code()
        clock.shift(-2 * CLOCK_SKEW)
        assert not visitor.is_signed_in()


def test_a_session_survives_a_restart(
    visitor: Visitor, config: Config, workos: WorkOSClient
) -> None:
    """SES-17."""
    visitor.sign_in_by_code()

    restarted = Visitor(create_app(config, workos=workos), visitor.emulator)
    restarted.take_cookies(visitor.cookies())

    assert restarted.is_signed_in()


def test_a_new_key_signs_nobody_out_and_an_unknown_one_everybody(
    make_config: Any, visitor: Visitor, config: Config, workos: WorkOSClient
) -> None:
    visitor.sign_in_by_code()
    new = "n7Kq" * 3 + "Vx2mRt9_Lw4zPd6Hs8Jf"

    for fallbacks, is_known in (((config.secret_key,), True), ((), False)):
        rotated = make_config(secret_key=new, secret_key_fallbacks=fallbacks)
        elsewhere = Visitor(create_app(rotated, workos=workos), visitor.emulator)
        elsewhere.take_cookies(visitor.cookies())
        assert elsewhere.is_signed_in() is is_known


def test_a_cookie_that_is_not_ours_is_nobody(visitor: Visitor) -> None:
    """SES-14."""

    @given(cookie=st.binary(max_size=400))
    @hypothesis_settings(max_examples=80, deadline=None)
    def check(cookie: bytes) -> None:
        header = f"signin-session={cookie.decode('latin-1')}"
        assert visitor.get_with_cookies("/api/session", header).status_code == 401

    check()


def test_a_cookie_changed_or_cut_anywhere_is_nobody(
    visitor: Visitor, another_visitor: Visitor
) -> None:
    """SES-14."""
    visitor.sign_in_by_code()
    good = visitor.cookies()["signin-session"]

    # The last letter carries bits that base64 ignores, so it is left alone.
    for place in range(len(good) - 1):
        changed = good[:place] + ("A" if good[place] != "A" else "B") + good[place + 1 :]
        for bad in (changed, good[:place]):
            another_visitor.take_cookies({"signin-session": bad})
            assert another_visitor.api_session().status_code == 401, bad


@pytest.mark.parametrize(
    "cookie", ["x" * 100_000, "\xff\xfe", "..", '{"alg":"none"}.x.', "eyJhbGciOiJub25lIn0.e30."]
)
def test_monstrous_cookies_are_nobody(visitor: Visitor, cookie: str) -> None:
    """SES-14."""
    assert visitor.get_with_cookies("/account", f"signin-session={cookie}").status_code == 303


def test_a_cookie_hidden_by_a_neighbours_is_nobody_until_it_shows_again(visitor: Visitor) -> None:
    """SES-14: SECURITY.md says why we leave it."""
    visitor.sign_in_by_code()
    ours = f"signin-session={visitor.cookies()['signin-session']}"

    for header, status in ((f'x="; {ours}; y="', 401), (f'x="; {ours}', 200), (ours, 200)):
        assert visitor.get_with_cookies("/api/session", header).status_code == status


def test_tokens_of_other_purposes_are_no_session(
    visitor: Visitor, another_visitor: Visitor
) -> None:
    """SES-15."""
    visitor.ask_for_link()
    state = visitor.open_at_workos(visitor.mailed_link()).partition("state=")[2]
    [attempt] = [value for name, value in visitor.cookies().items() if "attempt" in name]

    for token in (state, attempt, visitor.csrf_token()):
        another_visitor.take_cookies({"signin-session": token})
        assert not another_visitor.is_signed_in()


def test_the_cookie_has_one_size_for_any_name(app: Flask) -> None:
    """SES-03."""

    @given(name=st.text(ANY, max_size=200), email=st.emails())
    @hypothesis_settings(max_examples=20, deadline=None)
    def check(name: str, email: str) -> None:
        with app.test_request_context():
            person = Identity(user_id="u" * 64, email=email, name=name, method="magic_auth")
            sign_in(person, settings(), session_store())
            response = app.process_response(app.make_response(""))
        [cookie] = response.headers.getlist("Set-Cookie")
        assert len(cookie) < 500

    check()


def test_current_user_is_false_for_a_visitor_and_an_identity_after(
    app: Flask, visitor: Visitor
) -> None:
    @app.get("/hello")
    @login_required
    def hello() -> str:
        return f"Hello {current_user.email}"

    assert visitor.get("/hello").location == "/sign-in?next=/hello"
    visitor.sign_in_by_code()
    assert visitor.get("/hello").text == f"Hello {ADA}"


def readable_part_of(cookie: str) -> str:
    """Returns what anybody can read in a cookie that itsdangerous signed."""
    data = cookie.rsplit(".", 2)[0]
    raw = base64.urlsafe_b64decode(data.lstrip(".") + "===")
    return (zlib.decompress(raw) if data.startswith(".") else raw).decode()

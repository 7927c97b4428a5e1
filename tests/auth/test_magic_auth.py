"""Signing in with a six-digit code."""

from __future__ import annotations

import re
from typing import Any

import pytest
import time_machine

from app.auth.attempt import RESEND_AFTER
from app.auth.doors.magic_auth import CODE_LIFETIME
from app.limits import TRIES_PER_CODE
from app.web.words import in_words
from tests.walk import ADA, Visitor, heading

EVE = "eve@example.com"


def wrong(code: str) -> str:
    """Returns a code that is not this one."""
    return f"{(int(code) + 1) % 1_000_000:06}"


def test_a_code_signs_in_and_leads_back_to_where_the_person_was(visitor: Visitor) -> None:
    sent = visitor.ask_for_code(next="/account?tab=2")

    assert sent.status_code == 303
    assert visitor.get(sent.location).status_code == 200
    entered = visitor.type_code(visitor.mailed_code())
    assert (entered.status_code, entered.location) == (303, "/account?tab=2")
    assert ADA in visitor.get("/account").text
    assert visitor.api_session().json["method"] == "magic_auth"


def test_one_sign_in_makes_exactly_two_calls_to_workos(visitor: Visitor) -> None:
    visitor.sign_in_by_code()

    calls = [(call["method"], call["path"]) for call in visitor.api_calls()]
    assert sorted(calls) == [
        ("POST", "/user_management/authenticate"),
        ("POST", "/user_management/magic_auth"),
    ]


@pytest.mark.parametrize(
    "typed",
    [
        "{0}{1}{2} {3}{4}{5}",
        " {0}-{1}-{2}-{3}-{4}-{5} ",
        "{0}{1}{2}\N{EN DASH}{3}{4}{5}",
        "{0}{1}{2}\N{NO-BREAK SPACE}{3}{4}{5}",
    ],
)
def test_spaces_and_dashes_in_the_code_are_forgiven(visitor: Visitor, typed: str) -> None:
    visitor.ask_for_code()

    assert visitor.type_code(typed.format(*visitor.mailed_code())).status_code == 303
    assert visitor.is_signed_in()


def test_full_width_digits_of_a_japanese_keyboard_are_taken(visitor: Visitor) -> None:
    visitor.ask_for_code()
    full_width = "".join(
        chr(ord("\N{FULLWIDTH DIGIT ZERO}") + int(digit)) for digit in visitor.mailed_code()
    )

    assert visitor.type_code(full_width).status_code == 303


def test_a_wrong_code_says_so_and_how_many_tries_are_left(visitor: Visitor) -> None:
    visitor.ask_for_code()

    refused = visitor.type_code(wrong(visitor.mailed_code()))

    assert refused.status_code == 400
    assert heading(refused) == "That code is not right"
    assert "4 tries left" in refused.text
    assert not visitor.is_signed_in()


def test_after_five_wrong_tries_not_even_the_right_code_works(visitor: Visitor) -> None:
    """AUT-09."""
    visitor.ask_for_code()
    code = visitor.mailed_code()

    for _ in range(TRIES_PER_CODE):
        assert heading(visitor.type_code(wrong(code))) == "That code is not right"
    calls = len(visitor.api_calls())
    refused = visitor.type_code(code)

    assert heading(refused) == "Too many wrong codes"
    assert "Email me a new code" in refused.text
    assert not visitor.is_signed_in()
    assert len(visitor.api_calls()) == calls


def test_tries_are_counted_wherever_they_come_from(visitor: Visitor) -> None:
    """AUT-10, WEB-10: a rotating X-Forwarded-For and an old copy of the cookie gain no try."""
    visitor.ask_for_code()
    code = visitor.mailed_code()
    token = visitor.csrf_token()
    for turn in range(TRIES_PER_CODE):
        visitor.client.post(
            "/auth/magic-auth/verify",
            data={"csrf_token": token, "one_time_code": wrong(code)},
            headers={"X-Forwarded-For": f"192.0.2.{turn}"},
            environ_base={"REMOTE_ADDR": f"198.51.100.{turn}"},
        )

    assert heading(visitor.type_code(code)) == "Too many wrong codes"


@pytest.mark.parametrize("typed", ["", "   ", "--"])
def test_an_empty_code_costs_no_try(visitor: Visitor, typed: str) -> None:
    visitor.ask_for_code()

    for _ in range(TRIES_PER_CODE + 1):
        assert heading(visitor.type_code(typed)) == "Enter the code"

    assert visitor.type_code(visitor.mailed_code()).status_code == 303


@pytest.mark.parametrize("typed", ["abcdef", "12345678901234567", "12ab56", "½½½½½½", "1" * 3000])
def test_what_cannot_be_a_code_is_refused_without_asking_workos(
    visitor: Visitor, typed: str
) -> None:
    visitor.ask_for_code()

    assert visitor.type_code(typed).status_code == 400
    assert [call["path"] for call in visitor.api_calls()] == ["/user_management/magic_auth"]


def test_a_new_code_after_too_many_tries_works(visitor: Visitor) -> None:
    visitor.ask_for_code()
    for _ in range(TRIES_PER_CODE + 1):
        visitor.type_code(wrong(visitor.mailed_code()))

    visitor.ask_for_code()

    assert visitor.type_code(visitor.mailed_code()).status_code == 303


def test_an_expired_code_offers_a_new_one(visitor: Visitor) -> None:
    with time_machine.travel("2026-05-01T10:00:00Z", tick=False) as clock:
        visitor.ask_for_code()
        clock.shift(CODE_LIFETIME + 1)
        refused = visitor.type_code(visitor.mailed_code())

    assert heading(refused) == "This code has expired"
    assert "Email me a new code" in refused.text
    assert ADA in refused.text


def test_a_used_code_lets_the_person_go_on(visitor: Visitor, another_visitor: Visitor) -> None:
    visitor.ask_for_code(next="/account")
    before = visitor.cookies()
    visitor.type_code(visitor.mailed_code())
    another_visitor.take_cookies(before)  # as after pressing the button twice

    refused = another_visitor.type_code(visitor.mailed_code())

    assert heading(refused) == "This code has already been used"
    assert '<a href="/account">Continue' in refused.text


def test_the_address_comes_from_the_attempt_and_never_from_the_form(
    visitor: Visitor, another_visitor: Visitor
) -> None:
    """AUT-08: a code mailed to Eve cannot be tried for Ada, with any fields."""
    visitor.ask_for_code(EVE)
    code = visitor.mailed_code()
    another_visitor.ask_for_code(ADA)

    visitor.type_code(code, email=ADA)

    assert visitor.api_session().json["user"]["email"] == EVE


def test_a_code_works_only_in_the_browser_that_asked(
    visitor: Visitor, another_visitor: Visitor
) -> None:
    visitor.ask_for_code()

    refused = another_visitor.type_code(visitor.mailed_code())

    assert heading(refused) == "We lost track of this sign-in"
    assert not another_visitor.is_signed_in()


def test_a_code_is_refused_to_another_browser_that_asked_for_the_same_address(
    visitor: Visitor, another_visitor: Visitor
) -> None:
    """AUT-06: it counts as a wrong one, and WorkOS is not even asked."""
    visitor.ask_for_code()
    code = visitor.mailed_code()
    another_visitor.ask_for_code()
    calls = len(visitor.api_calls())

    refused = another_visitor.type_code(code)

    assert (refused.status_code, heading(refused)) == (400, "That code is not right")
    assert "only in the browser that asked for it" in refused.text
    assert "4 tries left" in refused.text
    assert len(visitor.api_calls()) == calls
    assert not another_visitor.is_signed_in()


@pytest.mark.parametrize("typed", ["newest", "earlier"])
@pytest.mark.parametrize("tab", ["newest", "earlier"])
def test_a_code_works_in_every_tab_of_the_browser_that_asked(
    visitor: Visitor, typed: str, tab: str
) -> None:
    """People ask again, and type what they find wherever the page is still open."""
    codes, tabs = {}, {}
    for turn in ("earlier", "newest"):
        tabs[turn] = visitor.ask_for_code(next=f"/{turn}").location.partition("attempt=")[2]
        codes[turn] = visitor.mailed_code()

    entered = visitor.type_code(codes[typed], attempt=tabs[tab])

    assert (entered.status_code, entered.location) == (303, f"/{tab}")


def test_who_asks_again_is_told_so_once(visitor: Visitor, another_visitor: Visitor) -> None:
    """Otherwise the page looks as before, and they open the older email."""
    said = '<div class="notice" role="status"><p>We emailed a new code to '
    another_visitor.ask_for_code()
    visitor.ask_for_code(EVE)
    first = visitor.get(visitor.ask_for_code().location).text
    second = visitor.get(visitor.ask_for_code().location).text

    assert said not in first
    assert "We emailed a six-digit code to" in first
    assert said in second
    assert "We emailed a six-digit code to" not in second
    assert said not in visitor.type_code("000000").text


@pytest.mark.parametrize("is_typed_first", [True, False])
def test_asking_again_does_not_tell_whose_link_it_was(
    visitor: Visitor, another_visitor: Visitor, is_typed_first: bool
) -> None:
    """Who opens somebody else's link may try addresses to find out which it went to."""
    visitor.ask_for_link()
    failed = another_visitor.get(another_visitor.open_at_workos(visitor.mailed_link()))
    token = re.findall(r'name="instead_of" value="([^"]+)"', failed.text)[0]
    fields = [{"email": ADA}, {"instead_of": token}]
    for each in fields if is_typed_first else reversed(fields):
        sent = another_visitor.post("/auth/magic-auth", **each)

    assert "We emailed a new code" not in another_visitor.get(sent.location).text


def test_a_code_that_comes_instead_of_a_link_works_where_it_was_asked_for(
    visitor: Visitor, another_visitor: Visitor
) -> None:
    visitor.ask_for_link()
    failed = another_visitor.get(another_visitor.open_at_workos(visitor.mailed_link()))
    token = re.findall(r'name="instead_of" value="([^"]+)"', failed.text)[0]
    another_visitor.post("/auth/magic-auth", instead_of=token)
    code = visitor.mailed_code()

    visitor.ask_for_code()
    assert heading(visitor.type_code(code)) == "That code is not right"
    assert another_visitor.type_code(code).status_code == 303


def test_someone_elses_attempt_id_is_of_no_use(visitor: Visitor, another_visitor: Visitor) -> None:
    attempt = visitor.ask_for_code().location.partition("attempt=")[2]

    assert another_visitor.get(f"/auth/magic-auth/verify?attempt={attempt}").status_code == 400
    assert another_visitor.type_code(visitor.mailed_code(), attempt=attempt).status_code == 400


def test_two_tabs_do_not_clobber_each_other(visitor: Visitor) -> None:
    first = visitor.ask_for_code(ADA, next="/first").location.partition("attempt=")[2]
    code = visitor.mailed_code()
    visitor.ask_for_code(EVE, next="/second")

    entered = visitor.type_code(code, attempt=first)

    assert entered.location == "/first"
    assert visitor.api_session().json["user"]["email"] == ADA


def test_an_attempt_for_a_link_takes_no_code(visitor: Visitor) -> None:
    """SES-15: what was made for one way in is refused by the other."""
    attempt = visitor.ask_for_link().location.partition("attempt=")[2]

    assert heading(visitor.type_code("123456", attempt=attempt)) == "We lost track of this sign-in"


def test_the_code_of_an_unknown_person_makes_their_account(visitor: Visitor) -> None:
    visitor.sign_in_by_code("nobody-yet@example.com")

    assert visitor.api_session().json["user"]["id"].startswith("user_")


def test_the_page_counts_down_to_another_code(visitor: Visitor) -> None:
    """In steps that the style sheet has; who has waited already waits no longer."""
    with visitor.get("/static/signin/style.css") as response:
        style = response.get_data(as_text=True)
    waits = {int(wait): int(same) for wait, same in re.findall(r"in-(\d+) { --in: (\d+)s", style)}
    assert all(wait == same for wait, same in waits.items())
    assert f"count {RESEND_AFTER}s steps({RESEND_AFTER})" in style
    assert f"translateY({-1.5 * RESEND_AFTER:g}em)" in style

    with time_machine.travel("2026-05-01T10:00:00Z", tick=False) as clock:
        url = visitor.ask_for_code().location
        for wait in sorted(waits, reverse=True):
            page = visitor.get(url).text
            said = f"After {in_words(wait)} you can ask for another code"
            assert said in " ".join(page.split())
            assert f'class="resend in-{wait}"' in page
            assert f"<span>{wait}<br>{wait - 1}<br>" in page
            clock.shift(5)
        over = visitor.get(url).text
        assert "cooldown" not in over
        assert "Email me a new code" in over


def test_a_program_signs_in_with_json(visitor: Visitor) -> None:
    sent = visitor.post_json("/auth/magic-auth", {"email": ADA, "next": "/account"})

    assert sent.status_code == 202
    answer: Any = sent.json
    assert answer == {
        "status": "sent",
        "method": "magic_auth",
        "email": ADA,
        "expires_in": CODE_LIFETIME,
        "attempt": answer["attempt"],
    }
    entered = visitor.post_json("/auth/magic-auth/verify", {"one_time_code": visitor.mailed_code()})
    assert (entered.status_code, entered.json) == (
        200,
        {"status": "signed_in", "return_to": "/account"},
    )
    assert visitor.is_signed_in()


def test_a_program_learns_how_many_tries_are_left(visitor: Visitor) -> None:
    visitor.post_json("/auth/magic-auth", {"email": ADA})

    refused = visitor.post_json(
        "/auth/magic-auth/verify", {"one_time_code": wrong(visitor.mailed_code())}
    )

    assert refused.status_code == 400
    answer: Any = refused.json
    assert (answer["error"], answer["tries_left"]) == ("invalid_one_time_code", 4)

"""`/auth/callback` and the `state` that ties it to a browser."""

from __future__ import annotations

import inspect
import logging
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from flask import Flask
from hypothesis import assume, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from app.auth import state
from app.auth.doors.magic_link import SHORTEST
from app.keys import CLOCK_SKEW
from tests.walk import ADA, Visitor, heading


def exchanges(visitor: Visitor) -> int:
    """Returns how often the application exchanged a code so far."""
    return sum(call["path"] == "/sso/token" for call in visitor.api_calls())


def link_to_callback(visitor: Visitor) -> str:
    """Asks for a link, and opens it as far as our callback."""
    visitor.ask_for_link()
    return visitor.open_at_workos(visitor.mailed_link())


def state_in(callback: str) -> str:
    return parse_qs(urlsplit(callback).query)["state"][0]


def test_the_answer_is_a_clean_url(visitor: Visitor) -> None:
    """WEB-07."""
    opened = visitor.get(link_to_callback(visitor))

    assert (opened.status_code, opened.location) == (303, "/")


def test_a_second_visit_exchanges_nothing(visitor: Visitor) -> None:
    """AUT-03: one exchange, and a person who is signed in can continue."""
    callback = link_to_callback(visitor)
    visitor.get(callback)

    again = visitor.get(callback)

    assert heading(again) == "You are already signed in"
    assert "Continue, you are signed in" in again.text
    assert exchanges(visitor) == 1


def test_a_copy_in_another_browser_is_told_that_it_is_used(
    visitor: Visitor, another_visitor: Visitor
) -> None:
    callback = link_to_callback(visitor)
    visitor.get(callback)

    assert heading(another_visitor.get(callback)) == "This link has already been used"
    assert not another_visitor.is_signed_in()
    assert exchanges(visitor) == 1


def test_a_link_signs_in_no_browser_that_did_not_ask(
    visitor: Visitor, another_visitor: Visitor
) -> None:
    """AUT-01: and the browser that asked can still use it."""
    callback = link_to_callback(visitor)

    refused = another_visitor.get(callback)

    assert heading(refused) == "This browser did not ask for the link"
    assert exchanges(visitor) == 0
    assert not another_visitor.is_signed_in()
    assert visitor.get(callback).status_code == 303


def test_the_attempt_of_another_browser_does_not_help(
    visitor: Visitor, another_visitor: Visitor
) -> None:
    """AUT-01: both browsers have an attempt under way, each its own."""
    callback = link_to_callback(visitor)
    another_visitor.ask_for_link("eve@example.com")

    assert heading(another_visitor.get(callback)) == "This browser did not ask for the link"
    assert exchanges(visitor) == 0


@pytest.mark.parametrize("state", ["nonsense", "a.b.c", ".", "%00", "ab%ff", "x" * 2000])
def test_a_senseless_state_exchanges_nothing(visitor: Visitor, state: str) -> None:
    refused = visitor.get(f"/auth/callback?code=abc&state={state}")

    assert refused.status_code == 400
    assert exchanges(visitor) == 0


@pytest.mark.parametrize("query", ["code=abc", "code=abc&state=", "code=abc&state=%20%20"])
def test_a_code_without_state_is_thrown_away_and_sign_in_begins_again(
    visitor: Visitor, query: str
) -> None:
    """AUT-01: WorkOS sends such for impersonation, invitations and identity providers' pages."""
    away = visitor.get(f"/auth/callback?{query}")

    assert (away.status_code, away.location) == (303, "/sign-in?because=state_missing")
    page = visitor.get(away.location).text
    assert "This sign-in did not start here" in page
    assert '"/auth/magic-auth"' in page
    assert exchanges(visitor) == 0


def test_a_program_is_told_that_the_state_is_missing(visitor: Visitor) -> None:
    refused = visitor.get("/auth/callback?code=abc", headers={"Accept": "application/json"})

    answer: Any = refused.json
    assert (refused.status_code, answer["error"]) == (400, "state_missing")


@pytest.mark.parametrize("because", ["internal_error", "<b>", "", "nonsense"])
def test_nobody_can_make_the_sign_in_page_say_something_else(
    visitor: Visitor, because: str
) -> None:
    assert 'class="notice"' not in visitor.get("/sign-in", query_string={"because": because}).text


def test_a_state_changed_anywhere_exchanges_nothing(visitor: Visitor) -> None:
    """AUT-01."""
    state = state_in(link_to_callback(visitor))

    # The last letter carries bits that base64 ignores, so it is left alone.
    @given(place=st.integers(0, len(state) - 2), letter=st.sampled_from("AZaz09-_."))
    @hypothesis_settings(max_examples=60, deadline=None)
    def check(place: int, letter: str) -> None:
        assume(state[place] != letter)
        changed = state[:place] + letter + state[place + 1 :]
        # From elsewhere each time, because the limits would refuse so many visits.
        visitor.client.environ_base["REMOTE_ADDR"] = f"10.0.{place}.{ord(letter)}"
        assert visitor.get(f"/auth/callback?code=abc&state={changed}").status_code == 400
        assert exchanges(visitor) == 0

    check()


def test_a_session_cookie_is_no_state(visitor: Visitor) -> None:
    """SES-15."""
    visitor.sign_in_by_code()

    refused = visitor.get(f"/auth/callback?code=abc&state={visitor.cookies()['signin-session']}")

    assert heading(refused) == "This link has been changed"


def test_a_state_lives_as_long_as_its_link(visitor: Visitor) -> None:
    with time_machine.travel("2026-05-01T10:00:00Z", tick=False) as clock:
        callback = link_to_callback(visitor)
        clock.shift(SHORTEST + CLOCK_SKEW + 1)

        expired = visitor.get(callback)

        assert heading(expired) == "This link has expired"
        assert 'action="/auth/magic-auth"' in expired.text
        assert exchanges(visitor) == 0


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Purpose": "prefetch"},
        {"Sec-Purpose": "prefetch;prerender"},
        {"Purpose": "prefetch"},
        {"Purpose": "preview"},
        {"X-Moz": "prefetch"},
    ],
)
def test_a_prefetching_browser_spends_nothing(visitor: Visitor, headers: dict[str, str]) -> None:
    """AUT-05."""
    callback = link_to_callback(visitor)

    assert visitor.get(callback, headers=headers).status_code == 503

    assert not visitor.is_signed_in()
    assert exchanges(visitor) == 0
    assert visitor.get(callback).status_code == 303


def test_head_spends_nothing(visitor: Visitor) -> None:
    """AUT-05, WEB-11."""
    callback = link_to_callback(visitor)

    head = visitor.client.head(callback.removeprefix("http://localhost:5000"))

    assert head.data == b""
    assert exchanges(visitor) == 0
    assert visitor.get(callback).status_code == 303


def test_an_error_says_why_and_offers_a_code_to_the_same_address(visitor: Visitor) -> None:
    link = "state=" + state_in(link_to_callback(visitor))

    refused = visitor.get(f"/auth/callback?error=access_denied&error_description=x&{link}")

    assert heading(refused) == "The link did not work"
    assert refused.status_code == 403
    assert 'action="/auth/magic-auth"' in refused.text
    assert "ada@example.com" in refused.text


def test_an_error_spends_nothing(visitor: Visitor) -> None:
    """Making a browser open an address does not burn its link."""
    callback = link_to_callback(visitor)
    visitor.get(f"/auth/callback?error=access_denied&state={state_in(callback)}")

    assert visitor.get(callback).status_code == 303


@pytest.mark.parametrize("query", ["code=a&code=b&state=x", "code=a&state=x&state=y"])
def test_a_parameter_given_twice_is_refused(visitor: Visitor, query: str) -> None:
    """WEB-12."""
    assert heading(visitor.get(f"/auth/callback?{query}")) == "Something was sent twice"


def test_a_link_without_its_code_says_so(visitor: Visitor) -> None:
    assert heading(visitor.get("/auth/callback")) == "This link is incomplete"


def test_a_code_of_somebody_elses_link_fits_no_attempt_of_mine(
    visitor: Visitor, another_visitor: Visitor
) -> None:
    """A stolen code, opened with one's own state, signs nobody in (RFC 9700, 4.5)."""
    stolen = parse_qs(urlsplit(link_to_callback(visitor)).query)["code"][0]
    another_visitor.ask_for_link("eve@example.com")
    own = another_visitor.open_at_workos(another_visitor.mailed_link())

    refused = another_visitor.get(f"/auth/callback?code={stolen}&state={state_in(own)}")

    assert heading(refused) == "This link is for another address"
    assert not another_visitor.is_signed_in()


def test_a_wrong_code_with_a_right_state_signs_nobody_in(app: Flask, visitor: Visitor) -> None:
    state = state_in(link_to_callback(visitor))

    refused = visitor.get(f"/auth/callback?code=wrong&state={state}")

    assert heading(refused) == "This link has already been used or has expired"
    assert not visitor.is_signed_in()


def test_the_secret_in_the_state_is_compared_in_constant_time() -> None:
    """SEC-05: no answer shows it, so the source has to."""
    source = inspect.getsource(state.require_attempt)
    assert "compare_digest(attempt.secret, state.secret)" in source


def test_a_browser_that_did_not_ask_is_offered_a_code_to_the_same_address(
    visitor: Visitor, another_visitor: Visitor
) -> None:
    """AUT-06: it learns no more of the address than its owner needs to know it again."""
    page = another_visitor.get(link_to_callback(visitor))

    assert "a***@example.com" in page.text
    assert "ada@" not in page.text
    found = re.search(r'name="instead_of" value="([^"]+)"', page.text)
    assert found
    sent = another_visitor.post("/auth/magic-auth", instead_of=found[1])
    assert sent.status_code == 303
    assert another_visitor.mailbox()[0]["to"] == ADA
    assert another_visitor.type_code(another_visitor.mailed_code()).status_code == 303
    assert another_visitor.api_session().json["user"]["email"] == ADA


@pytest.mark.parametrize("instead_of", ["nonsense", "x" * 2000, "\N{EURO SIGN}"])
def test_a_forged_offer_mails_nobody(visitor: Visitor, instead_of: str) -> None:
    refused = visitor.post("/auth/magic-auth", instead_of=instead_of)

    assert refused.status_code == 400
    assert visitor.api_calls() == []


def test_an_offer_ends_with_its_link(visitor: Visitor, another_visitor: Visitor) -> None:
    with time_machine.travel("2026-05-01T10:00:00Z", tick=False) as clock:
        offer = state_in(link_to_callback(visitor))
        clock.shift(SHORTEST + CLOCK_SKEW + 1)

        refused = another_visitor.post("/auth/magic-auth", instead_of=offer)

        assert heading(refused) == "This link has expired"


def test_an_offer_is_good_for_one_code_and_costs_the_address_nothing(
    visitor: Visitor, another_visitor: Visitor
) -> None:
    """AUT-13, LIM-04: a scanner that submits every form must not use up what a person may ask."""
    offer = state_in(link_to_callback(visitor))
    page = another_visitor.get(another_visitor.post("/auth/magic-auth", instead_of=offer).location)
    assert "a***@example.com" in page.text
    assert "Email me a new code" not in page.text

    again = another_visitor.post("/auth/magic-auth", instead_of=offer)

    assert heading(again) == "A code has already been sent"
    assert "Start again</a>" in again.text
    assert [visitor.ask_for_code().status_code for _ in range(3)] == [303, 303, 429]


def test_who_only_holds_a_link_never_reads_the_whole_address(
    visitor: Visitor, another_visitor: Visitor, emulator: Flask
) -> None:
    """Nor where the code that they ask for instead cannot be sent, or has been sent already."""
    offer, world = state_in(link_to_callback(visitor)), emulator.test_client()
    hook = {"method": "POST", "path": "/user_management/magic_auth", "status": 500}
    assert world.post("/_emulate/hooks", json=hook).status_code == 201
    failed = another_visitor.post("/auth/magic-auth", instead_of=offer)
    world.delete("/_emulate/hooks")
    sent = another_visitor.post("/auth/magic-auth", instead_of=offer)
    again = another_visitor.post("/auth/magic-auth", instead_of=offer)

    assert (failed.status_code, sent.status_code, again.status_code) == (502, 303, 400)
    for page in (failed, another_visitor.get(sent.location), again):
        assert "ada@example.com" not in page.text


def test_an_offer_is_not_spent_by_a_mail_that_fails(
    visitor: Visitor, another_visitor: Visitor, emulator: Flask
) -> None:
    offer = state_in(link_to_callback(visitor))
    hook = {"method": "POST", "path": "/user_management/magic_auth", "status": 503, "count": 1}
    emulator.test_client().post("/_emulate/hooks", json=hook)
    assert another_visitor.post("/auth/magic-auth", instead_of=offer).status_code == 502

    assert another_visitor.post("/auth/magic-auth", instead_of=offer).status_code == 303


def test_an_offer_does_not_help_to_mail_somebody_else(
    visitor: Visitor, another_visitor: Visitor
) -> None:
    """AUT-13: beside a typed address it counts for nothing."""
    offer = state_in(link_to_callback(visitor))
    fields = {"instead_of": offer, "email": "eve@example.com"}
    statuses = [another_visitor.post("/auth/magic-link", **fields).status_code for _ in range(4)]

    assert statuses == [303, 303, 303, 429]


def test_a_link_used_up_by_a_scanner_offers_a_code_to_the_same_address(visitor: Visitor) -> None:
    """AUT-05: the person comes second, and the scanner did not get in."""
    link_to_callback(visitor)  # the scanner, as far as it gets without cookies
    second = visitor.get(visitor.open_at_workos(visitor.mailed_link()))

    assert heading(second) == "The link did not work"
    sent = visitor.post("/auth/magic-auth", email=ADA)
    assert sent.status_code == 303
    assert visitor.type_code(visitor.mailed_code()).status_code == 303


def test_repeated_callbacks_are_logged_with_a_count(
    visitor: Visitor, another_visitor: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    """The sign of a mail scanner, for people who read the logs."""
    callback = link_to_callback(visitor)
    logging.getLogger("app").addHandler(caplog.handler)
    for browser in (another_visitor, another_visitor, visitor):
        browser.get(callback)
    logging.getLogger("app").removeHandler(caplog.handler)

    counts = [
        vars(record)["details"]["count"]
        for record in caplog.records
        if record.message == "authn_callback_repeated"
    ]
    assert counts == [2, 3]
    assert visitor.is_signed_in()

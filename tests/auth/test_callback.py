"""`/auth/callback` and the `state` that ties it to a browser."""

from __future__ import annotations

import inspect
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from flask import Flask
from hypothesis import assume, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from app.auth import state
from app.auth.magic_link import SHORTEST
from app.keys import CLOCK_SKEW
from tests.walk import Visitor, heading


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
    """AUT-03: one exchange, and whoever is signed in can go on."""
    callback = link_to_callback(visitor)
    visitor.get(callback)

    again = visitor.get(callback)

    assert heading(again) == "This link has already been used"
    assert "Go on, you are signed in" in again.text
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

    assert heading(refused) == "Open the link where you asked for it"
    assert exchanges(visitor) == 0
    assert not another_visitor.is_signed_in()
    assert visitor.get(callback).status_code == 303


def test_the_attempt_of_another_browser_does_not_help(
    visitor: Visitor, another_visitor: Visitor
) -> None:
    """AUT-01: both browsers have an attempt under way, each its own."""
    callback = link_to_callback(visitor)
    another_visitor.ask_for_link("eve@example.com")

    assert heading(another_visitor.get(callback)) == "Open the link where you asked for it"
    assert exchanges(visitor) == 0


@pytest.mark.parametrize("state", ["", "   ", "nonsense", "a.b.c", ".", "%00", "ab%ff", "x" * 2000])
def test_a_missing_or_senseless_state_exchanges_nothing(visitor: Visitor, state: str) -> None:
    refused = visitor.get(f"/auth/callback?code=abc&state={state}")

    assert refused.status_code == 400
    assert exchanges(visitor) == 0


def test_an_unsigned_visit_without_state_begins_again(visitor: Visitor) -> None:
    refused = visitor.get("/auth/callback?code=abc")

    assert heading(refused) == "This sign-in did not start here"
    assert 'href="/sign-in' in refused.text


def test_a_state_changed_anywhere_exchanges_nothing(visitor: Visitor) -> None:
    """AUT-01."""
    state = state_in(link_to_callback(visitor))

    # The last letter carries bits that base64 ignores, so it is left alone.
    @given(place=st.integers(0, len(state) - 2), letter=st.sampled_from("AZaz09-_."))
    @hypothesis_settings(max_examples=60, deadline=None)
    def check(place: int, letter: str) -> None:
        assume(state[place] != letter)
        changed = state[:place] + letter + state[place + 1 :]
        # From elsewhere each time, for the limits would be in the way of so many visits.
        visitor.client.environ_base["REMOTE_ADDR"] = f"10.0.{place}.{ord(letter)}"
        assert visitor.get(f"/auth/callback?code=abc&state={changed}").status_code == 400
        assert exchanges(visitor) == 0

    check()


def test_a_session_cookie_is_no_state(visitor: Visitor) -> None:
    """SES-15."""
    visitor.sign_in_by_code()

    refused = visitor.get(f"/auth/callback?code=abc&state={visitor.cookies()['session']}")

    assert heading(refused) == "This link has been changed"


def test_a_state_lives_as_long_as_its_link(visitor: Visitor) -> None:
    with time_machine.travel("2026-05-01T10:00:00Z", tick=False) as clock:
        callback = link_to_callback(visitor)
        clock.shift(SHORTEST + CLOCK_SKEW + 1)

        assert heading(visitor.get(callback)) == "This link has expired"
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
    assert "E-mail me a code instead" in refused.text
    assert "ada@example.com" in refused.text


def test_an_error_spends_nothing(visitor: Visitor) -> None:
    """Whoever can make a browser open an address cannot thereby burn its link."""
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


def test_two_ways_in_with_one_address_stay_two_people(
    visitor: Visitor, another_visitor: Visitor
) -> None:
    """AUT-18: the key is WorkOS's id; an address alone merges nobody."""
    visitor.sign_in_by_code()
    another_visitor.sign_in_by_link()

    by_code, by_link = (each.api_session().json["user"] for each in (visitor, another_visitor))
    assert by_code["email"] == by_link["email"]
    assert (by_code["id"][:5], by_link["id"][:5]) == ("user_", "prof_")
    another_visitor.post("/account/sessions/end-others")
    assert visitor.is_signed_in()


def test_the_secret_in_the_state_is_compared_in_constant_time() -> None:
    """SEC-05: no answer shows it, so the source has to."""
    assert "compare_digest(attempt.secret, secret)" in inspect.getsource(state.attempt_behind)

"""The link in our own mail (EMAIL_DELIVERY=smtp), which no mail scanner can use up."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from cryptography.fernet import InvalidToken
from flask import Flask
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

import workos_emulator
from app import create_app
from app.auth.attempt import LATE
from app.auth.doors.magic_link import LONGEST, SHORTEST
from app.keys import CLOCK_SKEW, Keyring
from app.limits import TRIES_PER_CODE
from tests.auth.test_callback import exchanges
from tests.walk import ADA, MUCH_MAIL, Visitor, heading


@pytest.fixture
def config(make_config: Any, smtp: dict[str, Any]) -> Any:
    """An application that mails itself."""
    return make_config(**smtp, **MUCH_MAIL)


def relay_code_on(page: Any) -> str:
    found = re.search(r'class="shown-code" dir="ltr">([\d ]+)<', page.text)
    assert found, page.text
    return found[1]


def link_going_on(page: Any) -> str:
    found = re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', page.text)
    assert found, page.text
    return found[1]


def links_spent_at_workos(visitor: Visitor) -> int:
    return sum(call["path"].endswith("/confirm") for call in visitor.api_calls())


def test_wrong_relay_codes_of_strangers_do_not_stop_a_known_browser(
    visitor: Visitor, another_visitor: Visitor
) -> None:
    """LIM-09."""
    owner, stranger = visitor, another_visitor
    owner.ask_for_link()
    owner.open_link(owner.mailed_link())
    owner.sign_out()
    for _ in range(2):
        sent = stranger.ask_for_link()
        attempt = sent.location.partition("attempt=")[2]
        for _ in range(TRIES_PER_CODE):
            refused = stranger.type_relay_code("000000", attempt=attempt)
    assert heading(refused) == "That code is not right"
    stranger.ask_for_link()
    assert heading(stranger.type_relay_code("000000")) == "Too many requests"

    owner.ask_for_link()
    relay_code = relay_code_on(stranger.get(owner.mailed_link()))

    assert link_going_on(owner.type_relay_code(relay_code))


def test_opened_where_it_was_asked_for_it_signs_in(visitor: Visitor) -> None:
    visitor.ask_for_link(next="/account")

    account = visitor.open_link(visitor.mailed_link())

    assert heading(account) == "Your account"
    assert visitor.api_session().json["method"] == "magic_link"


def test_the_mail_carries_our_link_and_never_that_of_workos(visitor: Visitor) -> None:
    visitor.ask_for_link()

    [mail] = visitor.mailbox()
    assert mail["links"][0].startswith("http://localhost:5000/auth/magic-link/open?token=")
    assert "/passwordless/" not in mail["text"] + mail["html"]
    assert len(mail["links"][0]) < 200  # few mail programs break it


@pytest.mark.parametrize("code", ["sign_up_not_allowed", "entity_not_found"])
def test_an_address_without_an_account_looks_like_one_with(
    visitor: Visitor, another_visitor: Visitor, emulator: Flask, code: str
) -> None:
    """AUT-14: its owner alone is told, by a mail that takes as long as one with a link."""
    known = visitor.ask_for_link()
    fault = {"method": "POST", "path": "/passwordless/sessions", "status": 404}
    emulator.test_client().post("/_emulate/hooks", json=fault | {"body": {"code": code}})
    unknown = another_visitor.ask_for_link("eve@example.com")

    assert (unknown.status_code, list(unknown.headers.keys())) == (
        known.status_code,
        list(known.headers.keys()),
    )
    assert sorted(map(len, visitor.cookies().values())) == sorted(
        map(len, another_visitor.cookies().values())
    )
    assert heading(another_visitor.get(unknown.location)) == "Check your email"
    assert "has no account" in visitor.mailbox()[0]["text"]
    assert heading(another_visitor.type_relay_code("000000")) == "That code is not right"


def test_the_first_sign_in_makes_exactly_four_calls_to_workos(visitor: Visitor) -> None:
    visitor.ask_for_link()
    visitor.open_link(visitor.mailed_link())

    paths = [call["path"] for call in visitor.api_calls() if not call["path"].endswith("/confirm")]
    users = "/user_management/users"
    assert paths == ["/passwordless/sessions", "/sso/token", users, users]


def test_opened_elsewhere_it_shows_a_code_that_completes_it_where_it_was_asked_for(
    visitor: Visitor, another_visitor: Visitor
) -> None:
    """AUT-06."""
    visitor.ask_for_link(next="/account")
    page = another_visitor.get(visitor.mailed_link())
    assert heading(page) == "Type this code where you asked"

    going_on = visitor.type_relay_code(relay_code_on(page))

    assert heading(visitor.open_link(link_going_on(going_on))) == "Your account"
    assert not another_visitor.is_signed_in()


FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.77", "203.0.113"),
        ("203.0.113.77:50123", "203.0.113"),
        ("::ffff:203.0.113.77", "203.0.113"),
        ("2001:db8:1:2::3", "2001:db8:1"),
        ("[2001:db8:1:2::3]:443", "2001:db8:1"),
        ("unknown", ""),
        ("::1", ""),
    ],
)
def test_elsewhere_it_says_who_asked_and_when(
    visitor: Visitor, another_visitor: Visitor, address: str, network: str
) -> None:
    """A person who is tricked into opening it sees that somebody else asked."""
    asking = {"REMOTE_ADDR": address, "HTTP_USER_AGENT": FIREFOX}
    visitor.client.environ_base.update(asking)
    with time_machine.travel("2026-05-01T10:00:00Z", tick=False) as clock:
        visitor.ask_for_link()
        clock.shift(180)
        page = another_visitor.get(visitor.mailed_link())
        program: Any = another_visitor.get(
            visitor.mailed_link(), headers={"Accept": "application/json"}
        )

    said = " ".join(re.sub(r"<[^>]+>", "", page.text).split())
    where = f", from an address that begins with {network}" if network else ""
    assert f"Asked for by: Firefox on Linux, 3 minutes ago{where}. Not you?" in said
    at = int(datetime(2026, 5, 1, 10, tzinfo=UTC).timestamp())
    asked = {"at": at, "browser": "Firefox on Linux", "network": network}
    assert program.json["asked"] == asked


def test_the_link_tells_nobody_else_who_asked(visitor: Visitor) -> None:
    visitor.client.environ_base["HTTP_USER_AGENT"] = FIREFOX
    visitor.ask_for_link()

    [token] = parse_qs(urlsplit(visitor.mailed_link()).query)["token"]
    readable = base64.urlsafe_b64decode(token + "==")
    assert not [part for part in (b"Firefox", b"203", ADA.encode()) if part in readable]


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_elsewhere_it_changes_nothing_on_any_method(
    visitor: Visitor, another_visitor: Visitor, method: str
) -> None:
    """SES-19, AUT-05: that is all that a mail scanner can do."""
    visitor.ask_for_link()
    link = visitor.mailed_link().removeprefix(visitor.origin)

    answer = another_visitor.client.open(link, method=method)

    assert answer.status_code in (200, 405)
    assert "Set-Cookie" not in answer.headers
    assert links_spent_at_workos(visitor) == 0
    assert not another_visitor.is_signed_in()
    visitor.open_link(visitor.mailed_link())
    assert visitor.is_signed_in()


def test_the_page_that_a_scanner_sees_has_nothing_to_press(
    visitor: Visitor, another_visitor: Visitor
) -> None:
    visitor.ask_for_link()

    page = another_visitor.get(visitor.mailed_link()).text
    assert "<form" not in page
    assert "<script" not in page


@pytest.mark.parametrize(
    "headers", [{"Sec-Purpose": "prefetch"}, {"Purpose": "preview"}, {"X-Moz": "prefetch"}]
)
def test_a_browser_that_looks_ahead_spends_nothing(
    visitor: Visitor, headers: dict[str, str]
) -> None:
    """AUT-05: even the browser that asked."""
    visitor.ask_for_link()
    link = visitor.mailed_link()

    assert visitor.get(link, headers=headers).status_code == 503
    assert visitor.client.head(link.removeprefix(visitor.origin)).status_code == 503

    visitor.open_link(link)
    assert visitor.is_signed_in()


def test_opened_again_by_a_person_who_is_signed_in_it_says_so(visitor: Visitor) -> None:
    visitor.ask_for_link()
    visitor.open_link(visitor.mailed_link())

    again = visitor.open_link(visitor.mailed_link())

    assert heading(again) == "You are already signed in"
    assert exchanges(visitor) == 1


def test_a_used_link_says_so_elsewhere(visitor: Visitor, another_visitor: Visitor) -> None:
    visitor.ask_for_link()
    visitor.open_link(visitor.mailed_link())

    assert heading(another_visitor.get(visitor.mailed_link())) == "This link has already been used"


def test_an_expired_link_says_so_and_offers_a_code_where_it_was_asked_for(
    visitor: Visitor, another_visitor: Visitor
) -> None:
    with time_machine.travel("2026-05-01T10:00:00Z", tick=False) as clock:
        visitor.ask_for_link()
        link = visitor.mailed_link()
        clock.shift(SHORTEST + CLOCK_SKEW + 1)

        for browser in (visitor, another_visitor):
            assert heading(browser.get(link)) == "This link has expired"
        assert 'action="/auth/magic-auth"' in visitor.get(link).text
        assert ADA not in another_visitor.get(link).text
        clock.shift(LATE)
        assert "Email me a code instead" not in visitor.get(link).text


def test_after_the_cookies_are_gone_it_shows_a_code_and_a_way_to_begin_again(
    visitor: Visitor,
) -> None:
    visitor.ask_for_link()
    visitor.forget_cookies()

    page = visitor.get(visitor.mailed_link())

    assert heading(page) == "Type this code where you asked"
    assert 'href="/sign-in"' in page.text
    assert heading(visitor.type_relay_code(relay_code_on(page))) == "We lost track of this sign-in"


def test_two_attempts_in_two_tabs_each_have_their_own_code(
    visitor: Visitor, another_visitor: Visitor
) -> None:
    first = visitor.ask_for_link("first@example.com").location.partition("attempt=")[2]
    link_of_first = visitor.mailed_link()
    second = visitor.ask_for_link("second@example.com").location.partition("attempt=")[2]
    code = relay_code_on(another_visitor.get(link_of_first))

    assert heading(visitor.type_relay_code(code, attempt=second)) == "That code is not right"
    visitor.open_link(link_going_on(visitor.type_relay_code(code, attempt=first)))
    assert visitor.api_session().json["user"]["email"] == "first@example.com"


def test_five_wrong_relay_codes_end_the_tries_but_not_the_link(visitor: Visitor) -> None:
    """AUT-09."""
    visitor.ask_for_link()

    for left in range(TRIES_PER_CODE - 1, -1, -1):
        page = visitor.type_relay_code("000000")
        assert heading(page) == "That code is not right"
        assert (f"{left} tr" if left else "No tries left") in page.text
    assert heading(visitor.type_relay_code("000000")) == "Too many wrong codes"

    visitor.open_link(visitor.mailed_link())
    assert visitor.is_signed_in()


def test_the_relay_code_of_a_long_lived_link_gets_no_further_tries_by_waiting(
    visitor: Visitor,
) -> None:
    """AUT-09."""
    with time_machine.travel("2026-05-01T10:00:00Z", tick=False) as clock:
        visitor.post_json("/auth/magic-link", {"email": ADA, "expires_in": LONGEST})
        for _ in range(TRIES_PER_CODE):
            visitor.type_relay_code("000000")
        for _ in range(3):
            clock.shift(7 * 60 * 60)
            assert heading(visitor.type_relay_code("000000")) == "Too many wrong codes"


@pytest.mark.parametrize(
    ("typed", "title"),
    [("", "Enter the code"), (" - ", "Enter the code"), ("abc", "Check the code")],
)
def test_what_cannot_be_a_relay_code_costs_no_try(visitor: Visitor, typed: str, title: str) -> None:
    visitor.ask_for_link()

    for _ in range(TRIES_PER_CODE + 1):
        page = visitor.type_relay_code(typed)
        assert heading(page) == title
        assert 'name="relay_code"' in page.text


def test_a_relay_code_works_only_in_the_browser_that_asked(
    visitor: Visitor, another_visitor: Visitor
) -> None:
    """AUT-06."""
    attempt = visitor.ask_for_link().location.partition("attempt=")[2]
    code = relay_code_on(another_visitor.get(visitor.mailed_link()))

    refused = another_visitor.type_relay_code(code, attempt=attempt)

    assert heading(refused) == "We lost track of this sign-in"


def test_asking_for_somebody_else_leads_nowhere_without_the_mail(
    visitor: Visitor, another_visitor: Visitor
) -> None:
    """The attempt, its id and its cookie are no key; and a mail of one's own opens nothing else."""
    attempt = visitor.ask_for_link("victim@example.com").location.partition("attempt=")[2]
    visitor.ask_for_link("eve@example.com")
    own_code = relay_code_on(another_visitor.get(visitor.mailed_link()))

    refused = visitor.type_relay_code(own_code, attempt=attempt)

    assert heading(refused) == "That code is not right"
    assert links_spent_at_workos(visitor) == 0


def test_an_attempt_for_a_code_takes_no_relay_code(visitor: Visitor) -> None:
    visitor.ask_for_code()

    assert heading(visitor.type_relay_code("123456")) == "We lost track of this sign-in"


@pytest.mark.parametrize("token", ["", "nonsense", "a.b.c", "%ff", "x" * 3000])
def test_a_senseless_token_is_refused(visitor: Visitor, token: str) -> None:
    assert visitor.get(f"/auth/magic-link/open?token={token}").status_code == 400


@given(place=st.integers(0, 60), letter=st.sampled_from("AZaz09-_."))
@hypothesis_settings(max_examples=40, deadline=None)
def test_a_changed_token_is_refused(place: int, letter: str) -> None:

    sealer = Keyring(["x" * 40]).sealer("magic-link/2")
    token = sealer.encrypt(b"0123456789ab").decode()
    changed = token[:place] + letter + token[place + 1 :]
    if changed != token:
        with pytest.raises(InvalidToken):
            sealer.decrypt(changed)


def test_a_state_is_no_link(visitor: Visitor) -> None:
    """SES-15: nor is a link a `state`."""
    visitor.ask_for_link()
    token = parse_qs(urlsplit(visitor.mailed_link()).query)["token"][0]

    assert heading(visitor.get(f"/auth/callback?code=a&state={token}")) == (
        "This link has been changed"
    )
    assert exchanges(visitor) == 0


def test_it_works_over_a_change_of_the_key(
    visitor: Visitor, another_visitor: Visitor, config: Any, app: Flask, workos: Any
) -> None:
    """SEC-02."""

    visitor.ask_for_link()
    code = relay_code_on(another_visitor.get(visitor.mailed_link()))
    new = replace(
        config, secret_key="n" * 10 + "ew-Key_4zT9", secret_key_fallbacks=(config.secret_key,)
    )
    visitor.app = create_app(new, workos=workos)
    cookies = visitor.cookies()
    visitor.__post_init__()
    visitor.take_cookies(cookies)

    visitor.open_link(link_going_on(visitor.type_relay_code(code)))

    assert visitor.is_signed_in()


def test_it_needs_no_database_to_show_a_code(
    visitor: Visitor, another_visitor: Visitor, config: Any
) -> None:
    visitor.ask_for_link()
    config.database_path.unlink()
    config.database_path.mkdir()

    page = another_visitor.get(visitor.mailed_link())

    assert heading(page) == "Type this code where you asked"


def test_a_program_goes_the_same_way_with_json(visitor: Visitor, another_visitor: Visitor) -> None:
    visitor.post_json("/auth/magic-link", {"email": ADA})
    shown: Any = another_visitor.get(
        visitor.mailed_link(), headers={"Accept": "application/json"}
    ).json
    assert 0 < shown["expires_in"] <= SHORTEST

    wrong: Any = visitor.post_json("/auth/magic-link/relay", {"relay_code": "000000"}).json
    assert (wrong["error"], wrong["tries_left"]) == ("invalid_relay_code", TRIES_PER_CODE - 1)
    relayed: Any = visitor.post_json(
        "/auth/magic-link/relay", {"relay_code": shown["relay_code"]}
    ).json

    visitor.open_link(relayed["link"])
    assert visitor.is_signed_in()


def test_with_mail_of_workos_there_is_no_relay(make_config: Any, connect: Any) -> None:
    """The link of WorkOS is in the mail, so a code beside it would be a second key."""

    config = make_config()
    emulator = workos_emulator.create_app()
    visitor = Visitor(create_app(config, workos=connect(config)), emulator)
    visitor.ask_for_link()

    assert 'name="relay_code"' not in visitor.get("/auth/magic-link/sent").text

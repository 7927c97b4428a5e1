"""The button beside the code in our own mail (EMAIL_DELIVERY=smtp)."""

from __future__ import annotations

import base64
import logging
import re
from typing import Any

import pytest
import time_machine
from flask import Flask

from app.auth.attempt import LATE
from app.auth.doors.magic_auth import CODE_LIFETIME
from app.keys import CLOCK_SKEW
from app.limits import TRIES_PER_CODE
from tests.walk import ADA, MUCH_MAIL, Visitor, heading, query_of

EVE = "eve@example.com"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; rv:140.0) Gecko/20100101 Firefox/140.0"
ELSEWHERE = "Type the code where you asked"
JSON = {"Accept": "application/json"}


@pytest.fixture
def config(make_config: Any, smtp: dict[str, Any]) -> Any:
    """An application that mails itself."""
    return make_config(**smtp, **MUCH_MAIL)


def test_in_the_browser_that_asked_it_signs_in(visitor: Visitor) -> None:
    """As the code does: by Magic Auth, with a User and a session at WorkOS."""
    visitor.ask_for_code(next="/account")

    pressed = visitor.get(visitor.mailed_link())

    assert (pressed.status_code, pressed.location) == (303, "/account")
    assert visitor.api_session().json["method"] == "magic_auth"
    assert visitor.api_session().json["user"]["id"].startswith("user_")
    assert [call["path"] for call in visitor.api_calls()] == [
        "/user_management/magic_auth",
        "/user_management/authenticate",
    ]


def test_the_mail_has_the_code_and_a_link_without_it_in_both_parts(visitor: Visitor) -> None:
    visitor.ask_for_code()

    [mail] = visitor.mailbox()
    [link] = mail["links"]
    code = mail["one_time_code"]
    assert link.startswith("http://localhost:5000/auth/magic-auth/open?token=")
    assert len(link) < 200  # few mail programs break it
    assert code in mail["html"]
    assert f'href="{link}"' in mail["html"]
    assert link in mail["text"].splitlines()
    readable = base64.urlsafe_b64decode(query_of(link)["token"] + "==")
    assert not [part for part in (code, ADA, "203") if part.encode() in readable]


def test_anywhere_else_it_says_where_to_type_the_code(
    visitor: Visitor, another_visitor: Visitor
) -> None:
    """AUT-06: it shows no code and spends none."""
    visitor.client.environ_base["HTTP_USER_AGENT"] = FIREFOX
    with time_machine.travel("2026-05-01T10:00:00Z", tick=False) as clock:
        visitor.ask_for_code()
        clock.shift(120)
        page = another_visitor.get(visitor.mailed_link())
        program: Any = another_visitor.get(visitor.mailed_link(), headers=JSON)

        assert heading(page) == ELSEWHERE
        said = " ".join(re.sub(r"<[^>]+>", "", page.text).split())
        asked = "Firefox on Windows, 2 minutes ago, from an address that begins with 203.0.113"
        assert f"Asked for by: {asked}. Type it there." in said
        assert program.json["status"] == "elsewhere"
        assert program.json["expires_in"] == CODE_LIFETIME - 120
        assert program.json["asked"]["browser"] == "Firefox on Windows"
        for answer in (page.text, program.text):
            assert visitor.mailed_code() not in answer
            assert ADA not in answer
        assert not another_visitor.is_signed_in()
        assert visitor.exchanges() == []
        assert visitor.type_code(visitor.mailed_code()).status_code == 303


@pytest.mark.parametrize(
    ("user_agent", "heading", "within"),
    [
        ("", "An unknown browser", "an unknown browser"),
        ("python-requests/2.32", "A Python program", "a Python program"),
    ],
)
def test_what_has_no_name_is_said_as_a_sentence_or_a_heading_wants(
    visitor: Visitor, another_visitor: Visitor, user_agent: str, heading: str, within: str
) -> None:
    visitor.client.environ_base["HTTP_USER_AGENT"] = user_agent
    visitor.ask_for_code()

    assert f"It was asked for with {within} on " in visitor.mailbox()[0]["text"]
    page = another_visitor.get(visitor.mailed_link()).text
    assert f"Asked for by: <strong>{within}</strong>, just now" in page
    visitor.type_code(visitor.mailed_code())
    assert f"<h2>{heading} <span" in visitor.get("/account/sessions").text


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_elsewhere_it_changes_nothing_on_any_method(
    visitor: Visitor, another_visitor: Visitor, method: str
) -> None:
    """SES-19, AUT-05: that is all that a mail scanner can do, for the page has no form."""
    visitor.ask_for_code()
    link = visitor.mailed_link()

    answer = another_visitor.client.open(link.removeprefix(visitor.origin), method=method)

    assert answer.status_code in (200, 405)
    assert "Set-Cookie" not in answer.headers
    assert "<form" not in answer.text
    assert "<script" not in answer.text
    assert visitor.exchanges() == []
    assert visitor.get(link).status_code == 303
    assert visitor.is_signed_in()


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Purpose": "prefetch"},
        {"X-Moz": "prefetch"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "image"},
    ],
)
def test_a_browser_that_looks_ahead_spends_nothing(
    visitor: Visitor, headers: dict[str, str]
) -> None:
    """AUT-05: even the browser that asked."""
    visitor.ask_for_code()
    link = visitor.mailed_link()

    assert visitor.get(link, headers=headers).status_code == 503
    assert visitor.client.head(link.removeprefix(visitor.origin)).status_code == 503

    assert visitor.get(link).status_code == 303


@pytest.mark.parametrize("by", ["the button", "the code"])
def test_once_signed_in_it_says_so_everywhere(
    visitor: Visitor, another_visitor: Visitor, by: str
) -> None:
    visitor.ask_for_code()
    link = visitor.mailed_link()
    visitor.get(link) if by == "the button" else visitor.type_code(visitor.mailed_code())

    assert heading(visitor.get(link)) == "You are already signed in"
    assert heading(another_visitor.get(link)) == "This link has already been used"
    assert len(visitor.exchanges()) == 1


@pytest.mark.parametrize("which", ["older", "newer"])
def test_after_a_new_code_the_button_of_either_mail_works(visitor: Visitor, which: str) -> None:
    """As typed codes do: WorkOS keeps both."""
    visitor.ask_for_code()
    older = visitor.mailed_link()
    visitor.ask_for_code()

    pressed = visitor.get(older if which == "older" else visitor.mailed_link())

    assert pressed.status_code == 303
    assert visitor.is_signed_in()


@pytest.mark.parametrize(
    ("code", "title"),
    [
        ("invalid_one_time_code", "That code is not right"),
        ("one_time_code_previously_used", "This code has already been used"),
        ("one_time_code_expired", "This code has expired"),
    ],
)
def test_what_workos_says_against_the_code_is_said_with_a_way_to_another(
    visitor: Visitor, emulator: Flask, code: str, title: str
) -> None:
    visitor.ask_for_code()
    fault = {"method": "POST", "path": "/user_management/authenticate", "status": 400}
    body = {"code": code, "message": "no"}
    emulator.test_client().post("/_emulate/hooks", json=fault | {"body": body})

    refused = visitor.get(visitor.mailed_link())

    assert heading(refused) == title
    assert 'action="/auth/magic-auth"' in refused.text
    assert not visitor.is_signed_in()


def test_an_expired_one_says_so_and_offers_another_where_it_was_asked_for(
    visitor: Visitor, another_visitor: Visitor
) -> None:
    with time_machine.travel("2026-05-01T10:00:00Z", tick=False) as clock:
        visitor.ask_for_code()
        link = visitor.mailed_link()
        clock.shift(CODE_LIFETIME + CLOCK_SKEW + 1)

        for browser in (visitor, another_visitor):
            assert heading(browser.get(link)) == "This code has expired"
        assert 'action="/auth/magic-auth"' in visitor.get(link).text
        assert ADA not in another_visitor.get(link).text
        assert visitor.exchanges() == []
        clock.shift(LATE)
        assert heading(visitor.get(link)) == "This code has expired"


def test_wrong_codes_that_were_typed_count_for_the_button_too(visitor: Visitor) -> None:
    """AUT-09."""
    visitor.ask_for_code()
    for _ in range(TRIES_PER_CODE):
        visitor.type_code("000000")

    assert heading(visitor.get(visitor.mailed_link())) == "Too many wrong codes"
    assert not visitor.is_signed_in()


@pytest.mark.parametrize("token", ["", "senseless", "a.b.c", "x" * 120])
def test_a_forged_token_is_refused(visitor: Visitor, token: str) -> None:
    visitor.ask_for_code()

    refused = visitor.get(f"/auth/magic-auth/open?token={token}")

    assert (refused.status_code, heading(refused)) == (400, "This link is incomplete")
    assert visitor.exchanges() == []


def test_the_link_of_one_door_opens_no_other(visitor: Visitor) -> None:
    """SES-15."""
    visitor.ask_for_link()
    token = query_of(visitor.mailed_link())["token"]

    refused = visitor.get(f"/auth/magic-auth/open?token={token}")

    assert heading(refused) == "This link is incomplete"


def test_asking_for_somebody_else_leads_nowhere_without_their_mail(
    visitor: Visitor, another_visitor: Visitor
) -> None:
    """The cookie alone is no key, and the button does not sign in who asked for it elsewhere."""
    visitor.ask_for_code("victim@example.com")
    victims_link = visitor.mailed_link()
    visitor.ask_for_code(EVE)
    another_visitor.get(victims_link)

    visitor.get(visitor.mailed_link())

    assert visitor.api_session().json["user"]["email"] == EVE
    assert not another_visitor.is_signed_in()


def test_where_somebody_else_is_signed_in_the_person_who_asked_is_signed_in(
    visitor: Visitor, another_visitor: Visitor
) -> None:
    """In a browser that did not ask, nobody changes."""
    for browser in (visitor, another_visitor):
        browser.sign_in_by_code(EVE)
    visitor.ask_for_code(ADA)
    link = visitor.mailed_link()

    page = another_visitor.get(link)
    assert heading(page) == ELSEWHERE
    assert "This browser is already signed in." in page.text
    assert another_visitor.api_session().json["user"]["email"] == EVE

    visitor.get(link)
    assert visitor.api_session().json["user"]["email"] == ADA


def test_what_workos_asks_in_between_is_asked_after_the_button(visitor: Visitor) -> None:
    organizations = [{"id": "org_1", "name": "Acme"}, {"id": "org_2", "name": "Globex"}]
    body = {"email": ADA, "organizations": organizations}
    visitor.emulator.test_client().post("/_emulate/organizations", json=body)
    visitor.ask_for_code()

    step = visitor.get(visitor.mailed_link())

    assert step.location.startswith("/auth/choose-organization?attempt=")
    assert heading(visitor.get(visitor.mailed_link())) == "This step is done"
    chosen = visitor.post("/auth/choose-organization", organization_id="org_1")
    assert chosen.status_code == 303
    assert visitor.is_signed_in()


def test_an_address_without_an_account_has_a_cookie_of_the_same_size(
    visitor: Visitor, another_visitor: Visitor, emulator: Flask
) -> None:
    """AUT-14."""
    visitor.ask_for_code()
    fault = {"method": "POST", "path": "/user_management/magic_auth", "status": 404}
    body = {"code": "entity_not_found", "message": "no"}
    emulator.test_client().post("/_emulate/hooks", json=fault | {"body": body})
    another_visitor.ask_for_code(EVE)

    sizes = [sorted(map(len, one.cookies().values())) for one in (visitor, another_visitor)]
    assert sizes[0] == sizes[1]
    assert visitor.mailbox()[0]["links"] == []


def test_a_program_that_asked_is_signed_in_with_json(visitor: Visitor) -> None:
    visitor.post_json("/auth/magic-auth", {"email": ADA})

    opened: Any = visitor.get(visitor.mailed_link(), headers=JSON).json

    assert opened == {"status": "signed_in", "return_to": "/"}
    assert visitor.is_signed_in()


def test_neither_code_nor_link_is_logged(
    visitor: Visitor, another_visitor: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    """LOG-02."""
    with caplog.at_level(logging.DEBUG):
        visitor.ask_for_code()
        another_visitor.get(visitor.mailed_link())
        visitor.get(visitor.mailed_link())

    logged = " ".join(
        f"{one.getMessage()} {vars(one)}" for one in caplog.records if "app" in one.name
    )
    assert query_of(visitor.mailed_link())["token"] not in logged
    assert visitor.mailed_code() not in logged


def test_the_sign_in_page_has_one_button_for_email(visitor: Visitor) -> None:
    page = visitor.get("/sign-in").text

    assert "Continue with email" in page
    assert 'formaction="/auth/magic-link"' not in page
    assert visitor.ask_for_link().status_code == 303  # a program may still ask for one

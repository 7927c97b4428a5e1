"""Where somebody is signed in, and ending it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from flask import Flask

from app.guards import FRESH
from app.web.browsers import browser_name
from tests.walk import ADA, Visitor, heading

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/140.0.0.0 Safari/537.36"
)
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1"
)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel("2026-05-01T12:00:00Z", tick=False) as coordinates:
        yield coordinates


@pytest.fixture
def desk(visitor: Visitor, clock: Any) -> Visitor:
    """Ada at her desk, signed in."""
    visitor.client.environ_base["HTTP_USER_AGENT"] = FIREFOX
    visitor.sign_in_by_code()
    return visitor


def handles(visitor: Visitor) -> dict[str, str]:
    """Returns the handle behind each button, by browser."""
    answer: Any = visitor.get("/account/sessions", headers={"Accept": "application/json"}).json
    return {listed["browser"]: listed["session"] for listed in answer["sessions"]}


def test_each_session_is_listed_with_what_its_owner_recognizes(
    app: Flask, emulator: Flask, clock: Any
) -> None:
    """SES-12."""
    desk, phone = Visitor(app, emulator), Visitor(app, emulator)
    desk.client.environ_base["HTTP_USER_AGENT"] = FIREFOX
    phone.client.environ_base["HTTP_USER_AGENT"] = PHONE
    desk.sign_in_by_code()
    clock.shift(7_200)
    phone.sign_in_by_code()
    clock.shift(60)

    page = phone.get("/account/sessions").text

    text = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    assert "Safari on iPhone this one Signed in with a code by email 1 minute ago" in text
    assert (
        "Firefox on Linux Signed in with a code by email 2 hours ago. Last active 2 hours ago"
        in text
    )


def test_sessions_by_code_and_by_link_are_those_of_one_person(
    app: Flask, emulator: Flask, clock: Any
) -> None:
    """SES-12, AUT-18."""
    desk, phone = Visitor(app, emulator), Visitor(app, emulator)
    phone.sign_in_by_link()
    desk.sign_in_by_code()

    answer: Any = desk.get("/account/sessions", headers={"Accept": "application/json"}).json
    assert [each["method"] for each in answer["sessions"]] == ["magic_auth", "magic_link"]
    assert desk.post("/account/sessions/end-others").status_code == 303
    assert not phone.is_signed_in()


def test_one_other_session_can_be_ended(app: Flask, emulator: Flask, clock: Any) -> None:
    """SES-12."""
    desk, other = Visitor(app, emulator), Visitor(app, emulator)
    other.client.environ_base["HTTP_USER_AGENT"] = CHROME
    desk.sign_in_by_code()
    other.sign_in_by_code()

    ended = desk.post("/account/sessions/end", session=handles(desk)["Chrome on Windows"])

    assert (ended.status_code, ended.location) == (303, "/account/sessions")
    assert desk.is_signed_in()
    assert not other.is_signed_in()


def test_ending_this_one_is_signing_out(desk: Visitor) -> None:
    ended = desk.post("/account/sessions/end", session=handles(desk)["Firefox on Linux"])

    assert heading(desk.get(ended.location)) == "You are signed out"
    assert ended.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert not desk.is_signed_in()


def test_nobody_reaches_the_session_of_another_person(
    desk: Visitor, another_visitor: Visitor
) -> None:
    """SES-12: not even with the right handle."""
    eve = another_visitor
    eve.sign_in_by_code("eve@example.com")

    for handle in (handles(desk)["Firefox on Linux"], "", "x" * 64, "../" * 9):
        refused = eve.post("/account/sessions/end", session=handle)
        assert refused.status_code == 404
    eve.post("/account/sessions/end-others")
    assert desk.is_signed_in()
    assert ADA not in eve.get("/account/sessions").text


def test_all_others_can_be_ended(app: Flask, emulator: Flask, clock: Any) -> None:
    browsers = [Visitor(app, emulator, address=f"192.0.2.{number}") for number in range(3)]
    for browser in browsers:
        browser.sign_in_by_code()

    browsers[1].post("/account/sessions/end-others")

    assert [browser.is_signed_in() for browser in browsers] == [False, True, False]


def test_all_can_be_ended_after_a_recent_sign_in(app: Flask, emulator: Flask, clock: Any) -> None:
    desk, other = Visitor(app, emulator), Visitor(app, emulator)
    other.sign_in_by_code()
    desk.sign_in_by_code()

    ended = desk.post("/account/sessions/end-all")

    assert ended.location == "/auth/sign-out"
    assert "Clear-Site-Data" in ended.headers
    assert not desk.is_signed_in()
    assert not other.is_signed_in()


def test_ending_all_asks_for_a_recent_sign_in_and_leads_back(desk: Visitor, clock: Any) -> None:
    """SES-06, and the way back to where the person was."""
    clock.shift(FRESH)
    before = desk.cookies()["signin-session"]

    asked = desk.post("/account/sessions/end-all")
    assert asked.location == "/sign-in?next=/account/sessions&again=yes"
    page = desk.get(asked.location)
    assert heading(page) == "Please sign in again"
    assert f'value="{ADA}"' in page.text
    sent = desk.ask_for_code(next="/account/sessions")
    assert heading(desk.get(sent.location)) == "Enter the code"
    assert desk.type_code(desk.mailed_code()).location == "/account/sessions"

    assert desk.cookies()["signin-session"] != before
    assert desk.post("/account/sessions/end-all").location == "/auth/sign-out"
    assert not desk.is_signed_in()


def test_a_program_is_told_to_sign_in_again(desk: Visitor, clock: Any) -> None:
    clock.shift(FRESH)

    answer = desk.post_json("/account/sessions/end-all", {})

    assert (answer.status_code, answer.json["error"]) == (401, "sign_in_again")  # type: ignore[index] # an object


def test_a_visitor_sees_no_sessions(visitor: Visitor) -> None:
    assert visitor.get("/account/sessions").location == "/sign-in?next=/account/sessions"
    assert visitor.post("/account/sessions/end-all").status_code == 401


def test_an_operator_ends_the_sessions_of_one_person_or_of_all(
    app: Flask, emulator: Flask, clock: Any
) -> None:
    """SES-13."""
    ada, eve = Visitor(app, emulator), Visitor(app, emulator)
    ada.sign_in_by_code()
    eve.sign_in_by_code("eve@example.com")
    command = app.test_cli_runner()
    user_id = ada.api_session().json["user"]["id"]

    told = command.invoke(args=["sessions", "end", "--user", user_id])
    assert told.output == f"Ended 1 sessions of {user_id}.\n"
    assert (ada.is_signed_in(), eve.is_signed_in()) == (False, True)

    told = command.invoke(args=["sessions", "end", "--all"])
    assert told.output == "Ended 1 sessions.\n"
    assert not eve.is_signed_in()

    for wrong in (["sessions", "end"], ["sessions", "end", "--all", "--user", "x"]):
        assert command.invoke(args=wrong).exit_code == 2


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (FIREFOX, "Firefox on Linux"),
        (CHROME, "Chrome on Windows"),
        (PHONE, "Safari on iPhone"),
        (CHROME + " Edg/140.0", "Edge on Windows"),
        ("curl/8.5", "curl"),
        ("", "An unknown browser"),
        ("<script>alert(1)</script>", "An unknown browser"),
    ],
)
def test_a_browser_is_named_as_people_name_it(user_agent: str, name: str) -> None:
    assert browser_name(user_agent) == name

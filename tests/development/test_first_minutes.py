"""What a developer is shown first, and nobody else."""

from __future__ import annotations

from typing import Any

from flask import Flask

from app import create_app
from tests.totp import set_up
from tests.walk import Visitor

MAILBOX = 'href="http://localhost:4100"'


def test_every_page_leads_to_the_mailbox(visitor: Visitor) -> None:
    for path in ("/", "/sign-in", "/auth/sign-out", "/nowhere"):
        assert MAILBOX in visitor.get(path).text, path


def test_where_a_code_is_awaited_the_mailbox_is_named_beside(visitor: Visitor) -> None:
    assert f"all mail is in <a {MAILBOX}" in visitor.get(visitor.ask_for_code().location).text


def test_where_a_link_is_awaited_the_mailbox_is_named_beside(visitor: Visitor) -> None:
    assert f"all mail is in <a {MAILBOX}" in visitor.get(visitor.ask_for_link().location).text


def test_where_an_app_is_asked_for_the_emulators_are_named_beside(visitor: Visitor) -> None:
    visitor.sign_in_by_code()
    adding = visitor.get(visitor.post("/account/security/add").location).text
    set_up(visitor)
    asked = visitor.get(visitor.sign_in_by_code().location).text

    for page in (adding, asked):
        assert '<a href="http://localhost:4100">beside the mailbox</a>' in page


def test_the_home_page_says_what_there_is_to_try(visitor: Visitor) -> None:
    page = visitor.get("/").text

    for path in (
        "/sign-in",
        "/development/failures",
        "/development/journey",
        "/development/session",
    ):
        assert f'href="{path}"' in page
    assert "SIGN_IN_WITH" in page


def test_people_elsewhere_see_nothing_of_it(another_visitor: Visitor) -> None:
    for path in ("/", "/sign-in"):
        page = another_visitor.get(path).text
        assert MAILBOX not in page
        assert "For developers" not in page


def test_only_a_developer_is_told_what_workos_calls_it_and_when_by_the_clock(
    visitor: Visitor, another_visitor: Visitor
) -> None:
    for person, is_told in ((visitor, True), (another_visitor, False)):
        person.sign_in_by_code()
        account = person.get("/account").text
        assert (person.api_session().json["user"]["id"] in account) == is_told
        assert ("UTC" in account) == is_told


def test_with_the_real_workos_there_is_no_mailbox(make_config: Any, emulator: Flask) -> None:
    config = make_config(workos_base_url="https://api.workos.com")
    developer = Visitor(create_app(config), emulator, address="127.0.0.1")

    assert "mailbox" not in developer.get("/").text

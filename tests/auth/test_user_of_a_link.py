"""Whose link it was: the User at WorkOS, who is the same person by every door."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app.session.store import session_store
from tests.walk import ADA, Visitor, heading

USERS = "/user_management/users"
KEY = {"Authorization": "Bearer sk_test_emulator"}


def answer_with(visitor: Visitor, method: str, status: int, body: Any = None) -> None:
    """Lets WorkOS answer every question about users so."""
    fault = {"method": method, "path": USERS, "status": status, "body": body, "count": 99}
    made = visitor.emulator.test_client().post("/_emulate/hooks", json=fault)
    assert made.status_code == 201


def mend(visitor: Visitor) -> None:
    visitor.emulator.test_client().delete("/_emulate/hooks")


def calls(visitor: Visitor, path: str) -> int:
    return sum(call["path"] == path for call in visitor.api_calls())


def users(visitor: Visitor) -> list[dict[str, Any]]:
    answer: Any = visitor.emulator.test_client().get(USERS, headers=KEY).json
    return list(answer["data"])


def open_link_while(visitor: Visitor, status: int) -> tuple[str, TestResponse]:
    """Opens a link while WorkOS cannot be asked for users; returns its callback and the page."""
    visitor.ask_for_link(next="/account")
    callback = visitor.open_at_workos(visitor.mailed_link())
    answer_with(visitor, "*", status)
    return callback, visitor.get(callback)


@pytest.mark.parametrize("link_first", [False, True])
def test_a_person_has_one_id_by_every_door(
    visitor: Visitor, another_visitor: Visitor, link_first: bool
) -> None:
    """AUT-18."""
    if link_first:
        another_visitor.sign_in_by_link()
    visitor.sign_in_by_code()
    another_visitor.sign_in_by_link("Ada@Example.com")

    by_code, by_link = (each.api_session().json["user"] for each in (visitor, another_visitor))
    assert by_code["id"] == by_link["id"]
    assert by_code["id"].startswith("user_")
    assert by_code["profile_id"] is None
    assert by_link["profile_id"].startswith("prof_")
    assert len(users(visitor)) == 1


def test_a_new_address_gets_a_verified_user(visitor: Visitor) -> None:
    visitor.sign_in_by_link()

    [user] = users(visitor)
    assert (user["email"], user["email_verified"]) == (ADA, True)


def test_both_ids_are_kept_with_the_session(app: Flask, visitor: Visitor) -> None:
    visitor.sign_in_by_link()
    user = visitor.api_session().json["user"]

    with app.app_context():
        [record] = session_store().of_user(user["id"]).values()
    assert record.identity.profile_id == user["profile_id"]


@pytest.mark.parametrize("status", [500, 429, 401])
def test_while_workos_cannot_say_whose_the_link_is_nobody_is_signed_in(
    visitor: Visitor, status: int
) -> None:
    """AUT-22: two ids for one person would be worse."""
    _, page = open_link_while(visitor, status)

    assert (page.status_code, heading(page)) == (503, "You are almost signed in")
    assert page.headers["Retry-After"]
    assert ">Try again</a>" in page.text
    assert not visitor.is_signed_in()


def test_the_same_link_goes_on_once_workos_is_back(visitor: Visitor) -> None:
    """AUT-03: the code was exchanged once, and what it proved signs in once."""
    callback, _ = open_link_while(visitor, 500)
    assert visitor.get(callback).status_code == 503
    mend(visitor)

    finished = visitor.get(callback)

    assert (finished.status_code, finished.location) == (303, "/account")
    assert visitor.api_session().json["user"]["id"] == users(visitor)[0]["id"]
    assert calls(visitor, "/sso/token") == 1


def test_what_a_link_proved_signs_in_once(visitor: Visitor) -> None:
    """AUT-03, SES-07: not even with a copy of the browser's cookies."""
    callback, _ = open_link_while(visitor, 500)
    mend(visitor)
    cookies = visitor.cookies()
    visitor.get(callback)
    visitor.sign_out()
    visitor.take_cookies(cookies)

    assert heading(visitor.get(callback)) == "This link has already been used"
    assert not visitor.is_signed_in()


def test_another_browser_does_not_go_on(visitor: Visitor, another_visitor: Visitor) -> None:
    """AUT-01."""
    callback, _ = open_link_while(visitor, 500)
    mend(visitor)

    assert heading(another_visitor.get(callback)) == "This link has already been used"
    assert not another_visitor.is_signed_in()
    assert visitor.get(callback).status_code == 303


def test_a_program_is_told_when_to_come_again(visitor: Visitor) -> None:
    callback, _ = open_link_while(visitor, 500)

    answer: Any = visitor.get(callback, headers={"Accept": "application/json"}).json

    assert (answer["error"], answer["retry_after"]) == ("user_unavailable", 30)


@pytest.mark.parametrize(
    ("status", "body", "title"),
    [
        (403, {"message": "Forbidden"}, "No account could be made for you"),
        (400, {"code": "user_creation_error", "errors": []}, "No account could be made for you"),
        (400, {"error": "sign_up_not_allowed"}, "This address has no account"),
        (422, {"code": "invalid_request_parameters"}, "That address was not accepted"),
    ],
)
def test_a_person_who_may_not_have_an_account_is_told_so(
    visitor: Visitor, status: int, body: dict[str, Any], title: str
) -> None:
    """Only the owner of the mailbox gets this far."""
    visitor.ask_for_link()
    callback = visitor.open_at_workos(visitor.mailed_link())
    answer_with(visitor, "POST", status, {"message": "no", **body})

    page = visitor.get(callback)

    assert heading(page) == title
    assert 400 <= page.status_code < 500
    assert not visitor.is_signed_in()
    mend(visitor)
    assert visitor.sign_in_by_link().status_code == 303

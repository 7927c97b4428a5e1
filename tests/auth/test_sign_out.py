"""Signing out."""

from __future__ import annotations

from typing import Any

from app import create_app
from tests.walk import Visitor, heading


def test_the_button_signs_out(visitor: Visitor) -> None:
    visitor.sign_in_by_code()

    left = visitor.sign_out()

    assert (left.status_code, left.location) == (303, "/auth/sign-out")
    assert heading(visitor.get(left.location)) == "You are signed out"
    assert not visitor.is_signed_in()


def test_a_copy_of_the_cookie_is_dead_after_sign_out(
    visitor: Visitor, another_visitor: Visitor
) -> None:
    """SES-07."""
    visitor.sign_in_by_code()
    another_visitor.take_cookies(visitor.cookies())
    assert another_visitor.is_signed_in()

    visitor.sign_out()

    assert not another_visitor.is_signed_in()
    assert another_visitor.get("/account").status_code == 303


def test_opening_the_address_signs_nobody_out(visitor: Visitor) -> None:
    """SES-08: an image or a link on another site can do no more than this."""
    visitor.sign_in_by_code()

    page = visitor.get("/auth/sign-out")

    assert heading(page) == "Sign out?"
    assert visitor.is_signed_in()


def test_without_the_token_nobody_is_signed_out(visitor: Visitor) -> None:
    """SES-08, WEB-02."""
    visitor.sign_in_by_code()

    refused = visitor.client.post("/auth/sign-out")

    assert refused.status_code == 400
    assert visitor.is_signed_in()


def test_the_browser_is_told_to_forget(visitor: Visitor) -> None:
    """SES-09."""
    visitor.sign_in_by_code()

    left = visitor.sign_out()

    assert left.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert left.headers["Cache-Control"] == "no-store"


def test_signing_out_takes_attempts_along_and_what_the_site_keeps_in_its_session(
    visitor: Visitor,
) -> None:
    """SES-09: by name, also in browsers that do not know Clear-Site-Data."""
    visitor.sign_in_by_code()
    visitor.ask_for_link("eve@example.com")
    with visitor.client.session_transaction() as session:
        session["basket"] = ["something private"]

    visitor.sign_out()

    assert set(visitor.cookies()) == {"signin-known-browser"}


def test_signing_out_twice_is_no_error(visitor: Visitor) -> None:
    visitor.sign_in_by_code()
    visitor.sign_out()

    assert visitor.post("/auth/sign-out").status_code == 303


def test_a_program_signs_out(visitor: Visitor) -> None:
    visitor.sign_in_by_code()

    assert visitor.post_json("/auth/sign-out", {}).json == {"status": "signed_out"}
    assert not visitor.is_signed_in()


def test_while_the_store_is_down_nobody_is_told_that_they_are_signed_out(
    visitor: Visitor, config: Any
) -> None:
    """SES-07: on a shared computer one would walk away."""
    visitor.sign_in_by_code()
    folder = config.database_path.parent
    away = folder.rename(folder.with_name("away"))
    folder.touch()
    fresh = Visitor(create_app(config), visitor.emulator)
    fresh.take_cookies(visitor.cookies())

    page = fresh.get("/auth/sign-out")

    assert page.status_code == 503
    assert "You are signed out" not in page.text
    folder.unlink()
    away.rename(folder)

"""Asking for a link."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from app.signals import signed_in
from tests.walk import ADA, Visitor, heading

REGISTERED = "https://other.example.com/callback"


@pytest.fixture
def config(make_config: Any) -> Any:
    """An application that lets its callers choose a second callback."""
    return make_config(workos_redirect_uris=(REGISTERED,))


def test_a_link_signs_in_and_leads_back_to_where_the_person_was(visitor: Visitor) -> None:
    sent = visitor.ask_for_link(next="/account")

    assert sent.status_code == 303
    assert ADA in visitor.get(sent.location).text
    opened = visitor.get(visitor.open_at_workos(visitor.mailed_link()))
    assert (opened.status_code, opened.location) == (303, "/account")
    assert visitor.api_session().json["method"] == "magic_link"


def test_one_sign_in_makes_exactly_four_calls_to_workos(visitor: Visitor) -> None:
    visitor.sign_in_by_link()
    before = len(visitor.api_calls())

    visitor.sign_in_by_link()

    calls = [(call["method"], call["path"]) for call in visitor.api_calls()[before:]]
    assert calls.pop(0) == ("POST", "/passwordless/sessions")
    assert calls.pop(0)[1].endswith("/send")
    assert calls.pop(0)[1].endswith("/confirm")  # by the browser
    assert calls == [("POST", "/sso/token"), ("GET", "/user_management/users")]


def test_the_page_after_sending_offers_a_code_instead(visitor: Visitor) -> None:
    page = visitor.get(visitor.ask_for_link().location)

    assert "Email me a code instead" in page.text
    assert "15 minutes" in page.text


@pytest.mark.parametrize("lifetime", [900, 3600, 86_400])
def test_a_caller_may_choose_how_long_a_link_lives(visitor: Visitor, lifetime: int) -> None:
    sent: Any = visitor.post_json("/auth/magic-link", {"email": ADA, "expires_in": lifetime}).json

    assert sent["expires_in"] == lifetime


@pytest.mark.parametrize("lifetime", [0, 899, 86_401, -900, "1e3", "ten", 10**40, 900.5, True, []])
def test_other_lifetimes_are_refused(visitor: Visitor, lifetime: Any) -> None:
    refused = visitor.post_json("/auth/magic-link", {"email": ADA, "expires_in": lifetime})

    assert refused.status_code == 400
    assert visitor.mailbox() == []


def test_an_allowed_redirect_uri_is_used(visitor: Visitor) -> None:
    visitor.post_json("/auth/magic-link", {"email": ADA, "redirect_uri": REGISTERED})

    assert visitor.open_at_workos(visitor.mailed_link()).startswith(f"{REGISTERED}?code=")


@pytest.mark.parametrize(
    "redirect_uri",
    [
        "https://evil.example/callback",
        f"{REGISTERED}/",
        f"{REGISTERED}?a=1",
        REGISTERED.upper(),
        "http://localhost:5000/auth/callback@evil.example",
        "javascript:alert(1)",
    ],
)
def test_any_other_redirect_uri_is_refused(visitor: Visitor, redirect_uri: str) -> None:
    refused = visitor.ask_for_link(redirect_uri=redirect_uri)

    assert heading(refused) == "That redirect URI is not allowed"
    assert visitor.api_calls() == []


def test_the_callers_state_comes_back_in_the_session_and_in_the_signal(
    app: Flask, visitor: Visitor
) -> None:
    received: list[tuple[str, str]] = []

    def on_signed_in(sender: Flask, identity: Any, state: str) -> None:
        received.append((identity.email, state))

    with signed_in.connected_to(on_signed_in, sender=app):
        visitor.sign_in_by_link(state="basket-17 & more")

    assert visitor.api_session().json["state"] == "basket-17 & more"
    assert received == [(ADA, "basket-17 & more")]


def test_workos_and_the_mail_never_see_the_callers_state(visitor: Visitor) -> None:
    visitor.ask_for_link(state="basket-17")

    assert "basket-17" not in visitor.open_at_workos(visitor.mailed_link())


def test_a_state_too_long_for_a_cookie_is_refused_before_any_mail(visitor: Visitor) -> None:
    refused = visitor.ask_for_link(state="x" * 256)

    assert heading(refused) == "The state is too long"
    assert visitor.mailbox() == []

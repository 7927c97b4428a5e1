"""An account elsewhere: a button for each provider, and the same way back as hosted AuthKit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from app import create_app
from app.config import Config
from tests.auth.asked import come_back, set_at_workos
from tests.auth.test_authkit import ORGANIZATIONS, at_authkit
from tests.auth.test_choose_method import buttons, by_code, require
from tests.auth.test_sso import BEA
from tests.walk import ADA, LAST_USED, Visitor, heading, query_of

PROVIDERS = {
    "google": ("Google", "GoogleOAuth"),
    "microsoft": ("Microsoft", "MicrosoftOAuth"),
    "github": ("GitHub", "GitHubOAuth"),
    "apple": ("Apple", "AppleOAuth"),
}


@pytest.fixture
def config(make_config: Any) -> Config:
    """Settings that offer all of them, after codes."""
    config = make_config(sign_in_with=("magic_auth", *PROVIDERS))
    assert isinstance(config, Config)
    return config


@pytest.mark.parametrize("method", PROVIDERS)
def test_somebody_signs_in_with_an_account_elsewhere(visitor: Visitor, method: str) -> None:
    """AUT-18: with the id that they have by code."""
    name, provider = PROVIDERS[method]
    visitor.sign_in_by_code()
    known = visitor.api_session().json["user"]["id"]
    visitor.sign_out()
    page = visitor.get("/sign-in?next=/account").text
    offer = f'<span class="only-read">Continue with {name}</span>'
    assert f'href="/auth/social/{method}?next=/account">{offer}' in page

    away = visitor.get(f"/auth/social/{method}?next=/account&state=basket-17").location
    assert query_of(away)["provider"] == provider
    assert visitor.get(at_authkit(visitor, away, email=ADA)).location == "/account"

    session = visitor.api_session().json
    assert (session["user"]["id"], session["method"]) == (known, method)
    assert session["state"] == "basket-17"
    assert f"with {name}." in visitor.get("/account").text


def test_only_providers_that_are_named_are_there(visitor: Visitor) -> None:
    for path in ("/auth/social/myspace", "/auth/social", "/auth/authkit", "/auth/initiate"):
        assert visitor.get(path).status_code == 404


def test_a_request_that_nobody_made_begins_nothing(visitor: Visitor) -> None:
    """AUT-05, WEB-11."""
    assert visitor.client.head("/auth/social/google", base_url=visitor.origin).status_code == 503
    assert visitor.get("/auth/social/google", headers={"Purpose": "prefetch"}).status_code == 503
    assert visitor.cookies() == {}


def test_a_code_of_one_provider_is_worth_nothing_to_the_attempt_of_another(
    visitor: Visitor,
) -> None:
    """AUT-02."""
    callback = at_authkit(visitor, visitor.get("/auth/social/google").location, email=ADA)
    other = query_of(visitor.get("/auth/social/github").location)["state"]
    query = {"code": query_of(callback)["code"], "state": other}

    refused = visitor.get("/auth/callback", query_string=query)

    assert heading(refused) == "This sign-in could not be finished"
    assert not visitor.is_signed_in()


def test_who_belongs_to_several_organizations_chooses_one_here(visitor: Visitor) -> None:
    """AUT-15: a provider does not ask, so WorkOS has us ask."""
    workos = visitor.emulator.test_client()
    workos.post("/_emulate/organizations", json={"email": ADA, "organizations": ORGANIZATIONS})
    away = visitor.get("/auth/social/google?next=/account").location

    asked = visitor.get(at_authkit(visitor, away, email=ADA))
    assert asked.location.startswith("/auth/choose-organization?attempt=")
    assert "Globex" in visitor.get(asked.location).text
    chosen = visitor.post("/auth/choose-organization", organization_id="org_2")

    assert chosen.location == "/account"
    session = visitor.api_session().json
    assert (session["method"], session["workos"]["organization_id"]) == ("google", "org_2")


def test_a_no_is_a_no(visitor: Visitor) -> None:
    callback = at_authkit(visitor, visitor.get("/auth/social/google").location, deny="yes")

    assert heading(visitor.get(callback)) == "You are not signed in"


def test_the_provider_used_last_is_marked(visitor: Visitor) -> None:
    away = visitor.get("/auth/social/github").location
    visitor.get(at_authkit(visitor, away, email=ADA))
    visitor.sign_out()

    page = visitor.get("/sign-in").text

    assert page.count(LAST_USED) == 1
    assert f'<span aria-hidden="true">GitHub</span> {LAST_USED}' in page


def test_without_email_the_first_provider_is_the_prominent_button(
    make_config: Any, emulator: Flask, connect: Any
) -> None:
    config = make_config(sign_in_with=("google", "github"))
    visitor = Visitor(create_app(config, workos=connect(config)), emulator)
    page = visitor.get("/sign-in").text.partition("<main")[2]

    assert 'class="button" href="/auth/social/google?' in page
    assert 'class="button quiet" href="/auth/social/github?' in page
    assert 'class="or"' not in page


def test_radar_may_not_say_where_its_code_went(visitor: Visitor) -> None:
    set_at_workos(visitor, "radar-challenges", email=ADA, code="radar_email_challenge")
    page = visitor.get(come_back(visitor, "/auth/social/google").location)

    assert "emailed another six-digit code to your address" in page.text
    confirmed = visitor.post("/auth/unusual-sign-in", one_time_code=visitor.mailed_code())
    assert confirmed.location == "/"


@pytest.fixture
def offering(make_config: Any, emulator: Flask, connect: Any) -> Callable[..., Visitor]:
    """Opens a site with just these doors."""

    def open_site(*doors: str) -> Visitor:
        config = make_config(sign_in_with=doors)
        return Visitor(create_app(config, workos=connect(config)), emulator)

    return open_site


def test_what_an_organization_allows_and_this_site_has_is_offered(
    offering: Callable[..., Visitor],
) -> None:
    """AUT-15: Apple is allowed, and not offered here; GitHub is offered, and not allowed."""
    visitor = offering("magic_auth", "sso", "google", "github")
    allowed = {"google_oauth": True, "apple_oauth": True, "github_oauth": False, "magic_auth": True}
    require(visitor, auth_methods=allowed)
    away = visitor.get("/auth/social/github?next=/account").location

    asked = visitor.get(at_authkit(visitor, away, email=BEA)).location

    page = visitor.get(asked).text
    assert buttons(page) == [
        "Continue with Acme &lt;b&gt;",
        "Email me a code",
        "Continue with Google",
    ]
    assert f'name="email" value="{BEA}"' in page
    assert 'href="/auth/social/google?next=/account"' in page
    assert by_code(visitor, BEA, next="/account").location == "/account"


def test_a_method_of_which_an_organization_says_nothing_is_not_offered(
    offering: Callable[..., Visitor],
) -> None:
    visitor = offering("magic_auth", "sso", "google")
    require(visitor, auth_methods={"google_oauth": True})

    page = visitor.get(by_code(visitor, BEA).location)

    assert buttons(page.text) == ["Continue with Acme &lt;b&gt;", "Continue with Google"]

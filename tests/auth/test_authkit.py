"""Hosted AuthKit: away to the page of WorkOS, and back with a code for this browser alone."""

from __future__ import annotations

from typing import Any

import pytest
import time_machine
from flask import Flask

from app import create_app
from app.auth.elsewhere import LIFETIME
from app.config import Config
from app.guards import fresh_login_required
from app.keys import CLOCK_SKEW
from tests.walk import ADA, Visitor, heading, query_of

ORGANIZATIONS = [{"id": "org_1", "name": "Acme"}, {"id": "org_2", "name": "Globex"}]


@pytest.fixture
def config(make_config: Any) -> Config:
    """Settings that offer hosted AuthKit, after codes and links."""
    config = make_config(sign_in_with=("magic_auth", "magic_link", "authkit"))
    assert isinstance(config, Config)
    return config


def at_authkit(visitor: Visitor, url: str, **fields: str) -> str:
    """Answers the page of hosted AuthKit; returns where it sends the browser: our callback."""
    workos = visitor.emulator.test_client()
    page = workos.get("/user_management/authorize", query_string=query_of(url)).location
    back = workos.post(page, data=fields)
    assert back.status_code == 302, back.text
    return str(back.location)


def callback_of(visitor: Visitor, email: str = ADA, **query: str) -> str:
    """Goes to hosted AuthKit and back, as far as our callback."""
    away = visitor.get("/auth/authkit", query_string=query)
    return at_authkit(visitor, away.location, email=email)


def test_somebody_signs_in_at_authkit_and_is_back_where_they_were(visitor: Visitor) -> None:
    """AUT-18: with the id that they have by code."""
    visitor.sign_in_by_code()
    known = visitor.api_session().json["user"]["id"]
    visitor.sign_out()

    back = visitor.get(callback_of(visitor, next="/account", state="basket-17"))

    assert (back.status_code, back.location) == (303, "/account")
    session = visitor.api_session().json
    assert (session["user"]["id"], session["user"]["email"]) == (known, ADA)
    assert (session["method"], session["state"]) == ("authkit", "basket-17")
    assert session["workos"] is not None
    assert "the page of our sign-in service" in visitor.get("/account").text


def test_workos_is_told_what_it_needs_and_no_more(visitor: Visitor) -> None:
    away = visitor.get(
        "/auth/authkit?next=/account&state=basket-17&screen_hint=sign-up"
        "&login_hint=ada@example.com&organization_id=org_1&prompt=none"
    )

    assert away.status_code == 303
    assert away.location.startswith("http://localhost:4100/user_management/authorize?")
    asked = query_of(away.location)
    assert asked.pop("state") not in ("", "basket-17")
    assert len(asked.pop("code_challenge")) == 43
    assert asked == {
        "response_type": "code",
        "client_id": "client_emulator",
        "redirect_uri": "http://localhost:5000/auth/callback",
        "provider": "authkit",
        "code_challenge_method": "S256",
        "screen_hint": "sign-up",
        "login_hint": ADA,
        "organization_id": "org_1",
    }


def test_a_screen_that_workos_does_not_have_is_not_asked_for(visitor: Visitor) -> None:
    assert "screen_hint" not in visitor.get("/auth/authkit?screen_hint=sideways").location


def test_two_attempts_share_no_verifier_and_no_state(visitor: Visitor) -> None:
    first, second = (query_of(visitor.get("/auth/authkit").location) for _ in range(2))

    assert first["code_challenge"] != second["code_challenge"]
    assert first["state"] != second["state"]


def test_two_tabs_do_not_disturb_each_other(visitor: Visitor) -> None:
    first, second = callback_of(visitor, next="/first"), callback_of(visitor, next="/second")

    assert visitor.get(first).location == "/first"
    assert visitor.get(second).location == "/second"


def test_a_program_gets_the_address(visitor: Visitor) -> None:
    answer: Any = visitor.get("/auth/authkit", headers={"Accept": "application/json"}).json

    assert (answer["status"], answer["expires_in"]) == ("elsewhere", LIFETIME)
    assert visitor.get(at_authkit(visitor, answer["url"], email=ADA)).status_code == 303
    assert visitor.is_signed_in()


def test_the_page_offers_it_after_the_email_ways(visitor: Visitor) -> None:
    page = visitor.get("/sign-in?next=/account").text

    assert page.index('formaction="/auth/magic-link"') < page.index('class="or"')
    assert page.index('class="or"') < page.index('href="/auth/authkit?next=/account"')
    assert "More ways to sign in" in page


def test_alone_it_is_the_way_to_sign_in(make_config: Any, emulator: Flask, connect: Any) -> None:
    config = make_config(sign_in_with=("authkit",))
    visitor = Visitor(create_app(config, workos=connect(config)), emulator)
    page = visitor.get("/sign-in").text

    assert ">Sign in</a>" in page.partition("<main")[2]
    assert 'type="email"' not in page
    assert 'class="or"' not in page
    assert visitor.get(callback_of(visitor)).status_code == 303
    assert visitor.is_signed_in()


@pytest.mark.parametrize("path", ["/auth/authkit", "/auth/initiate"])
def test_by_default_it_is_not_there(
    make_config: Any, emulator: Flask, connect: Any, path: str
) -> None:
    config = make_config()
    visitor = Visitor(create_app(config, workos=connect(config)), emulator)

    assert visitor.get(path).status_code == 404
    assert "/auth/authkit" not in visitor.get("/sign-in").text


@pytest.mark.parametrize("path", ["/auth/authkit", "/auth/initiate"])
def test_a_request_that_nobody_made_begins_nothing(visitor: Visitor, path: str) -> None:
    """AUT-05, WEB-11."""
    assert visitor.client.head(path, base_url=visitor.origin).status_code == 503
    assert visitor.get(path, headers={"Sec-Purpose": "prefetch"}).status_code == 503
    assert visitor.cookies() == {}


@pytest.mark.parametrize("next_url", ["https://evil.example", "//evil.example", "/\\evil.example"])
def test_it_leads_back_to_this_site_only(visitor: Visitor, next_url: str) -> None:
    """WEB-01."""
    assert visitor.get(callback_of(visitor, next=next_url)).location == "/"


def test_beginning_is_limited_and_uses_up_nothing_else(visitor: Visitor) -> None:
    """LIM-01."""
    statuses = [visitor.get("/auth/authkit").status_code for _ in range(31)]

    assert statuses == [303] * 30 + [429]
    assert visitor.sign_in_by_code().status_code == 303


@pytest.mark.parametrize("relation", ["cross-site", "same-site"])
@pytest.mark.parametrize("destination", ["image", "iframe", "empty"])
def test_what_another_site_loads_begins_nothing_and_uses_up_nothing(
    visitor: Visitor, relation: str, destination: str
) -> None:
    """LIM-01, WEB-11: an image, a frame, or a fetch."""
    headers = {"Sec-Fetch-Site": relation, "Sec-Fetch-Dest": destination}
    statuses = {visitor.get("/auth/authkit", headers=headers).status_code for _ in range(31)}

    assert statuses == {503}
    assert visitor.cookies() == {}
    navigation = {"Sec-Fetch-Site": relation, "Sec-Fetch-Dest": "document"}
    assert visitor.get("/auth/authkit", headers=navigation).status_code == 303


def test_the_callback_in_another_browser_exchanges_nothing(
    visitor: Visitor, another_visitor: Visitor
) -> None:
    """AUT-01, AUT-06: and no code is offered, for nothing was mailed."""
    callback = callback_of(visitor)

    refused = another_visitor.get(callback)

    assert heading(refused) == "This browser did not begin the sign-in"
    assert 'href="/sign-in' in refused.text
    assert "/auth/magic-auth" not in refused.text
    assert visitor.exchanges() == []
    assert visitor.get(callback).status_code == 303


def test_a_stolen_code_is_worth_nothing_with_another_verifier(
    visitor: Visitor, another_visitor: Visitor
) -> None:
    """AUT-02: the thief brings an attempt and a `state` of their own."""
    stolen = query_of(callback_of(visitor))["code"]
    own = query_of(another_visitor.get("/auth/authkit").location)["state"]

    refused = another_visitor.get("/auth/callback", query_string={"code": stolen, "state": own})

    assert heading(refused) == "This sign-in could not be finished"
    assert not another_visitor.is_signed_in()


def test_the_verifier_is_sealed_in_the_browser_that_asked(visitor: Visitor) -> None:
    """AUT-02: neither an address nor a cookie shows it."""
    away = visitor.get("/auth/authkit")

    assert "verifier" not in away.location
    assert "verifier" not in str(visitor.cookies())


def test_the_code_of_a_link_is_refused_by_an_attempt_of_this_door(visitor: Visitor) -> None:
    visitor.ask_for_link()
    code = query_of(visitor.open_at_workos(visitor.mailed_link()))["code"]
    own = query_of(visitor.get("/auth/authkit").location)["state"]

    refused = visitor.get("/auth/callback", query_string={"code": code, "state": own})

    assert heading(refused) == "This sign-in could not be finished"
    assert not visitor.is_signed_in()


def test_a_code_of_this_door_is_refused_by_the_attempt_of_a_link(visitor: Visitor) -> None:
    code = query_of(callback_of(visitor))["code"]
    visitor.ask_for_link()
    own = query_of(visitor.open_at_workos(visitor.mailed_link()))["state"]

    refused = visitor.get("/auth/callback", query_string={"code": code, "state": own})

    assert heading(refused) == "This link has already been used or has expired"
    assert not visitor.is_signed_in()


def test_a_second_visit_exchanges_nothing(visitor: Visitor) -> None:
    """AUT-03."""
    callback = callback_of(visitor)
    visitor.get(callback)

    assert heading(visitor.get(callback)) == "You are already signed in"
    visitor.sign_out()
    assert heading(visitor.get(callback)) == "This sign-in is already finished"
    assert len(visitor.exchanges()) == 1


def test_who_takes_too_long_starts_again(visitor: Visitor) -> None:
    with time_machine.travel("2026-05-01T10:00:00Z", tick=False) as clock:
        callback = callback_of(visitor)
        clock.shift(LIFETIME + CLOCK_SKEW + 1)

        expired = visitor.get(callback)

    assert heading(expired) == "This sign-in took too long"
    assert "/auth/magic-auth" not in expired.text
    assert visitor.exchanges() == []


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_a_no_is_a_no(visitor: Visitor, accept: str) -> None:
    """It is not taken for a link that a scanner has opened."""
    away = visitor.get("/auth/authkit?next=/account").location
    callback = at_authkit(visitor, away, deny="yes")

    refused = visitor.get(callback, headers={"Accept": accept})

    assert refused.status_code == 403
    if accept == "text/html":
        assert heading(refused) == "You are not signed in"
        assert 'href="/sign-in?next=/account"' in refused.text
    else:
        answer: Any = refused.json
        assert answer["error"] == "sign_in_declined"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("signin_consent_denied", "You chose not to sign in"),
        ("oauth_failed", "The other service did not confirm who you are"),
        ("organization_invalid", "That organization is not known here"),
        ("server_error", "The sign-in service made an error"),
        ("telepathy", "The sign-in was not finished"),
    ],
)
def test_another_error_has_its_words_and_offers_no_code(
    visitor: Visitor, error: str, said: str
) -> None:
    own = query_of(visitor.get("/auth/authkit").location)["state"]

    refused = visitor.get("/auth/callback", query_string={"error": error, "state": own})

    assert heading(refused) == said
    assert "/auth/magic-auth" not in refused.text
    assert 'href="/sign-in' in refused.text


def test_an_offer_of_a_code_cannot_be_made_of_it(visitor: Visitor) -> None:
    """AUT-13: nothing was mailed, so nothing can be replaced."""
    own = query_of(visitor.get("/auth/authkit").location)["state"]

    assert visitor.post("/auth/magic-auth", instead_of=own).status_code == 400
    assert visitor.api_calls() == []


def test_what_workos_asks_in_between_is_asked_here(app: Flask, visitor: Visitor) -> None:
    """AUT-15: hosted AuthKit asks by itself; should WorkOS ask us, the step is as for codes."""
    workos = visitor.emulator.test_client()
    workos.post("/_emulate/organizations", json={"email": ADA, "organizations": ORGANIZATIONS})
    body = {
        "code": "organization_selection_required",
        "message": "Choose.",
        "pending_authentication_token": "pending",
        "organizations": ORGANIZATIONS,
    }
    hook = {"method": "POST", "path": "/user_management/authenticate", "status": 403, "body": body}
    callback = at_authkit(
        visitor,
        visitor.get("/auth/authkit?next=/account").location,
        email=ADA,
        organization_id="org_2",
    )
    workos.post("/_emulate/hooks", json={**hook, "count": 1})

    asked = visitor.get(callback)

    assert asked.location.startswith("/auth/choose-organization?attempt=")
    assert "Globex" in visitor.get(asked.location).text
    assert not visitor.is_signed_in()


def test_the_organization_that_was_chosen_there_is_in_the_session(visitor: Visitor) -> None:
    workos = visitor.emulator.test_client()
    workos.post("/_emulate/organizations", json={"email": ADA, "organizations": ORGANIZATIONS})

    visitor.get(callback_of(visitor, organization_id="org_2"))

    assert visitor.api_session().json["workos"]["organization_id"] == "org_2"


def test_workos_down_signs_nobody_in(visitor: Visitor) -> None:
    """AUT-22."""
    callback = callback_of(visitor)
    path = "/user_management/authenticate"
    hook = {"method": "POST", "path": path, "status": 503, "count": 1}
    visitor.emulator.test_client().post("/_emulate/hooks", json=hook)

    assert visitor.get(callback).status_code == 502
    assert not visitor.is_signed_in()


def test_it_makes_no_browser_known_for_an_address(
    make_config: Any, emulator: Flask, connect: Any
) -> None:
    """LIM-09: only what was mailed to an address does."""
    config = make_config(
        sign_in_with=("magic_auth", "authkit"), limit_send_per_address="1 per hour"
    )
    visitor = Visitor(create_app(config, workos=connect(config)), emulator)
    visitor.get(callback_of(visitor))
    visitor.sign_out()

    statuses = [visitor.ask_for_code().status_code for _ in range(2)]

    assert statuses == [303, 429]


def test_workos_begins_a_sign_in_here_and_keeps_what_it_passes(visitor: Visitor) -> None:
    """AUT-24: from a bookmark of its page, for example."""
    away = visitor.get(f"/auth/initiate?login_hint={ADA}&organization_id=org_1")

    asked = query_of(away.location)
    assert asked["provider"] == "authkit"
    assert (asked["login_hint"], asked["organization_id"]) == (ADA, "org_1")
    assert visitor.get(at_authkit(visitor, away.location, email=ADA)).location == "/"
    assert visitor.is_signed_in()


@pytest.mark.parametrize("path", ["/auth/authkit", "/auth/initiate"])
@pytest.mark.parametrize(("site", "is_kept"), [("cross-site", False), ("same-origin", True)])
def test_no_other_site_chooses_an_organization_for_who_is_signed_in(
    visitor: Visitor, path: str, site: str, is_kept: bool
) -> None:
    """AUT-24: it may have a provider that signs them in as somebody else."""
    visitor.sign_in_by_code()
    headers = {"Sec-Fetch-Site": site, "Sec-Fetch-Dest": "document"}

    away = visitor.get(f"{path}?organization_id=org_1", headers=headers).location

    assert ("organization_id" in query_of(away)) is is_kept


def test_a_callback_without_state_starts_again_and_goes_round_in_no_circle(
    visitor: Visitor,
) -> None:
    """AUT-01."""
    code = query_of(callback_of(visitor))["code"]

    page = visitor.get(visitor.get(f"/auth/callback?code={code}").location)

    assert page.status_code == 200
    assert heading(page) == "Sign in"
    assert "This sign-in did not start here" in page.text
    assert 'href="/auth/authkit?next=/"' in page.text
    assert visitor.exchanges() == []


def test_what_needs_a_recent_sign_in_has_authkit_ask_again(app: Flask, visitor: Visitor) -> None:
    """AUT-21: being let through there, without being asked, is no recent sign-in."""

    @app.get("/danger")
    @fresh_login_required
    def danger() -> str:
        return "Done."

    with time_machine.travel("2026-05-01T10:00:00Z", tick=False) as clock:
        visitor.get(callback_of(visitor))
        assert visitor.get("/danger").status_code == 200
        clock.shift(16 * 60)
        page = visitor.get(visitor.get("/danger").location).text
        assert 'href="/auth/authkit?next=/danger&amp;again=yes"' in page

        away = visitor.get("/auth/authkit?next=/danger&again=yes").location
        assert query_of(away)["max_age"] == "0"
        assert visitor.get(at_authkit(visitor, away, email=ADA)).location == "/danger"
        assert visitor.get("/danger").status_code == 200

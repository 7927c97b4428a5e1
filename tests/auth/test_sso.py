"""Single sign-on: an organization's own identity provider, by an address or by its name."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app import create_app
from app.config import Config
from tests.auth.test_authkit import at_authkit
from tests.walk import ADA, Visitor, heading, query_of

BEA = "bea@acme.example"
ACME: dict[str, Any] = {
    "id": "conn_acme",
    "name": "Acme <b>",
    "organization_id": "org_acme",
    "domains": {"acme.example": "verified"},
}
REFRESH = re.compile(r'http-equiv="refresh" content="0; url=([^"]+)"')


@pytest.fixture
def config(make_config: Any) -> Config:
    """Settings that offer single sign-on, after codes."""
    config = make_config(sign_in_with=("magic_auth", "sso"))
    assert isinstance(config, Config)
    return config


def connect(visitor: Visitor, **changes: object) -> None:
    """Has WorkOS know a connection."""
    made = visitor.emulator.test_client().post("/_emulate/connections", json={**ACME, **changes})
    assert made.status_code == 201, made.text


def target(page: TestResponse) -> str:
    """Where a page moves on to by itself."""
    found = REFRESH.search(page.text)
    assert found, page.text
    return unescape(found[1])


def ask(visitor: Visitor, email: str = BEA, **fields: str) -> str:
    """Presses the button with an address; returns where the page moves on to, on our site."""
    return target(visitor.post("/auth/sso", email=email, **fields))


def at_provider(visitor: Visitor, url: str, **fields: str) -> str:
    """Answers the identity provider's page; returns where it sends the browser: our callback."""
    workos = visitor.emulator.test_client()
    page = workos.get("/user_management/authorize", query_string=query_of(url)).location
    assert page.startswith("/_emulate/idp/"), page
    back = workos.post(page, data={"email": BEA, **fields})
    assert back.status_code == 302, back.text
    return str(back.location)


def callback_of(visitor: Visitor, email: str = BEA, **fields: str) -> str:
    """Goes to the identity provider and back, as far as our callback."""
    return at_provider(visitor, visitor.get(ask(visitor, email, **fields)).location, email=email)


def fail_next(visitor: Visitor, method: str, path: str, status: int, body: object = None) -> None:
    fault = {"method": method, "path": path, "status": status, "body": body or {}, "count": 1}
    assert visitor.emulator.test_client().post("/_emulate/hooks", json=fault).status_code == 201


def test_somebody_signs_in_at_their_organization_and_is_back_where_they_were(
    visitor: Visitor,
) -> None:
    """AUT-18: with the id that they have by code, because the organization has the domain."""
    connect(visitor)
    visitor.sign_in_by_code(BEA)
    known = visitor.api_session().json["user"]["id"]
    visitor.sign_out()
    assert "Use single sign-on" in visitor.get("/sign-in").text

    back = visitor.get(callback_of(visitor, next="/account", state="basket-17"))

    assert (back.status_code, back.location) == (303, "/account")
    session = visitor.api_session().json
    assert (session["user"]["id"], session["user"]["email"]) == (known, BEA)
    assert (session["method"], session["state"]) == ("sso", "basket-17")
    assert session["workos"]["organization_id"] == "org_acme"
    assert "your organization&#39;s sign-in" in visitor.get("/account").text
    ways = visitor.get("/account/security").text
    assert "With your organization's own sign-in" in ways
    assert "By email" not in ways


def test_workos_is_told_what_it_needs_and_no_more(visitor: Visitor) -> None:
    """AUT-02: the challenge goes along, the verifier stays in this browser."""
    connect(visitor)
    asked = query_of(visitor.get(ask(visitor, state="basket-17")).location)

    assert asked.pop("state") not in ("", "basket-17")
    assert len(asked.pop("code_challenge")) == 43
    assert asked == {
        "response_type": "code",
        "client_id": "client_emulator",
        "redirect_uri": "http://localhost:5000/auth/callback",
        "code_challenge_method": "S256",
        "connection_id": "conn_acme",
        "login_hint": BEA,
    }


def test_a_person_is_who_their_provider_says_and_not_who_has_the_address(visitor: Visitor) -> None:
    """AUT-18: the same id there is the same person here, whatever address comes with it."""
    connect(visitor)
    visitor.get(at_provider(visitor, visitor.get(ask(visitor)).location, idp_id="17"))
    known = visitor.api_session().json["user"]["id"]
    visitor.sign_out()

    there = visitor.get(ask(visitor)).location
    visitor.get(at_provider(visitor, there, idp_id="17", email="bea@elsewhere.example"))

    assert visitor.api_session().json["user"]["id"] == known


def test_a_provider_cannot_vouch_for_an_address_of_another_domain(visitor: Visitor) -> None:
    """AUT-15, AUT-18: whoever runs one would be anybody. Who proves it is known from then on."""
    connect(visitor)
    visitor.sign_in_by_code(ADA)
    known = visitor.api_session().json["user"]["id"]
    visitor.sign_out()

    there = visitor.get(ask(visitor)).location
    asked = visitor.get(at_provider(visitor, there, email=ADA, idp_id="17"))
    assert asked.location.startswith("/auth/verify-email?attempt=")
    assert not visitor.is_signed_in()
    visitor.post("/auth/verify-email", one_time_code=visitor.mailed_code())
    assert visitor.api_session().json["user"]["id"] == known
    visitor.sign_out()

    there = visitor.get(ask(visitor)).location
    visitor.get(at_provider(visitor, there, email="ada@elsewhere.example", idp_id="17"))
    session = visitor.api_session().json
    assert (session["user"]["id"], session["method"]) == (known, "sso")


def test_the_answer_tells_no_domain_from_another(visitor: Visitor) -> None:
    """AUT-14: neither in what it says nor in what it asks of WorkOS, so it takes the same time."""
    connect(visitor)
    connect(visitor, id="conn_two")
    connect(visitor, id="conn_off", organization_id="org_off", domains={"off.example": "verified"})
    connect(visitor, id="conn_off", organization_id="org_off", state="inactive")
    before = len(visitor.api_calls())

    pages = [visitor.post("/auth/sso", email=email) for email in (BEA, ADA, "bea@off.example")]

    attempts = [re.findall(r"attempt=([0-9a-f]{12})", page.text) for page in pages]
    same = {page.text.replace(one[0], "") for page, one in zip(pages, attempts, strict=True)}
    assert len(same) == 1
    assert {page.status_code for page in pages} == {200}
    assert len({len(value) for name, value in visitor.cookies().items() if "attempt" in name}) == 1
    assert len(visitor.api_calls()) == before


@pytest.mark.parametrize("state", [None, "inactive", "draft"])
def test_an_address_without_single_sign_on_is_offered_a_code(
    visitor: Visitor, state: str | None
) -> None:
    if state:
        connect(visitor, state=state)

    page = visitor.get(ask(visitor, next="/account"))

    assert (page.status_code, heading(page)) == (404, "This address has no single sign-on")
    assert f'name="email" value="{BEA}"' in page.text
    assert 'name="next" value="/account"' in page.text
    assert "Email me a code" in page.text
    assert visitor.sign_in_by_code(BEA, next="/account").location == "/account"


def test_a_server_that_does_not_know_the_filter_leads_to_no_strangers(visitor: Visitor) -> None:
    """Whoever signs in there would be in another organization."""
    connect(visitor)
    listed = visitor.emulator.test_client().get(
        "/connections", headers={"Authorization": "Bearer sk_test_emulator"}
    )
    fail_next(visitor, "GET", "/connections", 200, listed.json)

    assert heading(visitor.get(ask(visitor, ADA))) == "This address has no single sign-on"


def test_several_connections_of_a_domain_are_offered(visitor: Visitor) -> None:
    connect(visitor)
    connect(visitor, id="conn_lab", name="Acme Lab")
    connect(visitor, id="conn_off", name="Acme Old", state="inactive")

    page = visitor.get(ask(visitor, next="/account"))

    assert heading(page) == "Choose how to sign in"
    assert "Continue with Acme &lt;b&gt;" in page.text
    assert "Acme Old" not in page.text
    fields = {"connection_id": "conn_lab", "email": BEA, "next": "/account"}
    away = target(visitor.post("/auth/sso", **fields))
    assert query_of(away)["connection_id"] == "conn_lab"
    assert visitor.get(at_provider(visitor, away)).location == "/account"


@pytest.mark.parametrize(
    "field", [{"connection_id": "conn_acme"}, {"organization_id": "org_acme"}], ids=str
)
def test_an_application_may_name_where_to(visitor: Visitor, field: dict[str, str]) -> None:
    connect(visitor)
    away = target(visitor.post("/auth/sso", next="/account", **field))

    assert {**query_of(away), **field} == query_of(away)
    assert visitor.get(at_provider(visitor, away)).location == "/account"


def test_a_program_gets_the_address(visitor: Visitor) -> None:
    connect(visitor)
    connect(visitor, id="conn_lab", name="Lab")
    answer: Any = visitor.post_json("/auth/sso", {"email": BEA}).json
    assert (answer["status"], answer["expires_in"]) == ("elsewhere", 1800)

    listed: Any = visitor.get(answer["url"], headers={"Accept": "application/json"}).json
    assert listed["status"] == "choose_connection"
    assert {"id": "conn_lab", "name": "Lab"} in listed["connections"]
    chosen: Any = visitor.post_json("/auth/sso", {"connection_id": "conn_lab"}).json
    assert visitor.get(at_provider(visitor, chosen["url"])).status_code == 303
    assert visitor.is_signed_in()


@pytest.mark.parametrize(
    ("email", "said"), [("", "Enter your email address"), ("ada", "Check the email address")]
)
def test_a_wrong_address_is_corrected_on_the_sign_in_page(
    visitor: Visitor, email: str, said: str
) -> None:
    refused = visitor.post("/auth/sso", email=email)

    assert (refused.status_code, heading(refused)) == (400, said)
    assert 'name="email"' in refused.text


def test_a_form_of_another_site_begins_nothing(visitor: Visitor) -> None:
    """AUT-07: it could lead people to a provider that says they are somebody else."""
    refused = visitor.client.post("/auth/sso", data={"connection_id": "conn_acme"})

    assert heading(refused) == "This page was out of date"
    assert visitor.get("/auth/sso").status_code == 405
    assert not [name for name in visitor.cookies() if "attempt" in name]


def test_a_request_that_nobody_made_goes_no_further(visitor: Visitor) -> None:
    """AUT-05, WEB-11."""
    connect(visitor)
    on = ask(visitor)

    before = len(visitor.api_calls())
    assert visitor.client.head(on, base_url=visitor.origin).status_code == 503
    assert visitor.get(on, headers={"Purpose": "prefetch"}).status_code == 503
    assert len(visitor.api_calls()) == before
    assert visitor.get(on).status_code == 303


def test_another_browser_cannot_go_on(visitor: Visitor, another_visitor: Visitor) -> None:
    connect(visitor)
    refused = another_visitor.get(ask(visitor))
    assert heading(refused) == "We lost track of this sign-in"


def test_the_callback_of_one_browser_signs_nobody_in_in_another(
    visitor: Visitor, another_visitor: Visitor
) -> None:
    """AUT-01, AUT-02: with its own `state` it has no verifier for this code."""
    connect(visitor)
    callback = callback_of(visitor)
    foreign = another_visitor.get(callback)
    assert heading(foreign) == "This browser did not begin the sign-in"

    own = query_of(another_visitor.get(ask(another_visitor)).location)["state"]
    query = {"code": query_of(callback)["code"], "state": own}
    refused = another_visitor.get("/auth/callback", query_string=query)

    assert heading(refused) == "This sign-in could not be finished"
    assert not another_visitor.is_signed_in()


def test_a_callback_works_once(visitor: Visitor) -> None:
    """AUT-03."""
    connect(visitor)
    callback = callback_of(visitor)
    visitor.get(callback)
    visitor.sign_out()
    made = len(visitor.exchanges())

    assert heading(visitor.get(callback)) == "This sign-in is already finished"
    assert len(visitor.exchanges()) == made
    assert not visitor.is_signed_in()


def test_a_no_of_the_provider_is_a_no(visitor: Visitor) -> None:
    connect(visitor)
    there = visitor.get(ask(visitor)).location
    refused = visitor.get(at_provider(visitor, there, deny="yes"))

    assert (refused.status_code, heading(refused)) == (403, "You are not signed in")


@pytest.mark.parametrize(
    ("named", "said"),
    [
        ({"connection_id": "conn_off"}, "Your organization's sign-in is not set up"),
        ({"connection_id": "conn_none"}, "Your organization's sign-in is not set up"),
        ({"organization_id": "org_none"}, "That organization is not known here"),
        ({"organization_id": "org_acme"}, "Your organization has more than one way in"),
    ],
)
def test_a_connection_that_cannot_be_used_is_explained(
    visitor: Visitor, named: dict[str, str], said: str
) -> None:
    connect(visitor)
    connect(visitor, id="conn_two")
    connect(visitor, id="conn_off", state="inactive")
    away = target(visitor.post("/auth/sso", **named))
    workos = visitor.emulator.test_client()

    back = workos.get("/user_management/authorize", query_string=query_of(away)).location

    assert heading(visitor.get(back)) == said


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (503, {}, "The sign-in service has a problem"),
        (200, {"data": "many"}, "The sign-in service gave an unexpected answer"),
        (200, {"data": [{"id": 17}]}, "The sign-in service gave an unexpected answer"),
        (401, {}, "This site is not set up correctly"),
    ],
)
def test_when_workos_cannot_help_people_are_told_and_may_go_on_later(
    visitor: Visitor, status: int, body: object, said: str
) -> None:
    """AUT-22."""
    connect(visitor)
    on = ask(visitor)
    fail_next(visitor, "GET", "/connections", status, body)

    assert heading(visitor.get(on)) == said
    assert visitor.get(on).status_code == 303


def test_a_domain_is_not_asked_about_without_limit(
    make_config: Any, emulator: Flask, connect: Any
) -> None:
    config = make_config(sign_in_with=("sso",), limit_verify_per_visitor="3 per minute")
    visitor = Visitor(create_app(config, workos=connect(config)), emulator)
    on = ask(visitor)

    statuses = [visitor.get(on).status_code for _ in range(3)]

    assert statuses == [404, 404, 429]


def test_alone_it_asks_for_the_address_too(make_config: Any, emulator: Flask, connect: Any) -> None:
    config = make_config(sign_in_with=("sso",))
    visitor = Visitor(create_app(config, workos=connect(config)), emulator)

    page = visitor.get("/sign-in").text
    assert 'action="/auth/sso"' in page
    assert 'name="email"' in page
    assert "Email me a code" not in visitor.get(ask(visitor)).text


# Begun at the identity provider, which WorkOS lets through unless that is switched off.


def unasked(visitor: Visitor, **fields: str) -> str:
    """Begins at the identity provider; returns where it sends the browser."""
    page = "/_emulate/idp/conn_acme"
    back = visitor.emulator.test_client().post(page, data={"email": BEA, **fields})
    assert back.status_code == 302, back.text
    return str(back.location)


def test_a_code_that_nobody_here_asked_for_is_not_used(visitor: Visitor) -> None:
    """AUT-01: it could be anybody's, and would sign its reader in as them."""
    connect(visitor)
    made = len(visitor.exchanges())

    back = visitor.get(unasked(visitor))

    assert back.location == "/sign-in?because=state_missing"
    assert len(visitor.exchanges()) == made
    assert not visitor.is_signed_in()


def test_switched_off_it_starts_again_from_here_at_once(visitor: Visitor) -> None:
    connect(visitor, allows_idp_initiated=False)

    again = visitor.get(unasked(visitor))

    assert query_of(again.location)["connection_id"] == "conn_acme"
    assert visitor.get(at_provider(visitor, again.location)).location == "/"
    assert visitor.api_session().json["method"] == "sso"


def test_it_does_not_go_round(visitor: Visitor) -> None:
    connect(visitor, allows_idp_initiated=False)
    visitor.get(unasked(visitor))

    refused = visitor.get(unasked(visitor))

    assert (refused.status_code, heading(refused)) == (403, "Please start here")


def test_who_is_signed_in_is_not_led_to_a_provider(visitor: Visitor) -> None:
    """Any page could bring them there, with a connection of its choice."""
    connect(visitor, allows_idp_initiated=False)
    visitor.sign_in_by_code(ADA)

    refused = visitor.get(unasked(visitor))

    assert (refused.status_code, heading(refused)) == (403, "Please start here")
    assert visitor.api_session().json["user"]["email"] == ADA


@pytest.mark.parametrize("query", ["", "&connection_id=", "&organization_id="])
def test_without_a_connection_nobody_knows_where_to(visitor: Visitor, query: str) -> None:
    refused = visitor.get(f"/auth/callback?error=idp_initiated_sso_disabled{query}")
    assert (refused.status_code, heading(refused)) == (403, "Please start here")


def test_a_program_is_told(visitor: Visitor) -> None:
    url = "/auth/callback?error=idp_initiated_sso_disabled&connection_id=conn_acme"
    refused: Any = visitor.get(url, headers={"Accept": "application/json"})
    assert (refused.status_code, refused.json["error"]) == (403, "idp_initiated_sso_disabled")


def test_no_consent_is_a_no(visitor: Visitor) -> None:
    connect(visitor)
    refused = visitor.get(unasked(visitor, deny="yes"))
    assert (refused.status_code, heading(refused)) == (403, "You chose not to sign in")


def test_hosted_authkit_begins_anew_where_it_is_offered(
    make_config: Any, emulator: Flask, connect: Any
) -> None:
    """Once: who comes back without `state` again is told so."""
    config = make_config(sign_in_with=("magic_auth", "authkit"))
    visitor = Visitor(create_app(config, workos=connect(config)), emulator)

    again = visitor.get("/auth/callback?code=unasked")
    assert again.location == "/auth/initiate"
    away = visitor.get(again.location).location
    assert visitor.get("/auth/callback?code=unasked").location.startswith("/sign-in?because=")
    visitor.get(at_authkit(visitor, away, email=ADA))
    assert visitor.is_signed_in()


def test_hosted_authkit_keeps_whose_it_was(make_config: Any, emulator: Flask, connect: Any) -> None:
    config = make_config(sign_in_with=("authkit",))
    visitor = Visitor(create_app(config, workos=connect(config)), emulator)
    body = {**ACME, "allows_idp_initiated": False}
    visitor.emulator.test_client().post("/_emulate/connections", json=body)

    away = visitor.get(visitor.get(unasked(visitor)).location).location

    asked = query_of(away)
    assert asked["connection_id"] == "conn_acme"
    assert not {"provider", "organization_id"} & set(asked)
    assert visitor.get(at_provider(visitor, away)).location == "/"


def test_hosted_authkit_leads_nobody_who_is_signed_in_to_a_provider(
    make_config: Any, emulator: Flask, connect: Any
) -> None:
    """Any page could bring them there, with a connection of its choice."""
    config = make_config(sign_in_with=("magic_auth", "authkit"))
    visitor = Visitor(create_app(config, workos=connect(config)), emulator)
    visitor.sign_in_by_code()

    asked = query_of(visitor.get("/auth/initiate?connection_id=conn_acme").location)

    assert asked["provider"] == "authkit"
    assert "connection_id" not in asked

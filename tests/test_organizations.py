"""`/account/organizations`: where somebody belongs, going from one to another, and losing one."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import time_machine
from flask import Flask
from workos import WorkOSClient

from app import create_app
from app.guards import organization_required, permission_required, role_required
from app.session.claims import current_organization
from tests.auth.asked import answer_next, set_at_workos
from tests.walk import ADA, Visitor, heading

ACME, BABBAGE = "org_acme", "org_babbage"
BOTH = [
    {"id": ACME, "name": "Acme", "role": "admin"},
    {"id": BABBAGE, "name": "Babbage & Co.", "role": "member"},
]
JSON = {"Accept": "application/json"}
LIFETIME = 300  # seconds that the emulator's access tokens live
PAGE = "/account/organizations"
SWITCH = f"{PAGE}/switch"


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel("2026-05-01T12:00:00Z", tick=False) as coordinates:
        yield coordinates


def where() -> str:
    return f"{current_organization.id} {current_organization.role}"


@pytest.fixture
def ada(visitor: Visitor, clock: Any) -> Visitor:
    """Ada, who belongs to two organizations, and has signed in to the first."""
    visitor.app.add_url_rule("/where", view_func=organization_required(where))
    visitor.app.add_url_rule("/reports", "reports", permission_required("x")(where))
    visitor.app.add_url_rule("/members", "members", role_required("member")(where))
    set_at_workos(visitor, "organizations", email=ADA, organizations=BOTH)
    sign_in(visitor, ACME)
    return visitor


def sign_in(visitor: Visitor, organization_id: str) -> None:
    visitor.sign_in_by_code()
    visitor.post("/auth/choose-organization", organization_id=organization_id)
    assert here(visitor) == organization_id


def here(visitor: Visitor) -> str | None:
    """Returns the organization that the person is in."""
    found: str | None = visitor.api_session().json.get("organization_id")
    return found


def listed(visitor: Visitor) -> list[tuple[str, list[str], bool]]:
    answer: Any = visitor.get(PAGE, headers=JSON).json
    return sorted((o["name"], o["roles"], o["is_current"]) for o in answer["organizations"])


def test_the_page_shows_where_one_belongs_as_what_and_which_is_current(ada: Visitor) -> None:
    page = ada.get(PAGE).text

    assert 'Acme <span class="badge">current</span>' in page
    assert "Babbage &amp; Co." in page
    assert page.count("Switch<span") == 1
    assert listed(ada) == [("Acme", ["admin"], True), ("Babbage & Co.", ["member"], False)]


def test_switching_is_a_form_that_leads_back_with_other_roles(ada: Visitor) -> None:
    """AUT-28."""
    assert ada.get("/where").text == f"{ACME} admin"
    answer = ada.post(SWITCH, organization_id=BABBAGE, next="/where")

    assert (answer.status_code, answer.location) == (303, "/where")
    assert ada.get("/where").text == f"{BABBAGE} member"
    back: Any = ada.post_json(SWITCH, {"organization_id": ACME}).json
    assert back == {"status": "switched", "organization_id": ACME}
    assert ada.get("/where").text == f"{ACME} admin"


def test_where_something_is_missing_the_page_leads_to_the_other_organizations_and_back(
    ada: Visitor,
) -> None:
    """AUT-26."""
    page = ada.get("/reports").text

    assert 'href="/account/organizations?next=/reports"' in page
    assert 'name="next" value="/reports"' in ada.get(f"{PAGE}?next=/reports").text


def test_a_refusal_names_the_organization_and_switches_where_one_has_the_role(
    ada: Visitor,
) -> None:
    """AUT-26: programs are told the same."""
    page = ada.get("/members")
    answer: Any = ada.get("/members", headers=JSON)

    assert page.status_code == answer.status_code == 403
    assert "you need the role “member” in Acme." in page.text
    assert "You have this role in another of your organizations." in page.text
    assert "Switch to Babbage &amp; Co." in page.text
    assert 'name="next" value="/members"' in page.text
    assert answer.json["organization"] == "Acme"
    elsewhere = [{"organization_id": BABBAGE, "name": "Babbage & Co."}]
    assert answer.json["elsewhere"] == elsewhere
    assert ada.post(SWITCH, organization_id=BABBAGE, next="/members").location == "/members"
    assert ada.get("/members").text == f"{BABBAGE} member"


def test_a_refusal_promises_no_permission_elsewhere_because_nobody_says_what_roles_permit(
    ada: Visitor,
) -> None:
    """AUT-26."""
    page = ada.get("/reports").text

    assert "you need the permission “x” in Acme." in page
    assert "You may be able to do this in another of your organizations." in page
    assert "Switch to" not in page
    answer: Any = ada.get("/reports", headers=JSON).json
    assert (answer["organization"], "elsewhere" in answer) == ("Acme", False)


def test_however_often_somebody_is_refused_workos_is_asked_ten_times_a_minute(
    ada: Visitor, clock: Any
) -> None:
    calls = len(ada.api_calls())

    pages = [ada.get("/reports") for _ in range(12)]

    assert {page.status_code for page in pages} == {403}
    assert len(ada.api_calls()) == calls + 10
    assert f"in {ACME}." in pages[-1].text


def test_without_an_organization_a_refusal_offers_all_of_them(visitor: Visitor) -> None:
    visitor.app.add_url_rule("/where", view_func=organization_required(where))
    visitor.sign_in_by_code()
    set_at_workos(visitor, "organizations", email=ADA, organizations=BOTH)

    page = visitor.get("/where").text

    assert "Switch to Acme" in page
    assert "Switch to Babbage &amp; Co." in page


def test_a_refusal_stands_while_workos_is_down_and_names_the_id(ada: Visitor) -> None:
    path = "/user_management/organization_memberships"
    set_at_workos(ada, "hooks", method="GET", path=path, status=500)

    page = ada.get("/reports")

    assert page.status_code == 403
    assert f"in {ACME}." in page.text


def test_the_list_of_sessions_says_where_each_one_works(
    ada: Visitor, another_visitor: Visitor
) -> None:
    """SES-12: by name, or while WorkOS is down by id."""
    sign_in(another_visitor, ACME)
    another_visitor.post(SWITCH, organization_id=BABBAGE)

    page = ada.get("/account/sessions").text
    answer: Any = ada.get("/account/sessions", headers=JSON).json
    path = "/user_management/organization_memberships"
    set_at_workos(ada, "hooks", method="GET", path=path, status=500)

    assert "Organization: Acme" in page
    assert "Organization: Babbage &amp; Co." in page
    told = [(one["organization_id"], one["organization"]) for one in answer["sessions"]]
    assert told == [(ACME, "Acme"), (BABBAGE, "Babbage & Co.")]
    assert f"Organization: {BABBAGE}" in ada.get("/account/sessions").text


def test_where_nobody_is_in_an_organization_the_list_of_sessions_asks_for_none(
    visitor: Visitor,
) -> None:
    visitor.sign_in_by_code()
    calls = len(visitor.api_calls())

    assert "Organization:" not in visitor.get("/account/sessions").text
    assert len(visitor.api_calls()) == calls


@pytest.mark.parametrize("url", ["https://evil.example", "//evil.example", "/\\evil.example"])
def test_switching_leads_nowhere_else(ada: Visitor, url: str) -> None:
    """WEB-01."""
    assert ada.post(SWITCH, organization_id=BABBAGE, next=url).location == "/"


def test_every_later_refresh_stays_in_the_organization(ada: Visitor, clock: Any) -> None:
    """AUT-28: WorkOS falls back to another, unless it is asked for this one."""
    ada.post(SWITCH, organization_id=BABBAGE)
    for _ in range(3):
        clock.shift(LIFETIME)
        assert here(ada) == BABBAGE


@pytest.mark.parametrize(
    ("organization_id", "error"),
    [
        ("org_nobodys", "organization_not_found"),
        ("org_charles", "organization_membership_not_found"),
        ("", "organization_not_named"),
    ],
)
def test_nobody_gets_where_they_do_not_belong(
    ada: Visitor, clock: Any, organization_id: str, error: str
) -> None:
    """AUT-28: and they stay where they are, with their session."""
    charles = [{"id": "org_charles", "name": "Charles"}]
    set_at_workos(ada, "organizations", email="charles@example.com", organizations=charles)

    answer: Any = ada.post_json(SWITCH, {"organization_id": organization_id})

    assert (answer.status_code, answer.json["error"]) in ((403, error), (400, error))
    assert ada.post(SWITCH, organization_id=organization_id).status_code == answer.status_code
    assert here(ada) == ACME
    clock.shift(LIFETIME)
    assert here(ada) == ACME


def test_switching_needs_the_csrf_token_and_a_sign_in(
    ada: Visitor, another_visitor: Visitor
) -> None:
    """WEB-02."""
    assert ada.client.post(SWITCH, data={"organization_id": BABBAGE}).status_code == 400
    assert ada.get(SWITCH).status_code == 405
    assert another_visitor.post(SWITCH, organization_id=BABBAGE).status_code == 401
    assert here(ada) == ACME


def test_an_impersonator_sees_the_organizations_and_switches_to_none(visitor: Visitor) -> None:
    """AUT-23: whoever begins it at WorkOS has said there for which one, and why."""
    visitor.app.add_url_rule("/members", "members", role_required("member")(where))
    set_at_workos(visitor, "organizations", email=ADA, organizations=BOTH)
    acting = {"email": "support@example.com", "reason": "Ticket 7"}
    set_at_workos(visitor, "claims", email=ADA, impersonator=acting)
    sign_in(visitor, ACME)

    assert visitor.get(PAGE).status_code == 200
    assert "Switch to" not in visitor.get("/members").text
    assert visitor.post(SWITCH, organization_id=BABBAGE).status_code == 403
    assert here(visitor) == ACME


def test_after_a_link_one_sees_them_and_is_offered_another_way_in(visitor: Visitor) -> None:
    set_at_workos(visitor, "organizations", email=ADA, organizations=BOTH)
    visitor.sign_in_by_link()

    page = visitor.get(PAGE).text

    assert "Acme" in page
    assert "Switch<span" not in page
    assert "again=yes" in page
    answer: Any = visitor.post_json(SWITCH, {"organization_id": ACME})
    assert (answer.status_code, answer.json["error"]) == (409, "not_switched")
    assert visitor.is_signed_in()


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, {"error": "sso_required", "connection_ids": ["conn_1"], "email": ADA}),
        (400, {"error": "mfa_enrollment"}),
        (403, {"code": "mfa_enrollment", "message": "Enroll."}),
    ],
)
@pytest.mark.parametrize("offered", ["authkit", "sso", "magic_link"])
def test_what_an_organization_asks_for_is_asked_by_a_door_that_is_offered(
    make_config: Any, workos: Any, emulator: Flask, status: int, body: Any, offered: str
) -> None:
    app = create_app(make_config(sign_in_with=("magic_auth", offered)), workos=workos)
    visitor = Visitor(app, emulator)
    set_at_workos(visitor, "organizations", email=ADA, organizations=BOTH)
    sign_in(visitor, ACME)
    answer_next(visitor, status, body)

    page = visitor.post(SWITCH, organization_id=BABBAGE, next="/account")

    if offered == "magic_link":
        assert page.status_code == 403
    else:
        assert page.status_code == 200  # not a redirect: see pages.leave
        assert f"organization_id={BABBAGE}" in page.text
        assert ("provider=authkit" in page.text) is (offered == "authkit")
    assert here(visitor) == ACME


@pytest.mark.parametrize(
    ("status", "body"), [(500, {}), (429, {}), (200, {}), (400, {"error": "invalid_grant"})]
)
def test_trouble_at_workos_moves_nobody_and_signs_nobody_out(
    ada: Visitor, clock: Any, status: int, body: Any
) -> None:
    """SES-18."""
    answer_next(ada, status, body)

    assert ada.post(SWITCH, organization_id=BABBAGE).status_code >= 400
    assert here(ada) == ACME
    clock.shift(LIFETIME)
    assert here(ada) == ACME


def test_a_switch_and_refreshes_at_once_spend_each_token_once(
    ada: Visitor, clock: Any, config: Any, workos: WorkOSClient
) -> None:
    """AUT-28: on two hosts; nobody loses their session, and all end up in one place."""
    clock.shift(LIFETIME)
    hosts = [ada.app, create_app(config, workos=workos)]
    token, cookies = ada.csrf_token("/sign-in?again=yes"), ada.cookies()

    def ask(number: int) -> int:
        browser = Visitor(hosts[number % 2], ada.emulator)
        browser.take_cookies(cookies)
        if number % 4:
            return browser.get("/account").status_code
        data = {"csrf_token": token, "organization_id": BABBAGE}
        return browser.client.post(SWITCH, data=data).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(ask, range(16)))

    assert set(statuses) <= {200, 303, 409}
    assert statuses.count(303) >= 1
    assert here(ada) == BABBAGE
    refused = [one for one in ada.exchanges() if one["status"] >= 400]
    assert len(refused) <= 1  # the choice of an organization at sign-in


def test_a_membership_that_is_lost_leaves_the_session_and_says_so_once(
    ada: Visitor, clock: Any
) -> None:
    """AUT-29: and what was asked for is not done elsewhere."""
    ada.post(SWITCH, organization_id=BABBAGE)
    set_at_workos(ada, "organizations", email=ADA, organizations=BOTH[:1])
    clock.shift(LIFETIME)

    page = ada.get("/account")

    assert (page.status_code, heading(page)) == (403, "You are no longer in this organization")
    assert 'href="/account/organizations?next=/account"' in page.text
    assert ada.get("/account").status_code == 200
    assert here(ada) is None
    assert listed(ada) == [("Acme", ["admin"], False)]
    ada.post(SWITCH, organization_id=ACME)
    assert here(ada) == ACME


def test_nothing_of_a_lost_organization_is_left_even_while_workos_is_down(
    ada: Visitor, clock: Any
) -> None:
    """AUT-29."""
    assert ada.get("/where").text == f"{ACME} admin"
    answer_next(ada, 400, {"error": "organization_membership_not_found"})
    clock.shift(LIFETIME)
    assert ada.get("/where").status_code == 403
    set_at_workos(ada, "hooks", method="POST", path="/user_management/authenticate", status=500)

    assert ada.get("/where", headers=JSON).json["error"] == "organization_missing"  # type: ignore[index] # an object
    assert here(ada) is None


def test_being_moved_elsewhere_by_workos_is_said_before_anything_is_done(
    ada: Visitor, clock: Any
) -> None:
    """AUT-29."""
    set_at_workos(ada, "claims", email=ADA, claims={"org_id": BABBAGE})
    clock.shift(LIFETIME)

    answer: Any = ada.get("/account", headers=JSON)

    assert (answer.status_code, answer.json["error"]) == (403, "organization_lost")
    assert here(ada) == BABBAGE


def test_a_switch_that_ends_elsewhere_is_not_called_one(ada: Visitor) -> None:
    """AUT-28."""
    set_at_workos(ada, "claims", email=ADA, claims={"org_id": ACME})

    refused = ada.post_json(SWITCH, {"organization_id": BABBAGE})

    assert (refused.status_code, refused.json["error"]) == (409, "not_switched")  # type: ignore[index] # JSON


def test_while_workos_is_down_the_page_says_so(ada: Visitor) -> None:
    path = "/user_management/organization_memberships"
    set_at_workos(ada, "hooks", method="GET", path=path, status=500)

    assert ada.get(PAGE).status_code == 502
    assert ada.is_signed_in()

"""An invitation: who invites into what, accepted by every door, and by nobody unasked."""

from __future__ import annotations

import logging
import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from werkzeug.test import TestResponse
from workos import WorkOSClient

from app.config import Config
from tests.auth.test_authkit import at_authkit
from tests.walk import ADA, MUCH_MAIL, Visitor, heading, query_of

BOB, CAROL = "bob@globex.example", "carol@initech.example"


@pytest.fixture
def config(make_config: Any) -> Config:
    """Settings that offer codes, links, hosted AuthKit and a provider."""
    doors = ("magic_auth", "magic_link", "authkit", "google")
    config = make_config(sign_in_with=doors, **MUCH_MAIL)
    assert isinstance(config, Config)
    return config


@pytest.fixture
def acme(workos: WorkOSClient) -> str:
    return workos.organizations.create_organization(name="Acme").id


@pytest.fixture
def link(workos: WorkOSClient, acme: str) -> str:
    """The link in the mail that invites Bob."""
    ada = workos.user_management.create_user(email=ADA, first_name="Ada", last_name="Lovelace")
    sent = workos.user_management.send_invitation(
        email=BOB, organization_id=acme, role_slug="admin", inviter_user_id=ada.id
    )
    return sent.accept_invitation_url


def token_of(link: str) -> str:
    return query_of(link)["invitation_token"]


def open_link(visitor: Visitor, link: str) -> str:
    """Opens it as far as the page that it leads to; returns where that is."""
    return str(visitor.get(link).location)


def organizations(workos: WorkOSClient, visitor: Visitor) -> list[str]:
    user_id = visitor.api_session().json["user"]["id"]
    listed = workos.organization_membership.list_organization_memberships(user_id=user_id).data
    return [one.organization_id for one in listed]


def test_the_page_says_who_invites_into_what_and_signs_in(visitor: Visitor, link: str) -> None:
    page = visitor.get(open_link(visitor, link))

    assert heading(page) == "Join Acme"
    assert "Ada Lovelace invites you to <strong>Acme</strong>" in page.text
    assert BOB in page.text
    [sign_in] = re.findall(r'class="button" href="(/sign-in[^"]+)"', page.text)
    form = visitor.get(sign_in).text
    assert f'value="{BOB}"' in form
    assert 'name="next" value="/auth/invitation?attempt=' in form


def test_the_token_leaves_the_address_and_is_in_no_page_cookie_or_log(
    visitor: Visitor, link: str, caplog: pytest.LogCaptureFixture
) -> None:
    """AUT-25, WEB-07, LOG-02, SES-16."""
    caplog.set_level(logging.DEBUG)
    page = open_link(visitor, link)
    verify = visitor.ask_for_code(BOB, next=page).location
    pages = [visitor.get(url).text for url in (page, f"/sign-in?{urlsplit(page).query}", verify)]
    lines = [str(vars(one)) for one in caplog.records if one.name == "app"]
    assert lines

    seen = [page, verify, *pages, *visitor.cookies().values(), *lines]
    assert not [text for text in seen if token_of(link) in text]


def test_a_code_accepts_it_and_signs_in_to_the_organization(
    visitor: Visitor, link: str, acme: str, workos: WorkOSClient
) -> None:
    page = open_link(visitor, link)
    visitor.ask_for_code(BOB, next=page)

    assert visitor.type_code(visitor.mailed_code()).location == page

    assert heading(visitor.get(page)) == "You have joined Acme"
    assert visitor.api_session().json["organization_id"] == acme
    assert organizations(workos, visitor) == [acme]


@pytest.mark.parametrize("path", ["/auth/authkit", "/auth/social/google"])
def test_a_door_elsewhere_takes_it_along_in_the_authorization_url(
    visitor: Visitor, link: str, acme: str, path: str
) -> None:
    page = open_link(visitor, link)
    away = visitor.get(path, query_string={"next": page}).location
    assert query_of(away)["invitation_token"] == token_of(link)

    assert visitor.get(at_authkit(visitor, away, email=BOB)).location == page

    assert heading(visitor.get(page)) == "You have joined Acme"
    assert visitor.api_session().json["organization_id"] == acme


def test_a_link_signs_in_and_the_page_asks_then(
    visitor: Visitor, link: str, acme: str, workos: WorkOSClient
) -> None:
    """A passwordless session takes no invitation."""
    page = open_link(visitor, link)
    assert visitor.sign_in_by_link(BOB, next=page).location == page
    assert organizations(workos, visitor) == []
    assert "<button>Accept</button>" in visitor.get(page).text

    attempt = query_of(page)["attempt"]
    assert visitor.post("/auth/invitation", attempt=attempt).location == page

    assert organizations(workos, visitor) == [acme]
    joined = visitor.get(page)
    assert heading(joined) == "You have joined Acme"
    assert "Your session is not in" in joined.text


def test_who_is_signed_in_with_its_address_accepts_at_once(
    visitor: Visitor, link: str, acme: str, workos: WorkOSClient
) -> None:
    visitor.sign_in_by_code(BOB)
    page = open_link(visitor, link)
    assert "<button>Accept</button>" in visitor.get(page).text
    assert organizations(workos, visitor) == []

    assert visitor.post("/auth/invitation", attempt=query_of(page)["attempt"]).location == page
    assert visitor.post("/auth/invitation", attempt=query_of(page)["attempt"]).location == page

    assert organizations(workos, visitor) == [acme]


def test_who_is_signed_in_as_somebody_else_is_told_and_joins_nothing(
    visitor: Visitor, link: str, workos: WorkOSClient
) -> None:
    visitor.sign_in_by_code(CAROL)
    page = open_link(visitor, link)
    shown = visitor.get(page).text
    assert "You are signed in as somebody else" in shown
    assert CAROL in shown
    assert "<button>Accept</button>" not in shown

    refused = visitor.post("/auth/invitation", attempt=query_of(page)["attempt"])

    assert (refused.status_code, heading(refused)) == (403, "This invitation is for somebody else")
    assert organizations(workos, visitor) == []


def test_another_address_cannot_use_it(visitor: Visitor, link: str) -> None:
    """AUT-25: what the page says of the invitation says nothing of the address."""
    page = open_link(visitor, link)

    refused = visitor.ask_for_code(CAROL, next=page)

    assert (refused.status_code, heading(refused)) == (403, "The invitation is not valid")
    assert [mail["to"] for mail in visitor.mailbox()] == [BOB]  # the invitation


def test_it_opens_sign_up_where_that_is_closed(visitor: Visitor, link: str) -> None:
    visitor.emulator.test_client().post("/_emulate/sign-up", json={"allowed": False})
    visitor.ask_for_code(BOB)
    assert visitor.mailbox()[0]["one_time_code"] is None  # nothing but the invitation

    page = open_link(visitor, link)
    visitor.ask_for_code(BOB, next=page)
    assert visitor.type_code(visitor.mailed_code()).location == page
    assert visitor.is_signed_in()


def refused(visitor: Visitor, link: str) -> tuple[int, str]:
    page = visitor.get(open_link(visitor, link))
    assert 'href="/sign-in' in page.text
    return page.status_code, heading(page)


def test_one_that_was_withdrawn_says_so(visitor: Visitor, link: str, workos: WorkOSClient) -> None:
    [sent] = workos.user_management.list_invitations().data
    workos.user_management.revoke_invitation(sent.id)

    assert refused(visitor, link) == (410, "This invitation was withdrawn")


def test_one_that_is_too_old_says_so(visitor: Visitor, link: str, workos: WorkOSClient) -> None:
    [sent] = workos.user_management.list_invitations().data
    body = {**sent.to_dict(), "state": "expired"}
    path = f"/user_management/invitations/by_token/{token_of(link)}"
    hook = {"method": "GET", "path": path, "status": 200, "body": body, "count": 1}
    visitor.emulator.test_client().post("/_emulate/hooks", json=hook)

    assert refused(visitor, link) == (410, "This invitation has expired")


def test_one_that_somebody_has_accepted_says_so(
    visitor: Visitor, another_visitor: Visitor, link: str
) -> None:
    page = open_link(another_visitor, link)
    another_visitor.ask_for_code(BOB, next=page)
    another_visitor.type_code(another_visitor.mailed_code())

    assert refused(visitor, link) == (410, "This invitation has already been used")


@pytest.mark.parametrize(
    "token", ["never-made", "..", ".", "%2e%2e", "a/../b", "%00", "a" * 201, "é"]
)
def test_a_token_that_is_none_is_not_known_and_leads_nowhere_else(
    visitor: Visitor, token: str
) -> None:
    """The SDK would take some of these for other paths."""
    page = visitor.get(f"/auth/invitation?invitation_token={token}")
    if page.status_code == 303:
        page = visitor.get(page.location)

    assert page.status_code in (400, 404)
    paths = [urlsplit(call["path"]).path for call in visitor.api_calls()]
    assert set(paths) <= {"/user_management/invitations/by_token/never-made"}


def test_without_a_token_there_is_nothing(visitor: Visitor) -> None:
    assert heading(visitor.get("/auth/invitation?invitation_token=")) == (
        "We lost track of this sign-in"
    )


def test_a_link_opens_in_any_browser_and_its_page_only_there(
    visitor: Visitor, another_visitor: Visitor, link: str
) -> None:
    page = open_link(visitor, link)

    assert another_visitor.get(page).status_code == 400
    assert heading(another_visitor.get(open_link(another_visitor, link))) == "Join Acme"


@pytest.mark.parametrize("headers", [{"Sec-Purpose": "prefetch"}, {"Sec-Fetch-Site": "cross-site"}])
def test_a_request_that_nobody_made_asks_and_keeps_nothing(
    visitor: Visitor, link: str, headers: dict[str, str]
) -> None:
    """AUT-05, WEB-11."""
    before = visitor.api_calls()
    assert visitor.get(link, headers=headers).status_code == 503
    assert visitor.client.head(link).status_code == 503

    assert visitor.cookies() == {}
    assert visitor.api_calls() == before


def test_opening_it_accepts_nothing(visitor: Visitor, link: str, workos: WorkOSClient) -> None:
    """AUT-25, SES-19, AUT-07: a stranger's invitation joins nobody who only opens it."""
    visitor.sign_in_by_code(BOB)
    page = open_link(visitor, link)
    visitor.get(page)
    visitor.client.post("/auth/invitation", data={"attempt": query_of(page)["attempt"]})

    assert organizations(workos, visitor) == []


def test_a_later_sign_in_of_its_own_takes_no_invitation_along(
    visitor: Visitor, link: str, workos: WorkOSClient
) -> None:
    """AUT-25: nobody joins what a link in a strange mail has left in their browser."""
    open_link(visitor, link)

    visitor.sign_in_by_code(BOB)
    away = visitor.get("/auth/authkit").location

    assert organizations(workos, visitor) == []
    assert "invitation_token" not in away


@pytest.mark.parametrize("path", ["/auth/authkit", "/auth/initiate"])
def test_wherever_its_token_arrives_its_page_asks_first(
    visitor: Visitor, link: str, workos: WorkOSClient, path: str
) -> None:
    """AUT-25: any page can send its readers there, and AuthKit lets them through unasked."""
    visitor.sign_in_by_code(BOB)

    away = visitor.get(f"{path}?invitation_token={token_of(link)}&next=/account").location

    assert away.startswith("/auth/invitation?attempt=")
    assert "<button>Accept</button>" in visitor.get(away).text
    assert organizations(workos, visitor) == []


def test_somebody_who_acts_for_the_person_accepts_nothing(visitor: Visitor, link: str) -> None:
    """AUT-23."""
    claims = {"email": BOB, "impersonator": {"email": ADA, "reason": None}}
    visitor.emulator.test_client().post("/_emulate/claims", json=claims)
    visitor.sign_in_by_code(BOB)
    page = open_link(visitor, link)

    refused = visitor.post("/auth/invitation", attempt=query_of(page)["attempt"])

    assert heading(refused) == "Only the person themselves can do this"


def test_what_is_over_a_moment_later_is_refused(visitor: Visitor, link: str) -> None:
    visitor.sign_in_by_code(BOB)
    page = open_link(visitor, link)
    invitation = visitor.emulator.test_client().get(
        f"/user_management/invitations/by_token/{token_of(link)}",
        headers={"Authorization": "Bearer sk_test_emulator"},
    )
    body = {"code": "invite_not_pending", "message": "It is not pending."}
    path = f"/user_management/invitations/{invitation.json['id']}/accept"  # type: ignore[index] # JSON, as asked for
    hook = {"method": "POST", "path": path, "status": 400, "body": body, "count": 1}
    visitor.emulator.test_client().post("/_emulate/hooks", json=hook)

    refused = visitor.post("/auth/invitation", attempt=query_of(page)["attempt"])

    assert (refused.status_code, heading(refused)) == (403, "The invitation is not valid")


def test_looking_is_limited_and_uses_up_nothing_else(visitor: Visitor, link: str) -> None:
    """LIM-01."""
    page = open_link(visitor, link)
    statuses = [visitor.get(page).status_code for _ in range(31)]

    assert statuses == [200] * 30 + [429]
    assert visitor.sign_in_by_code().status_code == 303


def test_without_names_it_can_be_accepted_all_the_same(
    visitor: Visitor, link: str, acme: str, workos: WorkOSClient
) -> None:
    """AUT-22."""
    [ada] = workos.user_management.list_users(email=ADA).data
    for path in (f"/organizations/{acme}", f"/user_management/users/{ada.id}"):
        hook = {"method": "GET", "path": path, "status": 503, "count": 1}
        visitor.emulator.test_client().post("/_emulate/hooks", json=hook)

    page = visitor.get(open_link(visitor, link))

    assert heading(page) == "Join this site"
    assert "You are invited." in page.text
    assert "Sign in to accept" in page.text


def test_workos_down_says_so(visitor: Visitor, link: str) -> None:
    """AUT-22."""
    page = open_link(visitor, link)
    path = f"/user_management/invitations/by_token/{token_of(link)}"
    hook = {"method": "GET", "path": path, "status": 503, "count": 1}
    visitor.emulator.test_client().post("/_emulate/hooks", json=hook)

    assert visitor.get(page).status_code == 502
    assert visitor.get(page).status_code == 200


def test_a_program_is_told_and_accepts(
    visitor: Visitor, link: str, acme: str, workos: WorkOSClient
) -> None:
    def ask(url: str) -> Any:
        answer: TestResponse = visitor.get(url, headers={"Accept": "application/json"})
        return answer.json

    visitor.sign_in_by_code(BOB)
    opened = ask(link)
    assert opened["status"] == "invited"
    about = ask(opened["url"])
    assert (about["status"], about["email"]) == ("pending", BOB)
    assert (about["organization"], about["inviter"]) == ("Acme", "Ada Lovelace")

    answer: Any = visitor.post_json("/auth/invitation", {"attempt": opened["attempt"]}).json

    assert answer == {"status": "accepted"}
    assert ask(opened["url"])["status"] == "accepted"
    assert organizations(workos, visitor) == [acme]


def test_nobody_accepts_who_is_not_signed_in(visitor: Visitor, link: str) -> None:
    page = open_link(visitor, link)

    refused: Any = visitor.post_json("/auth/invitation", {"attempt": query_of(page)["attempt"]})

    assert (refused.status_code, refused.json["error"]) == (401, "not_signed_in")


@pytest.mark.parametrize(
    "changes",
    [
        {"email": None},
        {"email": ["bob@globex.example"]},
        {"state": None},
        {"state": "new"},
        {"id": ".."},
        {"organization_id": ["org_1"], "inviter_user_id": ".."},
        {"accepted_user_id": 1},
    ],
    ids=repr,
)
def test_a_strange_reply_about_it_breaks_no_page_and_accepts_nothing(
    visitor: Visitor, link: str, workos: WorkOSClient, changes: dict[str, Any]
) -> None:
    """AUT-22."""
    visitor.sign_in_by_code(BOB)
    page = open_link(visitor, link)
    found = workos.user_management.find_invitation_by_token(token_of(link)).to_dict()
    path = f"/user_management/invitations/by_token/{token_of(link)}"
    hook = {"method": "GET", "path": path, "status": 200, "body": {**found, **changes}, "count": 2}
    assert visitor.emulator.test_client().post("/_emulate/hooks", json=hook).status_code == 201

    assert visitor.get(page).status_code in (200, 404, 502)
    assert visitor.post("/auth/invitation").status_code in (303, 403, 404, 502)

"""Invitations: by mail, by token, at sign-in, and by id."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest
import time_machine
from workos import BadRequestError, NotFoundError, WorkOSClient

from bare_http import BareHttp
from test_authkit import answer, page_of

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)
BOB = "bob@globex.example"


@pytest.fixture
def acme(workos: WorkOSClient) -> str:
    return workos.organizations.create_organization(name="Acme").id


def invite(http: BareHttp, email: str = BOB, **fields: object) -> dict[str, Any]:
    sent = http.api.post("/user_management/invitations", json={"email": email, **fields})
    assert sent.status_code == 201, sent.text
    return dict(sent.json())


def send_code(http: BareHttp, email: str, token: str | None = None) -> httpx2.Response:
    body = {"email": email, "invitation_token": token}
    return http.api.post("/user_management/magic_auth", json=body)


def test_it_is_mailed_with_a_link_and_found_by_its_token(
    workos: WorkOSClient, http: BareHttp, acme: str
) -> None:
    ada = workos.user_management.create_user(email="ada@example.com", first_name="Ada")
    sent = workos.user_management.send_invitation(
        email=BOB, organization_id=acme, role_slug="admin", inviter_user_id=ada.id
    )

    [mail] = http.mails(to=BOB)
    assert mail["subject"] == "Join Acme"
    assert "Ada invites you" in mail["text"]
    assert mail["links"] == [sent.accept_invitation_url]
    assert sent.accept_invitation_url.startswith("http://localhost:5000/auth/invitation?")
    assert dict(parse_qsl(urlsplit(sent.accept_invitation_url).query)) == {
        "invitation_token": sent.token
    }
    found = workos.user_management.find_invitation_by_token(sent.token)
    assert (found.id, found.state.value, found.role_slug) == (sent.id, "pending", "admin")
    assert workos.user_management.get_invitation(sent.id).email == BOB
    assert len(workos.user_management.list_invitations(email=BOB, organization_id=acme).data) == 1
    workos.user_management.resend_invitation(sent.id, locale="pt-BR")
    again, _ = http.mails(to=BOB)
    assert "in the language pt-BR" in again["text"]
    assert "language" not in mail["text"]
    with pytest.raises(NotFoundError):
        workos.user_management.find_invitation_by_token("never-made")


def test_a_code_accepts_it_and_signs_in_to_its_organization(
    workos: WorkOSClient, http: BareHttp, acme: str
) -> None:
    token = invite(http, organization_id=acme, role_slug="admin")["token"]
    code = send_code(http, BOB, token).json()["code"]

    reply = http.redeem(code, BOB, invitation_token=token).json()

    assert reply["organization_id"] == acme
    [membership] = workos.organization_membership.list_organization_memberships(
        user_id=reply["user"]["id"]
    ).data
    assert membership.role.slug == "admin"
    found = workos.user_management.find_invitation_by_token(token)
    assert (found.state.value, found.accepted_user_id) == ("accepted", reply["user"]["id"])


def test_hosted_authkit_takes_it_in_the_url_and_not_with_the_code(
    http: BareHttp, acme: str
) -> None:
    token = invite(http, organization_id=acme)["token"]
    code = answer(http, page_of(http, invitation_token=token), email=BOB)["code"]
    refused = http.authenticate("authorization_code", code=code, invitation_token=token)
    assert refused.status_code == 422

    reply = http.authenticate("authorization_code", code=code).json()
    assert (reply["user"]["email"], reply["organization_id"]) == (BOB, acme)


def test_it_opens_sign_up_where_that_is_closed(http: BareHttp) -> None:
    known = "ada@example.com"
    http.sign_in(known)
    token = invite(http)["token"]
    assert http.browser.post("/_emulate/sign-up", json={"allowed": False}).status_code == 201

    assert send_code(http, BOB).json()["code"] == "sign_up_not_allowed"
    page = page_of(http)
    assert http.browser.post(page, data={"email": BOB}).json()["code"] == "sign_up_not_allowed"
    assert send_code(http, BOB, token).status_code == 201
    assert send_code(http, known).status_code == 201
    assert answer(http, page, email=known)["code"]


@pytest.mark.parametrize(
    ("invited", "email", "is_for"),
    [
        (BOB, "Bob@Globex.example", True),
        (BOB, "carol@globex.example", True),
        (BOB, "bob@example.com", False),
        ("bob@gmail.com", "carol@gmail.com", False),
    ],
)
def test_with_an_organization_it_is_for_the_domain_or_the_address(
    http: BareHttp, acme: str, invited: str, email: str, is_for: bool
) -> None:
    token = invite(http, invited, organization_id=acme)["token"]
    answered = send_code(http, email, token)
    if is_for:
        assert answered.status_code == 201
    else:
        assert answered.json()["error"] == "invitation_cannot_be_used_for_email"


def test_without_an_organization_it_is_for_anybody(http: BareHttp) -> None:
    assert send_code(http, "ada@example.com", invite(http)["token"]).status_code == 201


def test_one_that_is_over_is_refused(workos: WorkOSClient, http: BareHttp, acme: str) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        expired = invite(http, organization_id=acme, expires_in_days=1)
        clock.shift(timedelta(days=1))
        revoked = invite(http, organization_id=acme)
        workos.user_management.revoke_invitation(revoked["id"])

        for one in (expired, revoked, {"token": "never-made"}):
            assert send_code(http, BOB, one["token"]).json()["error"] == "invitation_invalid"
        for one in (expired, revoked):
            with pytest.raises(BadRequestError, match="invite_not_pending"):
                workos.user_management.accept_invitation(one["id"])


def test_a_user_accepts_it_by_its_id_and_is_a_member(
    workos: WorkOSClient, http: BareHttp, acme: str
) -> None:
    sent = invite(http, organization_id=acme)
    with pytest.raises(BadRequestError, match="invalid_invite"):
        workos.user_management.accept_invitation(sent["id"])
    user = http.sign_in(BOB)["user"]

    assert workos.user_management.accept_invitation(sent["id"]).accepted_user_id == user["id"]
    listed = workos.organization_membership.list_organization_memberships(user_id=user["id"])
    assert [one.organization_id for one in listed.data] == [acme]
    with pytest.raises(NotFoundError):
        workos.user_management.accept_invitation(sent["token"])


def test_nobody_is_invited_who_is_in_or_invited_already(http: BareHttp, acme: str) -> None:
    def refusal(**fields: object) -> str:
        body = {"email": BOB, **fields}
        return str(http.api.post("/user_management/invitations", json=body).json()["code"])

    token = invite(http, organization_id=acme)["token"]
    assert refusal(organization_id=acme) == "email_already_invited_to_organization"
    assert refusal(organization_id=acme, role_slug="king") == "invalid_role"
    code = send_code(http, BOB, token).json()["code"]
    http.redeem(code, BOB, invitation_token=token)
    assert refusal(organization_id=acme) == "user_already_organization_member"
    assert refusal() == "user_already_exists"
    invite(http, "carol@example.com")
    assert refusal(email="carol@example.com") == "email_already_invited"


def test_somebody_is_invited_from_a_page(http: BareHttp, acme: str) -> None:
    assert "Acme" in http.browser.get("/_emulate/invitations").text
    sent = http.browser.post("/_emulate/invitations", data={"email": BOB, "organization_id": acme})
    assert (sent.status_code, sent.headers["Location"]) == (303, "/")
    assert len(http.mails(to=BOB)) == 1


def test_events_carry_no_token(http: BareHttp) -> None:
    token = invite(http)["token"]
    assert token not in http.browser.get("/_emulate/webhooks").text

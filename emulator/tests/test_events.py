"""What is told of each thing that happens, and that the SDK can read it."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from workos import WorkOSClient
from workos.events.models import EventSchemaUnknown

from bare_http import CALLBACK, BareHttp
from test_readme import README
from test_webhooks import Receiver, receiver, sid, verified, workos_emulator_settings
from workos_emulator.events import EVENTS

__all__ = ["receiver", "workos_emulator_settings"]

ADA = "ada@example.com"
BROWSER = {"ip_address": "192.0.2.1", "user_agent": "Lynx"}
CONNECTION = {"organization_id": "org_acme", "name": "Acme", "id": "conn_acme"}
IDP = "/_emulate/idp/conn_acme"
VERIFY = "urn:workos:oauth:grant-type:email-verification:code"
TOTP = "urn:workos:oauth:grant-type:mfa-totp"
PROVED = ["authentication.magic_auth_succeeded", "session.created"]

Story = Callable[[BareHttp, WorkOSClient], object]


def sign_in(http: BareHttp, _: WorkOSClient) -> None:
    http.redeem("000000", **BROWSER)
    http.redeem(http.send_code())


def change_and_end(http: BareHttp, workos: WorkOSClient) -> None:
    reply = http.sign_in()
    user_id = reply["user"]["id"]
    workos.user_management.update_user(user_id, first_name="Ada")
    workos.user_management.revoke_session(session_id=sid(reply))
    workos.user_management.delete_user(user_id)


def come_from_a_provider(http: BareHttp, _: WorkOSClient) -> None:
    http.set("email-verification", required=True)
    asked = http.sign_in_at_provider().json()
    token = {"pending_authentication_token": asked["pending_authentication_token"]}
    http.authenticate(VERIFY, code="000000", **token)
    http.authenticate(VERIFY, code=http.mails()[0]["one_time_code"], **token)


def say_no_at_a_provider(http: BareHttp, _: WorkOSClient) -> None:
    http.browser.post(page_of(http, provider="GitHubOAuth"), data={"deny": "yes"})


def use_hosted_authkit(http: BareHttp, _: WorkOSClient) -> None:
    back = http.browser.post(page_of(http, provider="authkit"), data={"email": ADA})
    code = back.headers["Location"].partition("code=")[2]
    http.authenticate("authorization_code", code=code)


def look_suspicious(http: BareHttp, _: WorkOSClient) -> None:
    http.set("radar-challenges", email=ADA, code="radar_email_challenge")
    http.redeem(http.send_code())


def bring_a_second_factor(http: BareHttp, workos: WorkOSClient) -> None:
    user_id = workos.user_management.create_magic_auth(email=ADA).user_id
    made = workos.multi_factor_auth.create_user_auth_factor(user_id, type="totp")
    http.set("second-factors", everybody=True)
    asked = http.redeem(http.send_code()).json()
    answer = {
        "authentication_challenge_id": made.authentication_challenge.id,
        "pending_authentication_token": asked["pending_authentication_token"],
    }
    http.authenticate(TOTP, code="000000", **answer)
    [shown] = http.browser.get("/_emulate/authenticator/codes").json()
    http.authenticate(TOTP, code=shown["code"], **answer)


def sign_in_by_sso(http: BareHttp, _: WorkOSClient) -> None:
    http.set("connections", **CONNECTION, domains={"example.com": "verified"})
    http.browser.post(page_of(http, connection_id="conn_acme"), data={"deny": "yes"})
    named = {"email": ADA, "first_name": "Ada"}
    back = http.browser.post(IDP, data=named)
    code = back.headers["Location"].partition("code=")[2]
    http.authenticate("authorization_code", code=code)


def lose_a_connection(http: BareHttp, _: WorkOSClient) -> None:
    http.set("connections", **CONNECTION, state="inactive")
    http.api.delete("/connections/conn_acme")


def belong(http: BareHttp, workos: WorkOSClient) -> None:
    organizations, members = workos.organizations, workos.organization_membership
    acme = organizations.create_organization(name="Acme")
    organizations.update_organization(acme.id, name="Acme Ltd")
    user = workos.user_management.create_user(email=ADA)
    made = members.create_organization_membership(user_id=user.id, organization_id=acme.id)
    http.sign_in()
    members.deactivate_organization_membership(made.id)
    members.delete_organization_membership(made.id)


def delete_an_organization(http: BareHttp, workos: WorkOSClient) -> None:
    http.set("organizations", email=ADA, organizations=[{"id": "org_acme", "name": "Acme"}])
    http.set("connections", **CONNECTION)
    http.sign_in()
    workos.organizations.delete_organization("org_acme")


def invite(http: BareHttp, workos: WorkOSClient) -> None:
    people = workos.user_management
    acme = workos.organizations.create_organization(name="Acme")
    first = people.send_invitation(email=ADA, organization_id=acme.id)
    people.resend_invitation(first.id)
    http.send_code()
    people.accept_invitation(first.id)
    people.revoke_invitation(people.send_invitation(email="bob@example.com").id)


def make_and_revoke_a_key(_: BareHttp, workos: WorkOSClient) -> None:
    acme = workos.organizations.create_organization(name="Acme")
    made = workos.api_keys.create_organization_api_key(acme.id, name="Nightly")
    workos.api_keys.create_api_key_expire(made.id, expires_at=None)
    workos.api_keys.delete_api_key(made.id)


DENIALS = {f"action.{kind}.denied" for kind in ("authentication", "user_registration")}
STORIES: dict[Story, list[str]] = {
    sign_in: ["authentication.magic_auth_failed", "user.created", "magic_auth.created", *PROVED],
    change_and_end: [
        "user.created",
        "magic_auth.created",
        *PROVED,
        "user.updated",
        "session.revoked",
        "user.deleted",
    ],
    come_from_a_provider: [
        "user.created",
        "authentication.oauth_succeeded",
        "email_verification.created",
        "authentication.email_verification_failed",
        "authentication.email_verification_succeeded",
        "session.created",
    ],
    say_no_at_a_provider: ["authentication.oauth_failed"],
    use_hosted_authkit: ["user.created", *PROVED],
    look_suspicious: ["user.created", "magic_auth.created", PROVED[0], "radar.challenge_created"],
    bring_a_second_factor: [
        "user.created",
        "magic_auth.created",
        "magic_auth.created",
        PROVED[0],
        "authentication.mfa_failed",
        "authentication.mfa_succeeded",
        "session.created",
    ],
    sign_in_by_sso: [
        "connection.activated",
        "authentication.sso_started",
        "authentication.sso_failed",
        "authentication.sso_succeeded",
        "user.created",
        "user.updated",
        "organization_membership.created",
        "session.created",
    ],
    lose_a_connection: ["connection.deactivated", "connection.deleted"],
    belong: [
        "organization.created",
        "organization.updated",
        "user.created",
        "organization_membership.created",
        "magic_auth.created",
        *PROVED,
        "organization_membership.updated",
        "session.revoked",
        "organization_membership.deleted",
    ],
    delete_an_organization: [
        "user.created",
        "connection.activated",
        "magic_auth.created",
        *PROVED,
        "organization.deleted",
        "connection.deleted",
        "session.revoked",
    ],
    invite: [
        "organization.created",
        "invitation.created",
        "invitation.resent",
        "user.created",
        "magic_auth.created",
        "invitation.accepted",
        "organization_membership.created",
        "invitation.created",
        "invitation.revoked",
    ],
    make_and_revoke_a_key: [
        "organization.created",
        "api_key.created",
        "api_key.updated",
        "api_key.revoked",
    ],
}


def page_of(http: BareHttp, **asked: str) -> str:
    """The page of WorkOS to which an authorization URL leads."""
    query = {"response_type": "code", "client_id": "client_emulator", "redirect_uri": CALLBACK}
    page = http.browser.get("/user_management/authorize", params={**query, **asked})
    return str(page.headers["Location"])


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_what_happens_is_told_as_the_sdk_reads_it(
    workos: WorkOSClient, http: BareHttp, receiver: Receiver, story: Story
) -> None:
    receiver.unheard = ()

    story(http, workos)

    assert receiver.events() == STORIES[story]
    for _, body, headers in receiver.received:
        assert not isinstance(verified(workos, body, headers), EventSchemaUnknown)


def test_a_failed_proof_says_whose_it_was_and_what_was_wrong(
    http: BareHttp, receiver: Receiver
) -> None:
    user_id = http.sign_in()["user"]["id"]
    http.redeem("000000", **BROWSER)

    [(_, body, _)] = receiver.received
    error = {"code": "invalid_one_time_code", "message": "Request could not be processed."}
    told: dict[str, Any] = json.loads(body)["data"]
    whose = {"user_id": user_id, "email": ADA}
    assert told == {"type": "magic_auth", "status": "failed", **BROWSER, **whose, "error": error}


def test_no_event_says_what_somebody_could_sign_in_with(
    http: BareHttp, workos: WorkOSClient, receiver: Receiver
) -> None:
    receiver.unheard = ()
    code = http.send_code()
    token = workos.user_management.send_invitation(email="bob@example.com").token
    told = "".join(body.decode() for _, body, _ in receiver.received)

    assert not re.search(rf"\b{code}\b", told)
    assert token not in told


def test_the_list_of_events_is_whole() -> None:
    told = {name for story in STORIES.values() for name in story}
    assert told | DENIALS == set(EVENTS)  # what is denied: test_actions.py
    assert [name for name in EVENTS if f"`{name}`" not in README] == []

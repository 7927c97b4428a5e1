"""What happens at WorkOS shows here with the next request, told by its own events as they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from workos import WorkOSClient
from workos.organization_membership import RoleSingle

import workos_emulator
from tests.auth.asked import set_at_workos
from tests.walk import ADA, Visitor

SECRET = "whsec_3zZ7q-told"
ACME, BABBAGE = ({"id": f"org_{name}", "name": name} for name in ("acme", "babbage"))
PATH = "/webhooks/workos"

Deliver = Callable[[str, bytes, dict[str, str]], int]


@pytest.fixture
def config(make_config: Any) -> Any:
    return make_config(workos_webhook_secret=SECRET)


@pytest.fixture
def receivers() -> list[Flask]:
    """The applications that are told."""
    return []


@pytest.fixture
def emulator(config: Any, receivers: list[Flask]) -> Flask:
    """A WorkOS that tells, and waits for the answer."""

    def deliver(url: str, body: bytes, headers: dict[str, str]) -> int:
        answers = [app.test_client().post(PATH, data=body, headers=headers) for app in receivers]
        assert [answer.status_code for answer in answers] == [200]
        return 200

    return workos_emulator.create_app(
        redirect_uris=config.redirect_uris,
        webhook_url=f"{config.public_url}{PATH}",
        webhook_secret=SECRET,
        deliver=deliver,
    )


@pytest.fixture
def ada(visitor: Visitor, receivers: list[Flask]) -> Visitor:
    """Ada, at work in one of her two organizations."""
    receivers.append(visitor.app)
    set_at_workos(visitor, "organizations", email=ADA, organizations=[ACME, BABBAGE])
    visitor.sign_in_by_code()
    visitor.post("/auth/choose-organization", organization_id="org_acme")
    assert visitor.is_signed_in()
    return visitor


def user_id(visitor: Visitor) -> str:
    return str(visitor.api_session().json["user"]["id"])


def membership_id(workos: WorkOSClient, visitor: Visitor, organization_id: str) -> str:
    members = workos.organization_membership
    listed = members.list_organization_memberships(user_id=user_id(visitor)).data
    return next(one.id for one in listed if one.organization_id == organization_id)


@pytest.mark.parametrize("how", ["deactivated", "deleted"])
def test_who_is_taken_out_of_their_organization_is_out_at_once(
    ada: Visitor, workos: WorkOSClient, how: str
) -> None:
    """SES-18: by a directory, for example, for which WorkOS deactivates the membership."""
    members, membership = workos.organization_membership, membership_id(workos, ada, "org_acme")
    if how == "deactivated":
        members.deactivate_organization_membership(membership)
    else:
        members.delete_organization_membership(membership)

    assert not ada.is_signed_in()


@pytest.mark.parametrize("how", ["deactivated", "deleted"])
def test_who_is_taken_out_of_another_one_notices_nothing(
    ada: Visitor, workos: WorkOSClient, how: str
) -> None:
    members, membership = workos.organization_membership, membership_id(workos, ada, "org_babbage")
    if how == "deactivated":
        members.deactivate_organization_membership(membership)
    else:
        members.delete_organization_membership(membership)

    assert ada.api_session().json["organization_id"] == "org_acme"


def test_another_role_is_theirs_at_once(ada: Visitor, workos: WorkOSClient) -> None:
    membership = membership_id(workos, ada, "org_acme")
    workos.organization_membership.update_organization_membership(
        membership, role=RoleSingle("admin")
    )

    assert ada.api_session().json["workos"]["role"] == "admin"


def test_a_deleted_organization_is_left_at_once(ada: Visitor, workos: WorkOSClient) -> None:
    """AUT-29."""
    workos.organizations.delete_organization("org_acme")

    assert not ada.is_signed_in()


def test_a_deleted_person_is_signed_out_at_once(ada: Visitor, workos: WorkOSClient) -> None:
    """SES-18."""
    workos.user_management.delete_user(user_id(ada))

    assert not ada.is_signed_in()

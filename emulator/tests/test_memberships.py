"""Organizations, who belongs to them, and what that lets them do."""

from typing import Any

import jwt
import pytest
from workos import BadRequestError, NotFoundError, WorkOSClient
from workos.organization_membership import RoleMultiple, RoleSingle

from bare_http import BareHttp
from workos_emulator.organization import Organization, Role
from workos_emulator.pytest_plugin import WorkOSEmulator

ORGANIZATIONS, MEMBERSHIPS = "/organizations", "/user_management/organization_memberships"


def events(http: BareHttp) -> list[str]:
    """The events so far, oldest first."""
    return [event["event"] for event in reversed(http.browser.get("/_emulate/webhooks").json())]


def claimed(reply: dict[str, Any]) -> tuple[Any, ...]:
    """What an access token says about the organization."""
    claims = jwt.decode(reply["access_token"], options={"verify_signature": False})
    return tuple(claims.get(name) for name in ("org_id", "role", "roles", "permissions"))


@pytest.fixture
def acme(workos: WorkOSClient) -> str:
    """The id of an organization."""
    return workos.organizations.create_organization(name="Acme", domains=["acme.test"]).id


@pytest.fixture
def ada(workos: WorkOSClient) -> str:
    """The id of a user."""
    return workos.user_management.create_user(email="ada@example.com").id


def test_an_organization_is_made_found_changed_and_deleted(
    workos: WorkOSClient, http: BareHttp
) -> None:
    api = workos.organizations
    made = api.create_organization(name="Acme", domains=["acme.test"], external_id="7")
    api.create_organization(name="Globex")

    assert api.get_organization(made.id).to_dict() == made.to_dict()
    assert [one.name for one in api.list_organizations().data] == ["Globex", "Acme"]
    assert [one.id for one in api.list_organizations(domains=["acme.test"]).data] == [made.id]
    assert [one.id for one in api.list_organizations(search="acm").data] == [made.id]
    changed = api.update_organization(made.id, name="Acme Ltd", metadata={"plan": "gold"})
    assert (changed.name, changed.metadata, changed.external_id) == (
        "Acme Ltd",
        {"plan": "gold"},
        "7",
    )
    assert [domain.domain for domain in changed.domains] == ["acme.test"]
    api.delete_organization(made.id)
    with pytest.raises(NotFoundError):
        api.get_organization(made.id)
    assert events(http) == [
        "organization.created",
        "organization.created",
        "organization.updated",
        "organization.deleted",
    ]


@pytest.mark.parametrize(
    ("fields", "at_fault"),
    [
        ({}, "name"),
        ({"name": 7}, "name"),
        ({"name": "Acme", "domains": "acme.test"}, "domains"),
        ({"name": "Acme", "domain_data": [{"domain": "acme.test"}]}, "domain_data"),
        ({"name": "Acme", "domain_data": [7]}, "domain_data"),
        ({"name": "Acme", "domain_data": [{"domain": "a", "state": []}]}, "domain_data"),
        ({"name": "Acme", "metadata": []}, "metadata"),
        ({"name": "Acme", "external_id": 7}, "external_id"),
    ],
)
def test_a_malformed_organization_is_refused(
    http: BareHttp, fields: dict[str, object], at_fault: str
) -> None:
    response = http.api.post(ORGANIZATIONS, json=fields)
    assert response.status_code == 422
    assert at_fault in [error["field"] for error in response.json()["errors"]]
    assert http.api.get(ORGANIZATIONS).json()["data"] == []


def test_the_sdk_makes_somebody_a_member(workos: WorkOSClient, acme: str, ada: str) -> None:
    api = workos.organization_membership
    made = api.create_organization_membership(user_id=ada, organization_id=acme)

    assert (made.organization_name, made.status) == ("Acme", "active")
    assert [role.slug for role in (made.role, *made.roles)] == ["member", "member"]
    assert made.user.email == "ada@example.com"
    assert api.get_organization_membership(made.id).to_dict() == made.to_dict()
    for listed in (
        api.list_organization_memberships(user_id=ada),
        api.list_organization_memberships(organization_id=acme),
    ):
        assert [one.id for one in listed.data] == [made.id]
    assert api.list_organization_memberships(user_id="user_other").data == []
    with pytest.raises(BadRequestError) as refused:
        api.create_organization_membership(user_id=ada, organization_id=acme)
    assert refused.value.code == "user_already_organization_member"


def test_roles_and_what_they_permit_are_in_the_access_token(
    workos: WorkOSClient, workos_emulator: WorkOSEmulator, http: BareHttp, acme: str, ada: str
) -> None:
    environment = workos_emulator.app.extensions["workos_emulator"]
    environment.roles["editor"] = Role("editor", ("notes:write", "notes:read"))
    environment.organizations[acme].roles["auditor"] = Role("auditor", ("log:read", "notes:read"))
    api = workos.organization_membership
    made = api.create_organization_membership(
        user_id=ada, organization_id=acme, role=RoleSingle("editor")
    )
    first = http.sign_in()
    assert claimed(first) == (acme, "editor", ["editor"], ["notes:read", "notes:write"])
    assert first["organization_id"] == acme

    api.update_organization_membership(made.id, role=RoleMultiple(["auditor", "editor"]))
    assert claimed(http.refresh(first["refresh_token"]).json()) == (
        acme,
        "auditor",
        ["auditor", "editor"],
        ["log:read", "notes:read", "notes:write"],
    )
    with pytest.raises(BadRequestError) as refused:
        api.update_organization_membership(made.id, role=RoleSingle("emperor"))
    assert refused.value.code == "invalid_role"


@pytest.mark.parametrize("way", ["deactivate", "delete"])
def test_a_membership_that_ends_takes_its_sessions_along(
    workos: WorkOSClient, http: BareHttp, acme: str, ada: str, way: str
) -> None:
    api = workos.organization_membership
    made = api.create_organization_membership(user_id=ada, organization_id=acme)
    in_acme = http.sign_in()
    http.browser.delete("/_emulate/webhooks")

    if way == "delete":
        api.delete_organization_membership(made.id)
    else:
        api.deactivate_organization_membership(made.id)
        api.deactivate_organization_membership(made.id)  # which changes nothing

    kind = {"delete": "deleted", "deactivate": "updated"}[way]
    assert events(http) == [f"organization_membership.{kind}", "session.revoked"]
    assert http.refresh(in_acme["refresh_token"]).json()["error"] == "invalid_grant"
    assert api.list_organization_memberships(user_id=ada).data == []
    assert "organization_id" not in http.sign_in()


def test_somebody_suspended_is_listed_and_let_in_again(
    workos: WorkOSClient, http: BareHttp, acme: str, ada: str
) -> None:
    api = workos.organization_membership
    made = api.create_organization_membership(
        user_id=ada, organization_id=acme, role=RoleSingle("admin")
    )
    api.deactivate_organization_membership(made.id)
    [suspended] = api.list_organization_memberships(user_id=ada, statuses=["inactive"]).data
    assert suspended.status == "inactive"

    back = api.reactivate_organization_membership(made.id)
    assert (back.status, back.role.slug) == ("active", "admin")
    assert http.sign_in()["organization_id"] == acme


def test_a_deleted_organization_or_user_leaves_no_membership(
    workos: WorkOSClient, http: BareHttp, acme: str, ada: str
) -> None:
    other = workos.organizations.create_organization(name="Globex").id
    for organization_id in (acme, other):
        workos.organization_membership.create_organization_membership(
            user_id=ada, organization_id=organization_id
        )
    workos.organizations.delete_organization(acme)
    assert http.sign_in()["organization_id"] == other

    workos.user_management.delete_user(ada)
    memberships = workos.organization_membership.list_organization_memberships(
        organization_id=other
    )
    assert memberships.data == []


def test_a_refresh_moves_to_another_organization_of_the_member_only(
    workos: WorkOSClient, http: BareHttp, acme: str, ada: str
) -> None:
    api = workos.organization_membership
    api.create_organization_membership(user_id=ada, organization_id=acme)
    token = http.sign_in()["refresh_token"]
    other = workos.organizations.create_organization(name="Globex").id
    fields = {"refresh_token": token, "organization_id": other}
    refused = http.authenticate("refresh_token", **fields)
    assert refused.json()["error"] == "organization_membership_not_found"

    api.create_organization_membership(user_id=ada, organization_id=other)
    moved = http.authenticate("refresh_token", **fields).json()
    assert claimed(moved)[:2] == (other, "member")


@pytest.mark.parametrize(
    ("query", "at_fault"),
    [("", "user_id"), ("?user_id=user_1&statuses=active,asleep", "statuses")],
)
def test_a_list_of_everybody_is_refused(http: BareHttp, query: str, at_fault: str) -> None:
    response = http.api.get(MEMBERSHIPS + query)
    assert response.status_code == 422
    assert [error["field"] for error in response.json()["errors"]] == [at_fault]


def test_who_or_what_is_not_there_is_not_found(http: BareHttp, acme: str, ada: str) -> None:
    for body in (
        {"user_id": "user_other", "organization_id": acme},
        {"user_id": ada, "organization_id": "org_other"},
    ):
        assert http.api.post(MEMBERSHIPS, json=body).json()["code"] == "entity_not_found"
    assert http.api.get(f"{MEMBERSHIPS}/om_other").status_code == 404
    assert http.api.put(f"{ORGANIZATIONS}/org_other", json={}).status_code == 404


def test_a_pending_membership_waits_for_its_invitation(
    workos_emulator: WorkOSEmulator, http: BareHttp, ada: str
) -> None:
    environment = workos_emulator.app.extensions["workos_emulator"]
    membership = environment.join(environment.users[ada], Organization("Acme"))
    membership.status = "pending"

    for way in ("deactivate", "reactivate"):
        assert http.api.put(f"{MEMBERSHIPS}/{membership.id}/{way}").status_code == 400
    assert "organization_id" not in http.sign_in()

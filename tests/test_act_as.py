"""A request that a program makes: everything works from the record that it brings."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from flask import Flask, request
from flask.typing import ResponseReturnValue
from workos import WorkOSClient

from app import session
from app.guards import (
    Guard,
    fresh_login_required,
    login_required,
    not_impersonated,
    permission_required,
    role_required,
)
from app.identity import Identity, Impersonator
from app.session import act_as, current_user
from app.session.claims import can, current_organization
from app.session.store import SessionRecord
from app.session.workos_session import WorkOSSession
from app.web.answers import answer_program
from app.web.authorization import bearer_token
from tests.auth.asked import set_at_workos
from tests.walk import ADA, Visitor

FAR = 4_000_000_000
GRACE = Identity(
    user_id="user_grace", email="", name=None, method="token", organization_id="org_navy"
)
THERE = WorkOSSession(
    id="session_1",
    expires_at=FAR,
    refresh_token=None,
    organization_id="org_navy",
    role="admin",
    roles=("admin",),
    permissions=("reports:write",),
)
BEARER = {"Authorization": "Bearer Grace"}


@Guard
def by_token() -> None:
    """Knows one token."""
    if bearer_token() == "Grace":
        answer_program()
        act_as(SessionRecord.of_program(GRACE, THERE))


def guarded(app: Flask, *guards: Guard) -> None:
    """Adds /call: what a program may ask, with the first guard outermost."""

    def answer() -> ResponseReturnValue:
        organization = current_organization
        return {
            "user": current_user.user_id,
            "organization": [organization.id, organization.role] if organization else None,
            "can": can("reports:write"),
            "record": session.refreshed_record() == session.live_record(),
            "body": request.get_json(silent=True),
        }

    view: Any = answer
    for guard in reversed((by_token, *guards)):
        view = guard(view)
    app.add_url_rule("/call", view_func=view, methods=["GET", "POST"])


def test_user_organization_claims_and_guards_work_from_its_record(
    app: Flask, visitor: Visitor
) -> None:
    guarded(app, login_required, permission_required("reports:write"), not_impersonated)
    answer: Any = visitor.get("/call", headers=BEARER)

    assert answer.status_code == 200
    assert answer.json == {
        "user": "user_grace",
        "organization": ["org_navy", "admin"],
        "can": True,
        "record": True,
        "body": None,
    }
    assert "Set-Cookie" not in answer.headers
    assert visitor.api_calls() == []


def test_what_its_claims_lack_is_refused_in_json(app: Flask, visitor: Visitor) -> None:
    guarded(app, permission_required("reports:delete"))
    answer: Any = visitor.get("/call", headers=BEARER)

    assert (answer.status_code, answer.json["error"]) == (403, "permission_missing")


def test_a_refusal_names_no_other_organization_of_the_person(
    app: Flask, visitor: Visitor, workos: WorkOSClient
) -> None:
    """AUT-26: others may hold a token or a key of theirs, which is for one organization."""
    both = [
        {"id": "org_navy", "name": "Navy", "role": "admin"},
        {"id": "org_acme", "name": "Acme", "role": "member"},
    ]
    grace = replace(GRACE, user_id=workos.user_management.create_user(email=ADA).id)
    set_at_workos(visitor, "organizations", email=ADA, organizations=both)

    @app.get("/members")
    def members() -> ResponseReturnValue:
        answer_program()
        act_as(SessionRecord.of_program(grace, THERE))
        return role_required("member")() or ""

    answer: Any = visitor.get("/members")

    assert (answer.status_code, answer.json["organization_id"]) == (403, "org_navy")
    assert "org_acme" not in answer.text


def test_it_counts_alone_beside_the_session_of_somebody_else_who_stays_signed_in(
    app: Flask, visitor: Visitor
) -> None:
    guarded(app, login_required)
    visitor.sign_in_by_code()
    before = visitor.cookies()
    answer: Any = visitor.get("/call", headers=BEARER)

    assert answer.json["user"] == "user_grace"
    assert visitor.cookies() == before
    assert visitor.is_signed_in()


@pytest.mark.parametrize("accept", ["*/*", "text/html"])
def test_it_is_never_a_recent_sign_in_and_led_to_no_page(
    app: Flask, visitor: Visitor, accept: str
) -> None:
    guarded(app, fresh_login_required(max_age=FAR))
    answer: Any = visitor.get("/call", headers={**BEARER, "Accept": accept})

    assert (answer.status_code, answer.json["error"]) == (401, "sign_in_again")


def test_somebody_impersonated_is_so_for_programs_too(app: Flask, visitor: Visitor) -> None:
    ada = Identity(
        user_id="user_ada",
        email="",
        name=None,
        method="token",
        impersonator=Impersonator(email="admin@example.com", reason=None),
    )

    @app.get("/impersonated")
    def impersonated() -> ResponseReturnValue:
        act_as(SessionRecord.of_program(ada, THERE))
        return not_impersonated() or ""

    assert visitor.get("/impersonated").status_code == 403


def test_pages_about_sessions_are_none_for_programs(app: Flask, visitor: Visitor) -> None:
    """Should a fork let programs everywhere: nothing ends, and nothing fails."""
    app.before_request(by_token.check)
    visitor.sign_in_by_code()

    for page in ("/account", "/account/sessions", "/api/session"):
        answer: Any = visitor.get(page, headers=BEARER)
        assert (page, answer.status_code, answer.json["error"]) == (page, 403, "not_for_programs")
    assert visitor.get("/", headers=BEARER).status_code == 200
    token = visitor.csrf_token()
    answer = visitor.client.post("/auth/sign-out", data={"csrf_token": token}, headers=BEARER)
    assert (answer.status_code, answer.json["error"]) == (403, "not_for_programs")
    assert visitor.is_signed_in()


def post(visitor: Visitor, **headers: str) -> int:
    """Posts to /call without a CSRF token; returns the status."""
    return visitor.client.post("/call", json={"a": 1}, headers=headers).status_code


def test_a_call_with_a_bearer_token_and_no_session_needs_no_csrf_token(
    app: Flask, visitor: Visitor
) -> None:
    """WEB-02: for there is nothing that another site could ride on."""
    guarded(app, login_required)

    assert post(visitor, **BEARER) == 200
    visitor.client.set_cookie("AWSALB", "1")  # a load balancer's, which programs send back too
    assert post(visitor, **BEARER) == 200


@pytest.mark.parametrize(
    "scheme", ["", "Basic Z3JhY2U6aG9wcGVy", "Basic Gr\xe4ce", "Digest Grace", "Bearer-ish x"]
)
def test_any_other_call_needs_it(app: Flask, visitor: Visitor, scheme: str) -> None:
    """WEB-02."""
    guarded(app)

    assert post(visitor, **({"Authorization": scheme} if scheme else {})) == 400


@pytest.mark.parametrize("name", ["session", "signin-session"])
def test_a_call_with_the_cookie_of_a_session_needs_it_whatever_it_says_besides(
    app: Flask, visitor: Visitor, name: str
) -> None:
    """WEB-02: a proxy may add the header to what browsers send."""
    guarded(app, login_required)
    visitor.client.set_cookie(name, "anything")

    assert post(visitor, **BEARER) == 400


def test_signing_in_needs_it_from_programs_too(visitor: Visitor) -> None:
    """WEB-02: somebody who is signed in as somebody else, and does not know, tells them things."""
    asked = visitor.client.post("/auth/magic-auth", json={"email": "eve@x.org"}, headers=BEARER)

    assert asked.status_code == 400
    assert visitor.mailbox() == []

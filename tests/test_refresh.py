"""The session at WorkOS: refreshed in time by one request; a passing problem signs nobody out."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import time_machine
from flask import Flask
from workos import WorkOSClient

from app import create_app
from app.config import Config
from app.session.exchange import CHECK_EVERY
from app.session.refresh import RETRY_AFTER
from app.session.store import session_store
from app.session.workos_session import MAX_STALENESS, REFRESH_AHEAD, SHORTEST_PAUSE
from app.signals import session_refresh_failed, session_refreshed
from tests.walk import Visitor, heading

NOON = "2026-05-01T12:00:00Z"
LIFETIME = 300  # seconds that the emulator's access tokens live
AUTHENTICATE = "/user_management/authenticate"


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as coordinates:
        yield coordinates


@pytest.fixture
def ada(clock: Any, visitor: Visitor) -> Visitor:
    """Somebody who has just signed in by code."""
    visitor.sign_in_by_code()
    return visitor


def refreshes(visitor: Visitor) -> int:
    """Returns how often WorkOS was asked for anything but the sign-in itself."""
    return [call["path"] for call in visitor.api_calls()].count(AUTHENTICATE) - 1


def break_workos(visitor: Visitor, status: int, **hook: Any) -> None:
    """Lets WorkOS answer every refresh like this."""
    body = {"method": "POST", "path": AUTHENTICATE, "status": status, **hook}
    assert visitor.emulator.test_client().post("/_emulate/hooks", json=body).status_code == 201


def mend_workos(visitor: Visitor) -> None:
    visitor.emulator.test_client().delete("/_emulate/hooks")


def set_claims(visitor: Visitor, impersonator: dict[str, str] | None = None, **claims: Any) -> None:
    """Changes what WorkOS says about Ada from the next refresh on."""
    body = {"email": "ada@example.com", "claims": claims, "impersonator": impersonator}
    answer = visitor.emulator.test_client().post("/_emulate/claims", json=body)
    assert answer.status_code < 300, answer.text


def refresh_token_of(visitor: Visitor) -> str:
    """Returns the token in the store, opened."""
    with visitor.app.app_context():
        user_id = visitor.api_session().json["user"]["id"]
        [record] = session_store().of_user(user_id).values()
        assert record.workos_session
        return str(record.workos_session.opened_refresh_token())


def test_nothing_is_asked_while_the_access_token_is_good(ada: Visitor, clock: Any) -> None:
    for _ in range(10):
        ada.get("/account")
    clock.shift(LIFETIME - REFRESH_AHEAD - 1)
    ada.get("/account")

    assert refreshes(ada) == 0


def test_shortly_before_it_runs_out_the_session_is_refreshed_once(ada: Visitor, clock: Any) -> None:
    clock.shift(LIFETIME - REFRESH_AHEAD)
    for _ in range(5):
        assert ada.get("/account").status_code == 200

    assert refreshes(ada) == 1


def test_public_pages_ask_nothing(ada: Visitor, clock: Any) -> None:
    clock.shift(LIFETIME)
    ada.get("/")

    assert refreshes(ada) == 0


def test_a_link_has_no_session_at_workos_to_refresh(visitor: Visitor, clock: Any) -> None:
    visitor.sign_in_by_link()
    calls = len(visitor.api_calls())
    clock.shift(LIFETIME)

    assert visitor.get("/account").status_code == 200
    assert len(visitor.api_calls()) == calls


def test_roles_permissions_and_flags_follow(ada: Visitor, clock: Any) -> None:
    set_claims(
        ada, org_id="org_1", role="admin", roles=["admin"], permissions=["read", "write"],
        entitlements=["audit"], feature_flags=["beta"],
    )  # fmt: skip
    assert ada.api_session().json["workos"]["role"] is None
    clock.shift(LIFETIME)

    assert ada.api_session().json["workos"] == {
        "organization_id": "org_1",
        "role": "admin",
        "roles": ["admin"],
        "permissions": ["read", "write"],
        "entitlements": ["audit"],
        "feature_flags": ["beta"],
    }
    assert ada.api_session().json["organization_id"] == "org_1"
    assert "Your role is <strong>admin</strong>" in ada.get("/account").text


def test_who_impersonates_is_known_after_a_refresh_that_does_not_say_it(
    visitor: Visitor, clock: Any
) -> None:
    """AUT-23: for an hour, whatever the replies to refreshes leave out."""
    impersonator = {"email": "support@example.com", "reason": "Ticket 7"}
    set_claims(visitor, impersonator=impersonator)
    visitor.sign_in_by_code()
    set_claims(visitor, role="admin")
    clock.shift(LIFETIME)

    answer = visitor.api_session().json

    assert (answer["impersonator"], answer["workos"]["role"]) == (impersonator, "admin")


def test_a_token_says_who_impersonates_where_the_reply_does_not(visitor: Visitor) -> None:
    """AUT-23."""
    set_claims(visitor, act={"sub": "support@example.com"})
    visitor.sign_in_by_code()

    assert visitor.api_session().json["impersonator"] == {
        "email": "support@example.com",
        "reason": None,
    }


def test_the_cookie_stays_small_with_any_claims(visitor: Visitor, clock: Any) -> None:
    """SES-03: an SDK session with 40 permissions would not fit into a cookie."""
    set_claims(visitor, permissions=[f"resource-{number}:write" for number in range(500)])
    visitor.sign_in_by_code()
    clock.shift(LIFETIME)

    assert len(visitor.api_session().json["workos"]["permissions"]) == 500
    assert sum(map(len, visitor.cookies().values())) < 600


def test_the_refresh_token_is_sealed_in_the_store(ada: Visitor, config: Config) -> None:
    """SES-16."""
    token = refresh_token_of(ada)

    for file in config.database_path.parent.iterdir():
        assert token.encode() not in file.read_bytes()
    assert all(token not in cookie for cookie in ada.cookies().values())


@pytest.mark.parametrize("late", [0, LIFETIME], ids=["in time", "after it ran out"])
def test_many_requests_at_once_on_two_hosts_refresh_once(
    ada: Visitor, clock: Any, config: Config, workos: WorkOSClient, late: int
) -> None:
    elsewhere = create_app(config, workos=workos)
    clock.shift(LIFETIME - REFRESH_AHEAD + late)

    def visit(number: int) -> int:
        browser = Visitor((ada.app, elsewhere)[number % 2], ada.emulator)
        browser.take_cookies(ada.cookies())
        return browser.get("/account").status_code

    with ThreadPoolExecutor(10) as pool:
        statuses = list(pool.map(visit, range(20)))

    assert statuses == [200] * 20
    assert refreshes(ada) == 1


TROUBLES: dict[str, dict[str, Any]] = {
    "408": {"status": 408},
    "429": {"status": 429, "headers": {"Retry-After": "20"}},
    "500": {"status": 500},
    "503": {"status": 503},
    "not JSON": {"status": 200, "body": "<html>"},
    "empty": {"status": 200, "body": ""},
    "wrong shape": {"status": 200, "body": {"user": []}},
    "our configuration": {"status": 400, "body": {"error": "invalid_client"}},
    "401": {"status": 401, "body": {"message": "Unauthorized"}},
}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_passing_trouble_leaves_people_in_and_is_tried_again_later(
    ada: Visitor, clock: Any, trouble: str
) -> None:
    break_workos(ada, **TROUBLES[trouble])
    clock.shift(LIFETIME)
    for _ in range(3):
        assert ada.get("/account").status_code == 200
    assert refreshes(ada) == 1  # not with every request

    mend_workos(ada)
    clock.shift(RETRY_AFTER)
    assert ada.get("/account").status_code == 200
    assert refreshes(ada) == 2


def test_after_an_hour_of_trouble_pages_wait_but_nobody_is_signed_out(
    ada: Visitor, clock: Any
) -> None:
    break_workos(ada, 500)
    clock.shift(LIFETIME + MAX_STALENESS - 1)
    assert ada.get("/account").status_code == 200
    clock.shift(RETRY_AFTER)

    calls = len(ada.api_calls())
    for _ in range(3):
        refused = ada.get("/account")
        assert (refused.status_code, heading(refused)) == (
            503,
            "We cannot confirm your session right now",
        )
        assert refused.headers["Retry-After"] == str(RETRY_AFTER)
    assert len(ada.api_calls()) == calls + 1  # not with every request
    assert ada.get("/").status_code == 200

    mend_workos(ada)
    clock.shift(RETRY_AFTER)
    assert ada.get("/account").status_code == 200


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("invalid_grant", "Your session has ended"),
        ("something_new", "Your session has ended"),
        ("sso_required", "Please sign in again"),
    ],
)
def test_a_final_refusal_ends_the_session_and_says_so(
    ada: Visitor, clock: Any, another_visitor: Visitor, error: str, said: str
) -> None:
    """SES-18."""
    copy = ada.cookies()
    break_workos(ada, 400, body={"error": error, "error_description": "canary"})
    clock.shift(LIFETIME)

    refused = ada.get("/account?tab=2")

    assert (refused.status_code, heading(refused)) == (401, said)
    assert "/sign-in?next=/account?tab%3D2" in refused.text
    assert "canary" not in refused.text
    another_visitor.take_cookies(copy)
    assert not another_visitor.is_signed_in()
    assert not ada.is_signed_in()


def test_a_program_is_told_that_its_session_has_ended(ada: Visitor, clock: Any) -> None:
    break_workos(ada, 400, body={"error": "invalid_grant"})
    clock.shift(LIFETIME)

    answer = ada.api_session()

    assert (answer.status_code, answer.json["error"]) == (401, "session_ended")


def test_a_session_revoked_at_workos_ends_with_the_next_refresh(
    ada: Visitor, clock: Any, workos: WorkOSClient
) -> None:
    """SES-18: within five minutes, even without a webhook."""
    user_id = ada.api_session().json["user"]["id"]
    for session in workos.user_management.list_sessions(user_id).data:
        workos.user_management.revoke_session(session_id=session.id)
    clock.shift(LIFETIME)

    assert ada.get("/account").status_code == 401


def use_up_the_token(visitor: Visitor, workos: WorkOSClient) -> None:
    """Does what a worker does that dies before it can keep the answer."""
    workos.user_management.authenticate_with_refresh_token(refresh_token=refresh_token_of(visitor))


def test_a_token_lost_on_the_way_throws_nobody_out(
    ada: Visitor, clock: Any, workos: WorkOSClient
) -> None:
    """WorkOS took the token, but its answer never arrived: a time-out, or a killed worker."""
    token_used_up_at_workos = refresh_token_of(ada)
    break_workos(ada, 504)
    clock.shift(LIFETIME)
    ada.get("/account")
    mend_workos(ada)
    workos.user_management.authenticate_with_refresh_token(refresh_token=token_used_up_at_workos)
    clock.shift(RETRY_AFTER)

    assert ada.get("/account").status_code == 200
    clock.shift(CHECK_EVERY)
    assert ada.get("/account").status_code == 200

    user_id = ada.api_session().json["user"]["id"]
    for session in workos.user_management.list_sessions(user_id).data:
        workos.user_management.revoke_session(session_id=session.id)
    clock.shift(CHECK_EVERY)
    assert ada.get("/account").status_code == 401


def test_a_doubt_outlives_a_refusal_of_somebody_who_is_busy(
    ada: Visitor, clock: Any, workos: WorkOSClient
) -> None:
    """That WorkOS did not even look at the token now says nothing about the time before."""
    token_used_up_at_workos = refresh_token_of(ada)
    break_workos(ada, 504)
    clock.shift(LIFETIME)
    ada.get("/account")
    mend_workos(ada)
    workos.user_management.authenticate_with_refresh_token(refresh_token=token_used_up_at_workos)
    break_workos(ada, 429)
    clock.shift(RETRY_AFTER)
    ada.get("/account")
    mend_workos(ada)
    clock.shift(MAX_STALENESS - 2 * RETRY_AFTER)

    assert ada.get("/account").status_code == 200


def test_a_token_used_elsewhere_is_the_end(ada: Visitor, clock: Any, workos: WorkOSClient) -> None:
    """No doubt about our own calls, so somebody else has used it: it may be stolen."""
    use_up_the_token(ada, workos)
    clock.shift(LIFETIME)

    assert ada.get("/account").status_code == 401


def test_signals_tell_of_success_and_failure(ada: Visitor, clock: Any, app: Flask) -> None:
    told: list[str] = []

    def on_refreshed(sender: Flask, identity: Any, workos_session: Any) -> None:
        told.append(f"{identity.email} has {workos_session.role}")

    def on_failed(sender: Flask, identity: Any, code: str) -> None:
        told.append(f"{identity.email}: {code}")

    set_claims(ada, role="admin")
    with (
        session_refreshed.connected_to(on_refreshed, sender=app),
        session_refresh_failed.connected_to(on_failed, sender=app),
    ):
        clock.shift(LIFETIME)
        ada.get("/account")
        break_workos(ada, 500)
        clock.shift(LIFETIME)
        ada.get("/account")

    assert told == ["ada@example.com has admin", "ada@example.com: workos_down"]


@pytest.mark.parametrize("late", [0, 2 * LIFETIME], ids=["at once", "with an expired token"])
def test_signing_out_ends_the_session_at_workos(
    ada: Visitor, clock: Any, workos: WorkOSClient, late: int
) -> None:
    user_id = ada.api_session().json["user"]["id"]
    clock.shift(late)
    ada.sign_out()

    sessions = workos.user_management.list_sessions(user_id).data
    assert [session for session in sessions if session.status == "active"] == []


def test_workos_lists_the_browser_of_the_person(ada: Visitor, workos: WorkOSClient) -> None:
    user_id = ada.api_session().json["user"]["id"]

    [session] = workos.user_management.list_sessions(user_id).data

    assert session.ip_address == ada.address
    assert (session.user_agent or "").startswith("Werkzeug/")


def test_signing_out_works_while_workos_is_down(ada: Visitor) -> None:
    body = {"method": "*", "path": "*", "status": 503}
    ada.emulator.test_client().post("/_emulate/hooks", json=body)

    assert ada.sign_out().status_code == 303
    assert not ada.is_signed_in()


@pytest.mark.parametrize("lifetime", [0, 1, 60])
def test_short_access_tokens_are_not_refreshed_with_every_request(
    visitor: Visitor, clock: Any, lifetime: int
) -> None:
    body = {"seconds": lifetime}
    visitor.emulator.test_client().post("/_emulate/access-token-lifetime", json=body)
    visitor.sign_in_by_code()
    for _ in range(5):
        assert visitor.get("/account").status_code == 200
    assert refreshes(visitor) == 0

    clock.shift(SHORTEST_PAUSE)
    assert visitor.get("/account").status_code == 200
    assert refreshes(visitor) == 1


def test_signing_in_again_ends_the_session_before_at_workos_too(
    ada: Visitor, workos: WorkOSClient
) -> None:
    """SES-05: a session that nobody can end any more must not live on there."""
    user = ada.api_session().json["user"]["id"]
    [first] = workos.user_management.list_sessions(user).data

    ada.get("/sign-in?again=yes")
    ada.sign_in_by_code()

    active = [
        one for one in workos.user_management.list_sessions(user).data if one.status == "active"
    ]
    assert len(active) == 1
    assert active[0].id != first.id


@pytest.mark.parametrize("whose", ["another person's", "another session's"])
def test_a_refresh_about_somebody_else_changes_nothing(
    ada: Visitor, clock: Any, workos: WorkOSClient, caplog: pytest.LogCaptureFixture, whose: str
) -> None:
    """AUT-18: it ends nothing either; it is an alarm."""
    other = Visitor(ada.app, ada.emulator, address="198.51.100.7")
    email = "eve@example.com" if whose == "another person's" else "ada@example.com"
    set_claims(ada, role="member")
    workos.user_management.create_magic_auth(email=email)
    foreign = (
        ada.emulator.test_client()
        .post(
            AUTHENTICATE,
            json={
                "client_id": "client_emulator",
                "client_secret": "sk_test_emulator",
                "grant_type": "urn:workos:oauth:grant-type:magic-auth:code",
                "code": other.mailed_code(),
                "email": email,
            },
        )
        .json
    )
    break_workos(ada, 200, body=foreign)
    clock.shift(LIFETIME)

    before = ada.api_session().json
    assert before["user"]["email"] == "ada@example.com"
    assert before["workos"]["role"] is None
    assert "authn_token_foreign" in caplog.text
    mend_workos(ada)
    clock.shift(RETRY_AFTER + 1)
    assert ada.is_signed_in()

"""What each answer of WorkOS to a refresh does to the session; SECURITY.md says the same."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests
import responses
import time_machine

from app.session.verdicts import Verdict, verdict_on
from app.workos_api.errors import CODES
from tests.machine import ROOT
from tests.walk import Visitor, heading
from tests.workos.conftest import API
from tests.workos.replies import AUTHENTICATED, MAGIC_AUTH, USER
from tests.workos.test_calls import AUTHENTICATE, SEND_CODE

NOON = "2026-05-01T12:00:00Z"
LATER = 5 * 60  # seconds, after which the access token is over
SESSIONS = f"{API}/user_management/users/{USER['id']}/sessions"
SECURITY = (ROOT / "SECURITY.md").read_text()
Reply = dict[str, Any]


def refused(code: str, status: int = 400) -> Reply:
    """A refusal in the envelope {error, error_description}."""
    return {"status": status, "json": {"error": code, "error_description": "canary"}}


def without_code(status: int) -> Reply:
    return {"status": status, "json": {"message": "canary"}}


# By what becomes of the session; CODES has all that WorkOS's documents name.
ANSWERS: dict[Verdict, dict[str, Reply]] = {
    Verdict.FINAL: {
        "invalid_grant": refused("invalid_grant"),
        "denied": refused("access_denied"),
        "denied at 403": refused("access_denied", 403),
        "a policy": {"status": 403, "json": {"code": "policy_denied", "message": "canary"}},
        "no account": refused("sign_up_not_allowed"),
        "somebody else": refused("user_mismatch"),
    },
    Verdict.OUTSIDE: {  # which this session was in none of
        "not a member": refused("organization_membership_not_found"),
        "no organization": refused("organization_not_found"),
        "no such organization": refused("invalid_organization_id"),
    },
    Verdict.ELSEWHERE: {
        "sso_required": refused("sso_required"),
        "sso_required at 403": refused("sso_required", 403),
        "methods": refused("organization_authentication_methods_required", 422),
        "switched off": refused("authentication_method_not_allowed", 403),
        "a choice": refused("organization_selection_required", 403),
        "a second factor": refused("mfa_enrollment"),
        "the second factor": refused("mfa_challenge", 403),
        "a confirmation": refused("email_verification_required", 403),
        "radar": refused("radar_challenge", 403),
        "a passkey": refused("passkey_progressive_enrollment", 403),
    },
    Verdict.PASSING: {
        "408": without_code(408),
        "429": without_code(429),
        "500": without_code(500),
        "502": {"status": 502, "body": "<html>canary</html>"},
        "nothing": {"body": requests.ConnectionError("canary")},
        "401": without_code(401),
        "404": without_code(404),
        "422": without_code(422),
        "our key": refused("invalid_client"),
        "our client": refused("unauthorized_client"),
        "our request": refused("invalid_request"),
        "our grant": refused("unsupported_grant_type"),
        "our template": refused("token_too_big"),
        "not JSON": {"status": 200, "body": "<html>"},
    },
    Verdict.UNKNOWN: {
        "a new code": refused("something_new"),
        "a new code at 403": refused("something_new", 403),
        "403": without_code(403),
        "409": without_code(409),
        "not found": {"status": 404, "json": {"code": "entity_not_found", "message": "canary"}},
        "of another grant": refused("invalid_one_time_code"),
    },
}
CASES = [
    pytest.param(verdict, reply, works, id=f"{verdict.name}: {name}, {works=}")
    for verdict, replies in ANSWERS.items()
    for name, reply in replies.items()
    for works in ((True, False) if verdict is Verdict.UNKNOWN else (True,))
]


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as coordinates:
        yield coordinates


@pytest.fixture
def ada(visitor: Visitor, api: responses.RequestsMock, clock: time_machine.Traveller) -> Visitor:
    """Somebody who signed in five minutes ago."""
    api.post(SEND_CODE, json=MAGIC_AUTH, status=201)
    signed_in = api.post(AUTHENTICATE, json=AUTHENTICATED)
    visitor.ask_for_code()
    visitor.type_code(MAGIC_AUTH["code"])
    api.remove(signed_in)
    clock.shift(LATER)
    return visitor


@pytest.mark.parametrize(("verdict", "reply", "rest_works"), CASES)
def test_each_answer_to_a_refresh_is_final_or_passing(
    ada: Visitor, api: responses.RequestsMock, verdict: Verdict, reply: Reply, rest_works: bool
) -> None:
    """SES-18: and a fault of ours signs nobody out."""
    api.post(AUTHENTICATE, **reply)
    api.get(SESSIONS, **({"json": {"data": [], "list_metadata": {}}} if rest_works else reply))

    page = ada.get("/account")

    assert "canary" not in page.text
    if verdict is Verdict.PASSING or (verdict is Verdict.UNKNOWN and not rest_works):
        assert page.status_code == 200
    else:
        is_over = verdict is not Verdict.ELSEWHERE
        expected = "Your session has ended" if is_over else "Please sign in again"
        assert (page.status_code, heading(page)) == (401, expected)
        assert not ada.is_signed_in()


def test_the_table_in_security_md_says_the_same() -> None:
    """Codes that only other grants have are not in it."""
    said = {
        Verdict.FINAL: "the session ends, and a page says so",
        Verdict.ELSEWHERE: "the session ends, and a page says that signing in again leads on",
        Verdict.OUTSIDE: "the session goes on without its organization",
        Verdict.PASSING: "people stay signed in",
    }
    rows = [row for row in SECURITY.splitlines() if row.startswith("| ")]
    for code, kind in CODES.items():
        named = [row for row in rows if f"`{code}`" in row]
        verdict = verdict_on(kind())
        if verdict is not Verdict.UNKNOWN:
            assert any(said[verdict] in row for row in named), code

"""Everything that WorkOS may answer but what was hoped for: one page each, and no secret on it.

AUT-14, AUT-22, LIM-05, LOG-02, LOG-04, WEB-15.
"""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Callable, Iterator
from html import unescape
from typing import Any

import pytest
import requests
import responses
from flask import Flask
from werkzeug.test import TestResponse

from app.auth.callback_errors import CALLBACK_ERRORS, CallbackError
from app.failures import every_failure
from app.limits import TRIES_PER_CODE
from app.web.log import JSONFormatter
from tests.walk import ADA, Visitor
from tests.workos.replies import MAGIC_AUTH, PASSWORDLESS
from tests.workos.test_calls import (
    AUTHENTICATE,
    CREATE_LINK,
    SEND_CODE,
    SEND_LINK,
    TOKEN,
    ask_for_link,
)

Fault = dict[str, Any]
Act = Callable[[Visitor, responses.RequestsMock, Fault], TestResponse]

FAILURES = {kind.name(): kind for kind in every_failure()}
CANARIES = {
    "message": "canary-message",
    "error_description": "canary-description",
    "pending_authentication_token": "canary-pending",
    "authkit_redirect_url": "https://canary.example",
}


def code(value: str, status: int = 400, **more: Any) -> Fault:
    """A refusal in the envelope {code, message}."""
    return {"status": status, "json": {"code": value, **CANARIES, **more}}


def error(value: str, status: int = 400, **more: Any) -> Fault:
    """A refusal in the envelope {error, error_description}."""
    return {"status": status, "json": {"error": value, **CANARIES, **more}}


# What any call may meet.
ANYWHERE: dict[str, tuple[Fault, str]] = {
    "500": ({"status": 500, "json": CANARIES}, "workos_down"),
    "502 in HTML": ({"status": 502, "body": "<html>canary-html"}, "workos_down"),
    "503": ({"status": 503}, "workos_down"),
    "504": ({"status": 504}, "workos_down"),
    "500 with a known code": (code("invalid_grant", 500), "workos_down"),
    "429": ({"status": 429, "headers": {"Retry-After": "7"}}, "workos_busy"),
    "429 without a time": ({"status": 429, "json": CANARIES}, "workos_busy"),
    "429 with no number": (
        {"status": 429, "headers": {"Retry-After": "soon"}},
        "workos_busy",
    ),
    "429 for ever": ({"status": 429, "headers": {"Retry-After": "9" * 30}}, "workos_busy"),
    "too_many_requests": (code("too_many_requests", 429), "workos_busy"),
    "daily quota": (code("daily_quota_exceeded", 429), "daily_quota_exceeded"),
    "401": ({"status": 401, "json": CANARIES}, "workos_configuration"),
    "invalid_client": (error("invalid_client"), "workos_configuration"),
    "unauthorized_client": (error("unauthorized_client"), "workos_configuration"),
    "403 without a code": ({"status": 403, "json": CANARIES}, "sign_in_blocked"),
    "an unknown code": (code("canary_code"), "unknown_step_required"),
    "an unknown error": (error("<script>canary</script>"), "unknown_step_required"),
    "an unknown code without a token": (
        {"status": 400, "json": {"code": "canary_code"}},
        "workos_refused",
    ),
    "a code of the wrong type": ({"status": 400, "json": {"code": {"a": 1}}}, "workos_refused"),
    "a list": ({"status": 400, "json": ["canary"]}, "unexpected_reply"),
    "418": ({"status": 418}, "workos_refused"),
    # Of a wrong base URL: an application of any kind, WorkOS itself under a wrong path, a proxy.
    "404 in HTML": ({"status": 404, "body": "<html>canary-html"}, "not_workos"),
    "404 of a path": (
        {"status": 404, "json": {"error": "Not Found", "message": "Cannot POST /canary"}},
        "not_workos",
    ),
    "404 of nothing": ({"status": 404}, "not_workos"),
    "refused": ({"body": requests.ConnectionError("canary")}, "workos_unreachable"),
    "slow": ({"body": requests.Timeout("canary")}, "workos_slow"),
    "broken": ({"body": requests.exceptions.ChunkedEncodingError("canary")}, "unexpected_reply"),
}
# What a reply may look like that says 200 and is none.
SENSELESS: dict[str, Fault] = {
    "HTML": {"body": "<html>canary-html</html>"},
    "nothing": {"body": ""},
    "an empty object": {"json": {}},
    "an empty list": {"json": []},
    "a text": {"json": "canary"},
    "null": {"body": "null"},
    "a number": {"body": "7"},
    "cut off": {"body": '{"user": {"id": "canary'},
    "not UTF-8": {"body": b"\xff\xfe\x00"},
    "deep": {"body": "[" * 20_000},
    "wrong types": {"json": {"user": "canary", "profile": 7, "id": [], "code": None}},
    "a user without id": {"json": {"user": {}, "profile": {"email": "canary@x.org"}}},
}
UNEXPECTED: dict[str, tuple[Fault, str]] = {
    name: ({"status": 200, **reply}, "unexpected_reply") for name, reply in SENSELESS.items()
}
# What only redeeming a one-time code may meet.
REDEEM: dict[str, tuple[Fault, str]] = {
    **{
        f"{name} {status}": (envelope(name, status), name)
        for name, status in (
            ("invalid_one_time_code", 400),
            ("one_time_code_expired", 400),
            ("one_time_code_previously_used", 400),
            ("one_time_code_too_many_attempts", 400),
            ("email_verification_required", 403),
            ("mfa_enrollment", 403),
            ("mfa_challenge", 403),
            ("mfa_challenge", 400),
            ("organization_selection_required", 403),
            ("organization_selection_required", 422),
            ("sso_required", 400),
            ("sso_required", 403),
            ("organization_authentication_methods_required", 400),
            ("organization_authentication_methods_required", 422),
            ("authentication_method_not_allowed", 403),
            ("authentication_method_not_allowed", 400),
            ("email_password_auth_disabled", 403),
            ("passkey_progressive_enrollment", 403),
            ("application_consent_required", 403),
            ("organization_membership_not_found", 400),
            ("invalid_pending_authentication_token", 400),
            ("user_mismatch", 400),
        )
        for envelope in (code, error)
    },
    "radar, by mail": (code("radar_email_challenge", 403), "radar_email_challenge"),
    "radar, as the specification calls it": (code("radar_challenge"), "radar_email_challenge"),
    "radar, by phone": (code("radar_sms_challenge", 403), "radar_challenge"),
    "sso without a code": (
        {"status": 400, "json": {"message": "Must use SSO for selected organization"}},
        "sso_required",
    ),
    "invalid_grant": (error("invalid_grant"), "one_time_code_invalid_grant"),
}
SEND: dict[str, tuple[Fault, str]] = {
    "the domain takes no mail": (
        code("email_domain_not_deliverable"),
        "email_domain_not_deliverable",
    ),
    "422": (
        {"status": 422, "json": {"errors": [{"code": "email_invalid"}], **CANARIES}},
        "email_not_accepted",
    ),
    "the method is switched off": (
        error("authentication_method_not_allowed"),
        "authentication_method_not_allowed",
    ),
}
# What would tell who has an account.
ADDRESS_REFUSALS = {
    "sign-up": error("sign_up_not_allowed"),
    "sign-up, forbidden": code("sign_up_not_allowed", 403),
    "invitation": error("invitation_invalid"),
    "nobody": code("entity_not_found", 404),
}


@pytest.fixture(autouse=True)
def logged(app: Flask) -> Iterator[io.StringIO]:
    """Everything that any logger writes meanwhile."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JSONFormatter())
    for name in ("", "app"):
        logging.getLogger(name).addHandler(handler)
    yield stream
    for name in ("", "app"):
        logging.getLogger(name).removeHandler(handler)


def expect(answer: TestResponse, expected: str, visitor: Visitor, logged: io.StringIO) -> None:
    """Holds the answer against the row of the table."""
    row = FAILURES[expected]
    text = unescape(answer.text)
    assert (answer.status_code, row.title in text, row.reason in text) == (row.status, True, True)
    assert 'class="button"' in text or "<button" in text
    if row.status == 503:
        assert 0 < int(answer.headers["Retry-After"]) <= 86_400
    assert expected in logged.getvalue()
    assert "canary" not in f"{text}{answer.headers}{logged.getvalue()}"
    assert not visitor.is_signed_in()


def send_code(visitor: Visitor, api: responses.RequestsMock, fault: Fault) -> TestResponse:
    api.post(SEND_CODE, **fault)
    return visitor.ask_for_code()


def redeem_code(visitor: Visitor, api: responses.RequestsMock, fault: Fault) -> TestResponse:
    api.post(SEND_CODE, json=MAGIC_AUTH, status=201)
    api.post(AUTHENTICATE, **fault)
    visitor.ask_for_code()
    return visitor.type_code(MAGIC_AUTH["code"])


def create_link(visitor: Visitor, api: responses.RequestsMock, fault: Fault) -> TestResponse:
    api.post(CREATE_LINK, **fault)
    return visitor.ask_for_link()


def send_link(visitor: Visitor, api: responses.RequestsMock, fault: Fault) -> TestResponse:
    api.post(CREATE_LINK, json=PASSWORDLESS, status=201)
    api.post(SEND_LINK, **fault)
    return visitor.ask_for_link()


def exchange(visitor: Visitor, api: responses.RequestsMock, fault: Fault) -> TestResponse:
    state = ask_for_link(visitor, api)
    api.post(TOKEN, **fault)
    return visitor.get(f"/auth/callback?code=the-code&state={state}")


ACTS: dict[str, tuple[Act, int, dict[str, tuple[Fault, str]]]] = {
    # What is done, how many calls that makes, and what it may meet.
    "asking for a code": (send_code, 1, {**ANYWHERE, **UNEXPECTED, **SEND}),
    "typing a code": (redeem_code, 2, {**ANYWHERE, **UNEXPECTED, **REDEEM}),
    "asking for a link": (
        create_link,
        1,
        {**ANYWHERE, **UNEXPECTED, "422": SEND["422"]},
    ),
    "sending a link": (send_link, 2, ANYWHERE),
    "coming back": (
        exchange,
        3,
        {**ANYWHERE, **UNEXPECTED, "invalid_grant": (error("invalid_grant"), "invalid_grant")},
    ),
}
CASES = [
    pytest.param(act, calls, fault, expected, id=f"{name}: {met}")
    for name, (act, calls, faults) in ACTS.items()
    for met, (fault, expected) in faults.items()
]


@pytest.mark.parametrize(("act", "calls", "fault", "expected"), CASES)
def test_each_fault_has_its_page_and_signs_nobody_in(
    visitor: Visitor,
    api: responses.RequestsMock,
    logged: io.StringIO,
    act: Act,
    calls: int,
    fault: Fault,
    expected: str,
) -> None:
    answer = act(visitor, api, fault)

    assert len(api.calls) == calls  # nothing is tried twice
    expect(answer, expected, visitor, logged)


@pytest.mark.parametrize("name", ["500", "429", "refused", "an unknown code"])
def test_programs_get_the_fault_as_json(
    visitor: Visitor, api: responses.RequestsMock, name: str
) -> None:
    fault, expected = ANYWHERE[name]
    api.post(SEND_CODE, **fault)

    answer = visitor.post_json("/auth/magic-auth", {"email": ADA})

    body: Any = answer.json
    assert answer.status_code == FAILURES[expected].status
    assert body["error"] == expected
    assert {"message", "hint", "request_id"} <= set(body)
    assert "canary" not in answer.text


@pytest.mark.parametrize("act", [send_code, create_link, send_link])
def test_what_was_not_sent_leaves_no_attempt_behind(
    visitor: Visitor, api: responses.RequestsMock, act: Act
) -> None:
    act(visitor, api, {"status": 503})

    assert not any("attempt" in name for name in visitor.cookies())


@pytest.mark.parametrize("fault", ADDRESS_REFUSALS.values(), ids=ADDRESS_REFUSALS)
@pytest.mark.parametrize("as_json", [False, True], ids=["page", "json"])
@pytest.mark.parametrize("door", ["magic-auth", "magic-link"])
def test_an_address_without_an_account_looks_like_one_with(
    visitor: Visitor,
    another_visitor: Visitor,
    api: responses.RequestsMock,
    fault: Fault,
    as_json: bool,
    door: str,
) -> None:
    """AUT-14: with as many calls to WorkOS, too, because they are what takes time."""
    url = {"magic-auth": SEND_CODE, "magic-link": CREATE_LINK}[door]
    api.post(SEND_LINK, json={"success": True})
    known = api.post(url, json=MAGIC_AUTH | PASSWORDLESS, status=201)
    first = ask(visitor, door, as_json)
    calls = len(api.calls)
    api.remove(known)
    api.post(url, **fault)
    api.post(re.compile(f"{CREATE_LINK}/.+/send"), **code("entity_not_found", 404))
    second = ask(another_visitor, door, as_json)

    assert first.status_code == second.status_code
    assert without_ids(first.text) == without_ids(second.text)
    assert list(first.headers.keys()) == list(second.headers.keys())
    assert lengths(visitor.cookies()) == lengths(another_visitor.cookies())
    assert len(api.calls) == 2 * calls
    if not as_json:
        pages = [visitor.get(first.location).text, another_visitor.get(second.location).text]
        assert without_ids(pages[0]) == without_ids(pages[1])
        typed = [each.type_code("000000").text for each in (visitor, another_visitor)]
        assert without_ids(typed[0]) == without_ids(typed[1])


@pytest.mark.parametrize("fault", ADDRESS_REFUSALS.values(), ids=ADDRESS_REFUSALS)
def test_a_link_that_workos_does_not_send_looks_as_if_it_had(
    visitor: Visitor, api: responses.RequestsMock, logged: io.StringIO, fault: Fault
) -> None:
    """AUT-14: and the operator is told."""
    assert send_link(visitor, api, fault).status_code == 303
    assert "authn_address_refused" in logged.getvalue()


@pytest.mark.parametrize("fault", ADDRESS_REFUSALS.values(), ids=ADDRESS_REFUSALS)
def test_for_an_address_without_an_account_every_code_is_wrong(
    visitor: Visitor,
    another_visitor: Visitor,
    api: responses.RequestsMock,
    logged: io.StringIO,
    fault: Fault,
) -> None:
    """AUT-14, AUT-09: the tries count down as for any other."""
    api.post(SEND_CODE, json=MAGIC_AUTH, status=201)
    visitor.ask_for_code()
    another_visitor.ask_for_code("eve@example.com")

    for _ in range(TRIES_PER_CODE + 1):
        known = api.post(AUTHENTICATE, **code("invalid_one_time_code"))
        wrong = visitor.type_code("111111")
        api.remove(known)
        refused = api.post(AUTHENTICATE, **fault)
        unknown = another_visitor.type_code(MAGIC_AUTH["code"])
        api.remove(refused)

        assert unknown.status_code == wrong.status_code
        assert without_ids(unknown.text.replace("eve@", "ada@")) == without_ids(wrong.text)
    assert "authn_address_refused" in logged.getvalue()


@pytest.mark.parametrize(
    "body",
    [
        {"message": "Invalid redirect_uri.", "code": "invalid_request"},
        {"errors": ["redirect_uri is not registered"], **CANARIES},
    ],
)
def test_the_log_says_which_redirect_uri_did_not_match(
    visitor: Visitor, api: responses.RequestsMock, logged: io.StringIO, body: dict[str, Any]
) -> None:
    api.post(CREATE_LINK, status=422, json=body)

    expect(visitor.ask_for_link(), "redirect_uri_unregistered", visitor, logged)

    assert "http://localhost:5000/auth/callback was sent" in logged.getvalue()


def ask(visitor: Visitor, door: str, as_json: bool) -> TestResponse:
    if as_json:
        return visitor.post_json(f"/auth/{door}", {"email": ADA})
    return visitor.post(f"/auth/{door}", email=ADA)


def lengths(cookies: dict[str, str]) -> list[int]:
    return sorted(map(len, cookies.values()))


def without_ids(text: str) -> str:
    """Returns the text less what is new with each request."""
    text = re.sub(r'(name="csrf_token" value=)"[^"]+"', r"\1", text)
    return re.sub(r"\b([0-9a-f]{12}|[0-9a-f]{16})\b", "", text)


@pytest.mark.parametrize("error", [*sorted(CALLBACK_ERRORS), "something_new", "<script>x</script>"])
def test_each_error_at_the_callback_has_its_page(visitor: Visitor, error: str) -> None:
    """WEB-15: and what else came with it is not shown."""
    page = visitor.get(
        "/auth/callback",
        query_string={"error": error, "error_description": "<b>canary</b>", "state": "x"},
    )

    row = CALLBACK_ERRORS.get(error, CallbackError)
    assert (page.status_code, row.title in unescape(page.text)) == (row.status, True)
    assert "canary" not in page.text
    assert "<script>" not in page.text

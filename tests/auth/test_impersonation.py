"""Somebody acts for a person: it is shown, logged, limited, and ends with one button."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.config import Config
from app.web.log import JSONFormatter
from tests.walk import ADA, Visitor, heading, query_of

SUPPORT, REASON = "support@example.com", "Ticket 7: <lost> invoice"
MASKED = "s***@example.com"


@pytest.fixture
def config(make_config: Any) -> Config:
    """Settings that offer hosted AuthKit, through which it comes."""
    config = make_config(sign_in_with=("magic_auth", "authkit"))
    assert isinstance(config, Config)
    return config


def begin(at_workos: FlaskClient, **fields: str) -> str:
    """Begins at the dashboard; returns where that leads the browser."""
    form = {"email": ADA, "impersonator": SUPPORT, "reason": REASON, **fields}
    return str(at_workos.post("/_emulate/impersonation", data=form).location)


def impersonate(visitor: Visitor, at_workos: FlaskClient) -> None:
    """Walks the whole way from the dashboard."""
    away = visitor.get(begin(at_workos)).location
    callback = at_workos.get("/user_management/authorize", query_string=query_of(away)).location
    assert visitor.get(callback).location == "/"


@pytest.fixture
def at_workos(emulator: Flask) -> FlaskClient:
    """WorkOS, as this one browser sees it: with a cookie."""
    return emulator.test_client()


@pytest.fixture
def logged(app: Flask) -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """What the application has logged so far."""
    stream, logger = io.StringIO(), logging.getLogger("app")
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JSONFormatter())
    logger.addHandler(handler)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logger.removeHandler(handler)


@pytest.fixture
def acting(visitor: Visitor, at_workos: FlaskClient) -> Visitor:
    """Somebody of support, signed in as Ada."""
    impersonate(visitor, at_workos)
    return visitor


@pytest.mark.parametrize("path", ["/", "/account", "/account/sessions", "/auth/sign-out", "/none"])
def test_every_page_says_who_acts_for_whom_and_why(acting: Visitor, path: str) -> None:
    """AUT-23."""
    page = acting.get(path).text

    assert f'<strong class="address" dir="ltr">{SUPPORT}</strong> is signed in as' in page
    assert "Reason: Ticket 7: &lt;lost&gt; invoice" in page
    assert ">Stop</button>" in page


def test_a_page_of_ones_own_sign_in_says_nothing_of_it(visitor: Visitor) -> None:
    visitor.sign_in_by_code()

    assert "Stop" not in visitor.get("/account").text


def test_programs_are_told(acting: Visitor) -> None:
    """AUT-23."""
    session = acting.api_session().json

    assert session["impersonator"] == {"email": SUPPORT, "reason": REASON}
    assert (session["user"]["email"], session["authentication_method"]) == (ADA, "Impersonation")


def test_stop_ends_it_here_and_leads_to_the_logout_page(
    acting: Visitor, at_workos: FlaskClient
) -> None:
    """AUT-23, SES-07."""
    left = acting.post("/auth/sign-out")

    assert not acting.is_signed_in()
    assert heading(left) == "You are signed out here"
    assert "/user_management/sessions/logout?session_id=session_" in left.text


@pytest.mark.parametrize(
    "path",
    [
        "/account/sessions/end",
        "/account/sessions/end-others",
        "/account/sessions/end-all",
        "/auth/forget-browser",
    ],
)
def test_what_is_for_the_person_alone_is_refused(
    acting: Visitor, another_visitor: Visitor, path: str
) -> None:
    """AUT-23."""
    another_visitor.sign_in_by_code()

    refused = acting.post(path)

    assert (refused.status_code, heading(refused)) == (
        403,
        "Only the person themselves can do this",
    )
    assert acting.post_json(path, {}).json["error"] == "not_while_impersonating"  # type: ignore[index] # JSON, as asserted
    assert another_visitor.is_signed_in()
    assert acting.is_signed_in()


def test_each_line_of_the_log_says_who_acts(
    visitor: Visitor, at_workos: FlaskClient, logged: Callable[[], list[dict[str, Any]]]
) -> None:
    """AUT-23: the beginning, each page, each refusal, the end."""
    impersonate(visitor, at_workos)
    visitor.get("/account")
    visitor.post("/account/sessions/end-all")
    visitor.post("/auth/sign-out")

    told = [line["event"] for line in logged() if line.get("impersonator") == MASKED]
    assert told == [
        "session_created",
        "authz_impersonated",
        "authz_impersonated",
        "authz_fail",
        "authn_logout",
    ]
    assert SUPPORT not in str(logged())


def test_without_a_state_nobody_is_signed_in(visitor: Visitor, at_workos: FlaskClient) -> None:
    """AUT-01, AUT-23: as where no initiate login URI is registered."""
    callback = begin(at_workos, without_initiate_login_uri="yes")
    assert "state" not in query_of(callback)

    anew = visitor.get(visitor.get(callback).location)

    assert query_of(anew.location)["state"]  # one that is this browser's own
    assert not visitor.is_signed_in()
    assert visitor.exchanges() == []


def test_it_replaces_the_session_that_the_browser_had(
    visitor: Visitor, another_visitor: Visitor, at_workos: FlaskClient
) -> None:
    """SES-05."""
    visitor.sign_in_by_code("support@example.com")
    another_visitor.take_cookies(visitor.cookies())

    impersonate(visitor, at_workos)

    assert visitor.api_session().json["user"]["email"] == ADA
    assert not another_visitor.is_signed_in()

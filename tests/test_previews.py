"""Previews: hosts that a pattern allows, where links and redirects stay at the one asked for."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from app.config import Config
from tests.conftest import HTTPS
from tests.walk import Visitor

PREVIEW = "https://pr-7.preview.example.com"


@pytest.fixture(params=["workos", "smtp"])
def config(request: pytest.FixtureRequest, make_config: Any, smtp: dict[str, Any]) -> Config:
    """A site with previews, whose mail comes from WorkOS or from the site."""
    config: Config = make_config(
        public_url=HTTPS,
        preview_hosts=("*.preview.example.com",),
        workos_redirect_uris=(f"{PREVIEW}/auth/callback",),  # in the place of WorkOS's own *
        **(smtp if request.param == "smtp" else {}),
    )
    return config


@pytest.mark.parametrize("origin", [PREVIEW, HTTPS])
def test_signing_in_stays_at_the_host_that_was_asked(
    app: Flask, config: Config, emulator: Flask, origin: str
) -> None:
    visitor = Visitor(app, emulator, origin=origin)

    visitor.ask_for_link(next="/account")
    link = visitor.mailed_link()
    if config.mails_itself:
        assert link.startswith(f"{origin}/auth/magic-link/open?")
        link = str(visitor.get(link).location)
    callback = visitor.open_at_workos(link)

    assert callback.startswith(f"{origin}/auth/callback?")
    assert visitor.get(callback).location == "/account"


NOT_ALLOWED = (
    "preview.example.com",
    ".preview.example.com",
    "a.b.preview.example.com",
    "a_b.preview.example.com",
    "pr-7.preview.example.com:8443",
    "pr-7.preview.example.com.evil.example",
    "pr-7.preview.example.comevil",
    "evil.example",
    "127.0.0.1",
)


@pytest.mark.parametrize("host", NOT_ALLOWED)
def test_a_pattern_allows_no_more_than_it_says(app: Flask, host: str) -> None:
    """WEB-09."""
    refused = app.test_client().get("/", environ_overrides={"HTTP_HOST": host})

    assert refused.status_code == 400
    assert not refused.headers.getlist("Set-Cookie")


def test_names_of_hosts_are_the_same_in_any_case(app: Flask) -> None:
    host = {"HTTP_HOST": "PR-7.Preview.Example.Com"}

    assert app.test_client().get("/sign-in", environ_overrides=host).status_code == 200


def test_a_session_of_one_preview_is_nobody_at_another(app: Flask, emulator: Flask) -> None:
    """Browsers would not even send it; nor does anybody take it who sends it by hand."""
    visitor = Visitor(app, emulator, origin=PREVIEW)
    visitor.sign_in_by_code()

    assert visitor.is_signed_in()
    assert not Visitor(app, emulator, origin=PREVIEW.replace("7", "8")).is_signed_in()

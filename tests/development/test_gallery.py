"""The gallery of failures: complete in development, absent in production."""

from __future__ import annotations

from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest
from flask import Flask

from app import create_app
from app.config import Config
from app.failures import every_failure
from tests.conftest import ROOT
from tests.walk import Visitor, heading

PAGES = (
    "/development/failures",
    "/development/failures/not_found",
    "/development/session",
    "/development/journey",
    "/development/journey/style.css",
)


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(
    "changes",
    [
        {"public_url": "https://app.example.com"},
        {"public_url": "https://localhost", "workos_api_key": "sk_live_1"},
        {"public_url": "http://app.example.com"},
    ],
)
def test_production_has_no_pages_for_developers(
    make_config: Callable[..., Config], emulator: Flask, path: str, changes: dict[str, str]
) -> None:
    """SEC-07: there is no route, so no switch can be forgotten."""
    app = create_app(make_config(**changes))
    visitor = Visitor(app, emulator, origin=changes["public_url"])

    assert visitor.get(path).status_code == 404
    assert "development" not in str(app.url_map)
    assert "/development/" not in visitor.get("/").text


@pytest.mark.parametrize("path", PAGES)
def test_another_machine_finds_no_pages_for_developers(another_visitor: Visitor, path: str) -> None:
    """SEC-07: somebody in the same network can say `Host: localhost`, too."""
    assert another_visitor.get(path).status_code == 404
    assert "/development/" not in another_visitor.get("/").text


@pytest.mark.parametrize(
    ("peer", "forwarded", "status"),
    [
        ("127.0.0.1", "::1", 200),
        ("127.0.0.1", "192.0.2.7", 404),
        ("192.0.2.7", "127.0.0.1", 404),
        ("", "127.0.0.1", 404),
    ],
)
def test_behind_a_proxy_both_ends_must_be_on_this_machine(
    make_config: Callable[..., Config], emulator: Flask, peer: str, forwarded: str, status: int
) -> None:
    """SEC-07, WEB-10: whoever goes round the proxy writes what they like into the header."""
    developer = Visitor(create_app(make_config(trusted_proxies=1)), emulator, address=peer)

    for path in ("/development/failures", "/development/session", "/development/journey"):
        page = developer.get(path, headers={"X-Forwarded-For": forwarded})
        assert page.status_code == status


def test_the_gallery_shows_every_failure_with_cause_fix_and_log_line(visitor: Visitor) -> None:
    page = unescape(visitor.get("/development/failures").text)

    for kind in every_failure():
        assert f'href="/development/failures/{kind.name()}"' in page
        assert kind.cause in page
        assert kind.fix in page
        assert f'"failure": "{kind.name()}", "status": {kind.status}' in page


def test_each_failure_has_its_own_page(visitor: Visitor) -> None:
    for kind in every_failure():
        for path in (kind.name(), f"{kind.name()}?attempt=no"):
            page = visitor.get(f"/development/failures/{path}")
            assert page.status_code == kind.status, path
            assert heading(page) == kind.title, path


def test_the_page_is_the_one_that_people_see(visitor: Visitor) -> None:
    """With the form that they sent, and the step of their attempt."""
    shown = {
        "invalid_one_time_code": 'name="one_time_code"',
        "email_invalid": 'name="email"',
        "access_denied": "Email me a code instead",
        "too_many_requests": "Try again in <strong>30 seconds",
        "workos_down": "stage 3 of 4: confirming the sign-in",
    }
    for code, text in shown.items():
        assert text in visitor.get(f"/development/failures/{code}").text


def test_an_unknown_failure_is_not_there(visitor: Visitor) -> None:
    assert visitor.get("/development/failures/nonsense").status_code == 404


def test_no_template_of_development_is_used_elsewhere() -> None:
    sources = [path for path in Path(ROOT / "app").rglob("*.py") if "development" not in path.parts]

    assert not [path for path in sources if "development/" in path.read_text()]

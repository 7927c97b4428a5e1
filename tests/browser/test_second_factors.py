"""An authenticator app, set up and used in a real browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import requests
from playwright.sync_api import Page, expect

from tests.browser.looks import RULES, look_at
from tests.site import Site
from tests.waiting import PATIENCE

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("Chromium")]

GRACE = "grace@example.com"


def next_totp(site: Site) -> str:
    """Returns what her phone shows half a minute later."""
    phone = f"{site.workos_url}/_emulate/authenticator"
    requests.post(f"{phone}/wait", json={}, timeout=PATIENCE)
    return str(requests.get(f"{phone}/codes", timeout=PATIENCE).json()[0]["code"])


def type_mailed_code(page: Page, site: Site) -> None:
    page.goto("/sign-in?next=/account/security")
    page.get_by_label("Email address").fill(GRACE)
    page.get_by_role("button", name="Email me a code").click()
    expect(page.get_by_label("Six-digit code")).to_be_visible()
    mails = requests.get(f"{site.workos_url}/_emulate/mailbox", timeout=PATIENCE).json()
    page.get_by_label("Six-digit code").fill(mails[0]["one_time_code"])
    page.get_by_role("button", name="Sign in").click()


def test_an_app_is_set_up_while_signing_in_and_used_from_then_on(
    new_page: Callable[..., Page], site: Site
) -> None:
    """A11Y-01, AUT-15, AUT-17: without JavaScript of ours, back and reload on the way."""
    page = new_page(site)
    required = {"emails": [GRACE]}
    requests.post(f"{site.workos_url}/_emulate/second-factors", json=required, timeout=PATIENCE)
    type_mailed_code(page, site)

    expect(page.get_by_role("heading", name="Set up an authenticator app")).to_be_visible()
    look_at(page, "enrolment, before", RULES)
    page.get_by_role("button", name="I have an app").click()
    qr_code = page.get_by_role("img", name="QR code for your authenticator app")
    expect(qr_code).to_be_visible()
    key = page.locator(".key").inner_text()
    look_at(page, "enrolment", RULES)
    page.reload()
    assert page.locator(".key").inner_text() == key
    page.get_by_label("Six-digit code").fill(next_totp(site))
    page.get_by_role("button", name="Continue").click()

    expect(page.get_by_role("heading", name="Authenticator app 1")).to_be_visible()
    look_at(page, "security", RULES)
    page.go_back()
    expect(qr_code).not_to_be_visible()

    page.context.clear_cookies()
    type_mailed_code(page, site)
    look_at(page, "challenge", RULES)
    page.get_by_label("Six-digit code").fill("000")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("That code is not right")).to_be_visible()
    page.get_by_label("Six-digit code").fill(next_totp(site))
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="How you sign in")).to_be_visible()

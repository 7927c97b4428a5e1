"""The button beside a code, in a real Chromium without JavaScript."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import mailbox
from tests.browser.test_journeys import expect_account, link_to
from tests.site import Site

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("Chromium")]

NewPage = Callable[..., Page]


def ask_by_keyboard(page: Page, email: str) -> None:
    page.goto("/sign-in?next=/account")
    expect(page.get_by_label("Email address")).to_be_focused()
    page.keyboard.type(email)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Enter the code")).to_be_visible()


def test_pressed_in_the_mailbox_it_signs_in_by_keyboard(
    mailing_site: Site, new_page: NewPage
) -> None:
    """The mail as its reader sees it, and the Lax cookie on the way from another site."""
    window = new_page(mailing_site, java_script_enabled=False)
    ask_by_keyboard(window, "button@example.com")
    window.goto(f"{mailing_site.workos_url}/")
    window.frame_locator("iframe").first.get_by_role("link", name="Sign in").press("Enter")

    expect_account(window, "button@example.com")
    assert "token=" not in window.url


def test_pressed_on_a_phone_or_by_a_scanner_it_says_where_to_type_the_code(
    mailing_site: Site, new_page: NewPage
) -> None:
    """SES-19, AUT-05."""
    email = "phone-button@example.com"
    window = new_page(mailing_site, java_script_enabled=False)
    phone = new_page(mailing_site, viewport={"width": 390, "height": 800})
    ask_by_keyboard(window, email)

    phone.goto(link_to(mailing_site, email))

    expect(phone.get_by_role("heading", name="Type the code where you asked")).to_be_visible()
    expect(phone.get_by_text("Chrome on Linux")).to_be_visible()
    assert phone.locator("main").get_by_role("button").count() == 0
    code = next(mail["one_time_code"] for mail in mailbox(mailing_site) if mail["to"] == email)
    window.keyboard.type(str(code))
    window.keyboard.press("Enter")
    expect_account(window, email)

"""The link in two browsers, in a real Chromium: where it was asked for, elsewhere, and scanners."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import mailbox
from tests.browser.test_journeys import ask, expect_account, link_to
from tests.site import Site

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("Chromium")]

NewPage = Callable[..., Page]


def relay_code_on(page: Page) -> str:
    expect(page.get_by_role("heading", name="Type this code where you asked")).to_be_visible()
    return page.locator(".shown-code").inner_text()


def type_relay_code(page: Page, code: str) -> None:
    page.get_by_label("Code shown by the link").fill(code)
    page.get_by_role("button", name="Sign in").click()


def scan(page: Page, link: str) -> None:
    """What the most thorough scanner does: opens the link, and presses every button."""
    page.goto(link)
    for number in range(page.get_by_role("button").count()):
        page.get_by_role("button").nth(number).click()
        page.wait_for_load_state()
        page.goto(link)


def test_clicked_in_the_mailbox_our_link_signs_in(linking_site: Site, new_page: NewPage) -> None:
    """The mail as its reader sees it, and the Lax cookie on the way there and back."""
    window = new_page(linking_site)
    ask(window, "same@example.com", "Email me a link")
    expect(window.get_by_role("heading", name="Check your email")).to_be_visible()
    window.goto(f"{linking_site.workos_url}/")
    window.frame_locator("iframe").first.get_by_role("link", name="Sign in").click()

    expect_account(window, "same@example.com")
    assert "token=" not in window.url


@pytest.mark.parametrize("java_script_enabled", [True, False])
def test_opened_on_a_phone_it_shows_a_code_that_signs_in_the_window_that_asked(
    linking_site: Site, new_page: NewPage, java_script_enabled: bool
) -> None:
    """AUT-06, and WEB-04: the policy for forms lets the last step through to WorkOS."""
    email = f"phone-{int(java_script_enabled)}@example.com"
    window = new_page(linking_site, java_script_enabled=java_script_enabled)
    phone = new_page(linking_site, viewport={"width": 390, "height": 800})
    ask(window, email, "Email me a link")
    phone.goto(link_to(linking_site, email))

    type_relay_code(window, relay_code_on(phone))

    expect_account(window, email)
    phone.goto("/account")
    expect(phone.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_wrong_relay_code_keeps_the_page_and_points_to_the_field(
    linking_site: Site, new_page: NewPage
) -> None:
    window = new_page(linking_site)
    ask(window, "wrong-relay@example.com", "Email me a link")
    type_relay_code(window, "000000")

    expect(window.get_by_role("alert")).to_contain_text("That code is not right")
    expect(window.get_by_label("Code shown by the link")).to_be_focused()


def test_after_a_scanner_in_a_real_browser_our_link_still_signs_in(
    linking_site: Site, new_page: NewPage
) -> None:
    """SES-19, AUT-05."""
    window, scanner = new_page(linking_site), new_page(linking_site)
    ask(window, "scanned@example.com", "Email me a link")
    link = link_to(linking_site, "scanned@example.com")

    scan(scanner, link)
    window.goto(link)

    expect_account(window, "scanned@example.com")
    assert not [cookie for cookie in scanner.context.cookies() if "session" in str(cookie["name"])]


def test_after_a_scanner_in_a_real_browser_a_link_of_workos_offers_a_code(
    site: Site, new_page: NewPage
) -> None:
    """AUT-05: the scanner gets nothing, the person one button, and is in."""
    email = "burnt@example.com"
    window, scanner = new_page(site), new_page(site)
    ask(window, email, "Email me a link")
    link = link_to(site, email)
    scan(scanner, link)
    scanner.goto("/account")
    expect(scanner.get_by_role("heading", name="Sign in")).to_be_visible()

    window.goto(link)
    expect(window.get_by_role("heading", name="The link did not work")).to_be_visible()
    window.get_by_role("button", name="Email me a code instead").click()
    code = next(mail["one_time_code"] for mail in mailbox(site) if mail["to"] == email)
    window.get_by_label("Six-digit code").fill(str(code))
    window.get_by_role("button", name="Sign in").click()

    expect_account(window, email)


def test_a_link_of_workos_opened_on_a_phone_offers_a_code_there(
    site: Site, new_page: NewPage
) -> None:
    email = "phone-burnt@example.com"
    window, phone = new_page(site), new_page(site, viewport={"width": 390, "height": 800})
    ask(window, email, "Email me a link")
    phone.goto(link_to(site, email))

    expect(phone.get_by_text("p***@example.com")).to_be_visible()
    phone.get_by_role("button", name="Email me a code instead").click()
    phone.get_by_label("Six-digit code").fill(str(mailbox(site)[0]["one_time_code"]))
    phone.get_by_role("button", name="Sign in").click()
    phone.goto("/account")

    expect_account(phone, email)


def test_a_used_link_says_that_one_is_signed_in(linking_site: Site, new_page: NewPage) -> None:
    window = new_page(linking_site)
    ask(window, "twice@example.com", "Email me a link")
    link = link_to(linking_site, "twice@example.com")
    window.goto(link)
    expect_account(window, "twice@example.com")

    window.goto(link)

    expect(window.get_by_role("heading", name="You are already signed in")).to_be_visible()
    window.get_by_role("link", name="Continue, you are signed in").click()
    expect(window.get_by_role("heading", name="You are signed in")).to_be_visible()


def test_the_back_button_after_a_link_says_that_one_is_signed_in(
    site: Site, new_page: NewPage
) -> None:
    window = new_page(site)
    ask(window, "back-link@example.com", "Email me a link")
    link = link_to(site, "back-link@example.com")
    window.goto(link)
    expect_account(window, "back-link@example.com")

    window.goto(link)

    expect(window.get_by_role("heading", name="You are already signed in")).to_be_visible()


def test_two_attempts_in_two_tabs_each_find_their_own_way(
    linking_site: Site, new_page: NewPage
) -> None:
    first, phone = new_page(linking_site), new_page(linking_site)
    ask(first, "tab-a@example.com", "Email me a link")
    second = first.context.new_page()
    ask(second, "tab-b@example.com", "Email me a link")
    phone.goto(link_to(linking_site, "tab-a@example.com"))

    type_relay_code(first, relay_code_on(phone))
    expect_account(first, "tab-a@example.com")
    second.goto(link_to(linking_site, "tab-b@example.com"))

    expect_account(second, "tab-b@example.com")


def test_with_its_cookies_cleared_a_browser_begins_again(
    linking_site: Site, new_page: NewPage
) -> None:
    window = new_page(linking_site)
    ask(window, "cleared@example.com", "Email me a link")
    window.context.clear_cookies()
    window.goto(link_to(linking_site, "cleared@example.com"))
    relay_code_on(window)

    window.get_by_role("link", name="Sign in here instead").click()

    expect(window.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_code_without_state_begins_again_at_a_clean_address(page: Page) -> None:
    """WEB-07."""
    page.goto("/auth/callback?code=from-somewhere")

    expect(page.get_by_role("status")).to_contain_text("This sign-in did not start here")
    assert "code=" not in page.url

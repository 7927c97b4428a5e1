"""Journeys in a real Chromium, as people make them."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from app.auth.attempt import RESEND_AFTER
from tests.browser.conftest import mailbox
from tests.site import Site

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("Chromium")]

NewPage = Callable[..., Page]


def ask(page: Page, email: str, button: str) -> None:
    page.goto("/sign-in?next=/account")
    page.get_by_label("Email address").fill(email)
    page.get_by_role("button", name=button).click()


def newest_code(page: Page, site: Site) -> str:
    expect(page.get_by_role("heading", name="Enter the code")).to_be_visible()
    return str(mailbox(site)[0]["one_time_code"])


def code_in_mailbox(page: Page, site: Site) -> str:
    """Reads the newest code on the page of the mailbox, in another tab."""
    expect(page.get_by_role("heading", name="Enter the code")).to_be_visible()
    tab = page.context.new_page()
    tab.goto(f"{site.workos_url}/")
    code = tab.frame_locator("iframe").first.locator("strong").inner_text()
    tab.close()
    return code


def sign_in_by_code(
    page: Page, site: Site, email: str, read: Callable[[Page, Site], str] = newest_code
) -> None:
    ask(page, email, "Email me a code")
    page.get_by_label("Six-digit code").fill(read(page, site))
    page.get_by_role("button", name="Sign in").click()


def expect_account(page: Page, email: str) -> None:
    expect(page.get_by_role("heading", name="Your account")).to_be_visible()
    expect(page.get_by_text(email)).to_be_visible()


def link_to(site: Site, email: str) -> str:
    [links] = [mail["links"] for mail in mailbox(site) if mail["to"] == email]
    assert isinstance(links, list)
    return str(links[0])


def names_of_cookies(page: Page) -> set[str]:
    return {cookie["name"] for cookie in page.context.cookies()}


def test_a_code_read_in_the_mailbox_signs_in(page: Page, site: Site) -> None:
    sign_in_by_code(page, site, "code@example.com", code_in_mailbox)

    expect_account(page, "code@example.com")
    assert "/account" in page.url


def test_a_link_clicked_in_the_mailbox_signs_in(page: Page, site: Site) -> None:
    """AUT-01 as browsers do it: the Lax cookie comes along on the way back from another site."""
    ask(page, "link@example.com", "Email me a link")
    expect(page.get_by_role("heading", name="Check your email")).to_be_visible()
    page.goto(f"{site.workos_url}/")
    page.frame_locator("iframe").first.get_by_role("link", name="Sign in").click()

    expect_account(page, "link@example.com")
    assert "code=" not in page.url


def test_after_sign_out_the_session_is_over_at_workos_and_back_shows_no_account(
    page: Page, site: Site
) -> None:
    """WEB-08, SES-09, and WEB-04: under the strict policy for forms."""
    sign_in_by_code(page, site, "back@example.com")
    expect_account(page, "back@example.com")
    before = site.calls("/user_management/sessions/revoke")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()
    assert site.calls("/user_management/sessions/revoke") == before + 1
    assert names_of_cookies(page) == {"session", "signin-known-browser"}

    page.go_back()

    expect(page.get_by_text("back@example.com")).to_have_count(0)
    expect(page.get_by_role("heading", name="Your account")).to_have_count(0)


def test_a_browser_stays_known_after_sign_out_until_it_is_told_to_forget(
    new_page: NewPage, https_site: Site
) -> None:
    """LIM-10: Clear-Site-Data leaves the cookie, the button takes it."""
    page = new_page(https_site, ignore_https_errors=True)
    ask(page, "shared@example.com", "Email me a link")
    sign_in_by_code(page, https_site, "shared@example.com")
    expect_account(page, "shared@example.com")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()
    assert names_of_cookies(page) == {"__Host-session", "__Host-signin-known-browser"}

    page.get_by_role("button", name="Forget this browser").click()

    expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()
    expect(page.get_by_role("button", name="Forget this browser")).to_have_count(0)
    assert names_of_cookies(page) == {"__Host-session"}


def test_two_tabs_with_two_attempts_do_not_clobber_each_other(page: Page, site: Site) -> None:
    ask(page, "tab-one@example.com", "Email me a code")
    second = page.context.new_page()
    ask(second, "tab-two@example.com", "Email me a code")
    codes = {mail["to"]: str(mail["one_time_code"]) for mail in mailbox(site)}

    page.get_by_label("Six-digit code").fill(codes["tab-one@example.com"])
    page.get_by_role("button", name="Sign in").click()

    expect_account(page, "tab-one@example.com")


def test_a_wrong_code_keeps_the_page_and_points_to_the_field(page: Page) -> None:
    ask(page, "wrong@example.com", "Email me a code")
    page.get_by_label("Six-digit code").fill("000000")
    page.get_by_role("button", name="Sign in").click()

    expect(page.get_by_role("alert")).to_contain_text("That code is not right")
    field = page.get_by_label("Six-digit code")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description(re.compile("That code is not right .+ left."))
    expect(field).to_be_focused()
    expect(page.get_by_text("wrong@example.com")).to_be_visible()


def test_another_code_can_be_asked_for_after_the_cool_down(page: Page) -> None:
    ask(page, "again@example.com", "Email me a code")
    button = page.get_by_role("button", name="Email me a new code")
    expect(button).to_be_hidden()

    delays = page.evaluate("document.getAnimations().map(a => a.effect.getTiming().delay)")
    assert RESEND_AFTER * 1000 in delays
    waiting = page.get_by_text("Email me a new code in")
    expect(waiting).to_be_visible()
    before = page.locator(".resend").bounding_box()
    page.evaluate("document.getAnimations().forEach(animation => animation.finish())")

    expect(waiting).to_be_hidden()
    assert page.locator(".resend").bounding_box() == before
    button.click()
    expect(page.get_by_role("heading", name="Enter the code")).to_be_visible()


@pytest.mark.parametrize("way", ["code", "link"])
def test_everything_works_without_javascript(new_page: NewPage, site: Site, way: str) -> None:
    page = new_page(site, java_script_enabled=False)
    email = f"noscript-{way}@example.com"
    if way == "code":
        sign_in_by_code(page, site, email, code_in_mailbox)
    else:
        ask(page, email, "Email me a link")
        page.goto(link_to(site, email))

    expect_account(page, email)


def test_the_keyboard_is_enough(page: Page, site: Site) -> None:
    """A11Y-01."""
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.goto("/sign-in?next=/account")
    expect(page.get_by_label("Email address")).to_be_focused()
    page.keyboard.type("keys@example.com")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Enter the code")).to_be_visible()
    expect(page.get_by_label("Six-digit code")).to_be_focused()
    page.keyboard.type(str(mailbox(site)[0]["one_time_code"]))
    page.keyboard.press("Enter")
    expect_account(page, "keys@example.com")

    for _ in range(20):
        page.keyboard.press("Tab")
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid", page.evaluate("document.activeElement.outerHTML")
        if (
            page.evaluate("document.activeElement.innerText") == "Sign out"
            and page.evaluate("document.activeElement.tagName") == "BUTTON"
        ):
            break
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()


def test_another_session_is_seen_and_ended(page: Page, site: Site, new_page: NewPage) -> None:
    """SES-12."""
    other = new_page(site)
    for window in (other, page):
        ask(window, "both@example.com", "Email me a code")
        window.get_by_label("Six-digit code").fill(str(mailbox(site)[0]["one_time_code"]))
        window.get_by_role("button", name="Sign in").click()
        expect_account(window, "both@example.com")

    page.get_by_role("link", name="Where you are signed in").click()
    expect(page.get_by_role("listitem")).to_have_count(2)
    page.get_by_role("button", name="End this session").click()

    expect(page.get_by_role("listitem")).to_have_count(1)
    other.reload()
    expect(other.get_by_role("heading", name="Sign in")).to_be_visible()


def test_over_https_the_cookie_is_bound_and_forms_pass(new_page: NewPage, https_site: Site) -> None:
    """WEB-03, WEB-06, SES-01."""
    page = new_page(https_site, ignore_https_errors=True)
    sign_in_by_code(page, https_site, "tls@example.com")
    expect_account(page, "tls@example.com")

    assert names_of_cookies(page) == {
        "__Host-session",
        "__Host-signin-session",
        "__Host-signin-known-browser",
    }
    for cookie in page.context.cookies():
        assert (cookie["secure"], cookie["httpOnly"], cookie["sameSite"]) == (True, True, "Lax")
        assert (cookie["domain"], cookie["path"]) == ("localhost", "/")
    answer = page.goto("/account")
    assert answer
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()


def test_a_link_works_over_https(new_page: NewPage, https_site: Site) -> None:
    page = new_page(https_site, ignore_https_errors=True)
    ask(page, "tls-link@example.com", "Email me a link")
    page.goto(link_to(https_site, "tls-link@example.com"))

    expect_account(page, "tls-link@example.com")


def test_the_other_name_of_this_machine_leads_to_the_right_one(page: Page, site: Site) -> None:
    page.goto(f"http://127.0.0.1:{site.port}/sign-in")

    expect(page).to_have_url(f"{site.url}/sign-in")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()

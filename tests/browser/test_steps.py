"""What WorkOS asks in between, one thing after another, in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests
from playwright.sync_api import Page, expect

from tests.browser.conftest import mailbox
from tests.browser.looks import RULES, look_at
from tests.browser.test_second_factors import next_totp
from tests.site import Site
from tests.waiting import PATIENCE

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("Chromium")]

CHAIN, KEYS, BLOCKED = "chain@example.com", "keys@example.com", "blocked@example.com"
TABS, SWITCHING = "tabs@example.com", "switching@example.com"
ORGANIZATIONS = [{"id": "org_chain_1", "name": "Acme"}, {"id": "org_chain_2", "name": "Globex"}]


@pytest.fixture
def site(https_site: Site) -> Site:
    """The application over https, with a provider and hosted AuthKit."""
    return https_site


def set_at_workos(site: Site, control: str, **fields: Any) -> None:
    url = f"{site.workos_url}/_emulate/{control}"
    requests.post(url, json=fields, timeout=PATIENCE).raise_for_status()


def heading(page: Page, name: str) -> None:
    expect(page.get_by_role("heading", name=name)).to_be_visible()


def type_code(page: Page, code: object) -> None:
    page.get_by_label("Six-digit code").fill(str(code))
    page.get_by_role("button", name="Continue").click()


def back_and_reload(page: Page) -> None:
    """Goes to the page before, and on again to this one, which stands there as it was."""
    title, url = page.title(), page.url
    page.go_back()
    page.go_forward()
    page.reload()
    expect(page).to_have_title(title)
    assert page.url == url


def press(page: Page, name: str) -> None:
    """Goes from where the focus is to a button or a link, by Tab alone, and presses it."""
    wanted = page.locator("button:focus, a:focus").filter(has_text=name)
    while not wanted.count():
        page.keyboard.press("Tab")
        expect(page.locator(":focus")).to_be_visible()
    page.keyboard.press("Enter")


def type_in(page: Page, label: str, text: object) -> None:
    """Types into the field that has the focus as the page opens, and sends the form."""
    expect(page.get_by_label(label)).to_be_focused()
    page.keyboard.type(str(text))
    page.keyboard.press("Enter")


def test_the_longest_chain(new_page: Callable[..., Page], site: Site) -> None:
    """A11Y-01, AUT-15: a provider, an address, its code, an organization, a second factor.

    Back and reload on each page, and each is looked at.
    """
    page = new_page(site, ignore_https_errors=True)
    set_at_workos(site, "organizations", email=CHAIN, organizations=ORGANIZATIONS)
    set_at_workos(site, "second-factors", emails=[CHAIN])
    page.goto("/sign-in?next=/account")
    page.get_by_role("link", name="Continue with GitHub").click()
    page.get_by_role("button", name="Continue without an email address").click()

    heading(page, "Your email address")
    look_at(page, "an address", RULES)
    back_and_reload(page)
    page.get_by_label("Email address").fill(CHAIN)
    page.get_by_role("button", name="Continue").click()

    heading(page, "Confirm your email address")
    look_at(page, "its code", RULES)
    back_and_reload(page)
    type_code(page, "12")
    expect(page.get_by_role("alert")).to_contain_text("That code is not right")
    look_at(page, "a wrong code", RULES)
    type_code(page, mailbox(site)[0]["one_time_code"])

    heading(page, "Choose an organization")
    look_at(page, "an organization", RULES)
    page.goto("/auth/verify-email")  # not back: browsers ask before they send a wrong code again
    heading(page, "This step is done")
    page.get_by_role("link", name="Continue").click()
    back_and_reload(page)
    page.get_by_role("button", name="Globex").click()

    page.get_by_role("button", name="I have an app").click()
    key = page.locator(".key").inner_text()
    look_at(page, "an app", RULES)
    back_and_reload(page)
    assert page.locator(".key").inner_text() == key
    type_code(page, next_totp(site))
    heading(page, "Your account")
    expect(page.get_by_text(CHAIN)).to_be_visible()


def test_a_chain_by_keyboard_alone(new_page: Callable[..., Page], site: Site) -> None:
    """A11Y-01, WEB-03, WEB-04: without JavaScript, and no policy stops a form or a redirect."""
    page = new_page(site, ignore_https_errors=True, java_script_enabled=False)
    set_at_workos(site, "email-verification", email=KEYS, required=True)
    set_at_workos(site, "organizations", email=KEYS, organizations=ORGANIZATIONS)
    set_at_workos(site, "second-factors", emails=[KEYS])
    page.goto("/sign-in?next=/account")
    press(page, "Continue with GitHub")
    type_in(page, "Email", KEYS)

    heading(page, "Confirm your email address")
    type_in(page, "Six-digit code", mailbox(site)[0]["one_time_code"])
    heading(page, "Choose an organization")
    press(page, "Globex")
    heading(page, "Set up an authenticator app")
    press(page, "I have an app")
    expect(page.get_by_label("Six-digit code")).to_be_visible()  # so there is an app
    type_in(page, "Six-digit code", next_totp(site))

    heading(page, "Your account")
    expect(page.get_by_text(KEYS)).to_be_visible()


def test_two_tabs_in_each_step(new_page: Callable[..., Page], site: Site) -> None:
    """AUT-15: what one has done the other cannot do again, and is led to where they are by now."""
    page = new_page(site, ignore_https_errors=True)
    other = page.context.new_page()
    set_at_workos(site, "organizations", email=TABS, organizations=ORGANIZATIONS)
    set_at_workos(site, "second-factors", emails=[TABS])
    page.goto("/sign-in?next=/account")
    page.get_by_role("link", name="Continue with GitHub").click()
    page.get_by_role("button", name="Continue without an email address").click()

    def in_both(title: str, answer: Callable[[Page], None]) -> None:
        asked = page.get_by_role("heading", name=title, exact=True)
        expect(asked).to_be_visible()
        other.goto(page.url)
        answer(page)
        expect(asked).to_be_hidden()
        here = page.title()
        answer(other)
        heading(other, "This step is done")
        other.get_by_role("link", name="Continue").click()
        expect(other).to_have_title(here)

    def give_address(tab: Page) -> None:
        tab.get_by_label("Email address").fill(TABS)
        tab.get_by_role("button", name="Continue").click()

    in_both("Your email address", give_address)
    code = mailbox(site)[0]["one_time_code"]
    in_both("Confirm your email address", lambda tab: type_code(tab, code))
    in_both("Choose an organization", lambda tab: tab.get_by_role("button", name="Globex").click())
    page.get_by_role("button", name="I have an app").click()
    expect(page.get_by_label("Six-digit code")).to_be_visible()
    other.reload()
    expect(other.locator(".key")).to_have_text(page.locator(".key").inner_text())
    type_code(other, next_totp(site))
    heading(other, "Your account")
    page.reload()
    expect(page.get_by_role("heading", name="Your account")).to_be_hidden()
    page.goto("/account")
    heading(page, "Your account")


def test_somebody_switches_and_their_sessions_say_where_they_are(
    new_page: Callable[..., Page], site: Site
) -> None:
    """A11Y-01, WEB-04."""
    page = new_page(site, ignore_https_errors=True)
    set_at_workos(site, "organizations", email=SWITCHING, organizations=ORGANIZATIONS)
    page.goto("/auth/social/github?next=/account/organizations")
    page.get_by_label("Email").fill(SWITCHING)
    page.get_by_role("button", name="Continue", exact=True).click()
    page.get_by_role("button", name="Acme").click()
    heading(page, "Your organizations")
    page.get_by_role("button", name="Switch : Globex").click()

    expect(page.get_by_role("heading", name="Globex current")).to_be_visible()
    look_at(page, "organizations", RULES)
    page.goto("/account/sessions")
    expect(page.get_by_text("Organization: Globex")).to_be_visible()
    look_at(page, "sessions in organizations", RULES)


def test_after_a_form_the_policy_lets_people_on_to_hosted_authkit(
    new_page: Callable[..., Page], site: Site
) -> None:
    """WEB-04: without JavaScript."""
    page = new_page(site, ignore_https_errors=True, java_script_enabled=False)
    set_at_workos(site, "radar-challenges", email=BLOCKED, code="radar_sms_challenge")
    page.goto("/sign-in?next=/account")
    page.get_by_label("Email address").fill(BLOCKED)
    page.get_by_role("button", name="Email me a code").click()
    heading(page, "Enter the code")
    page.get_by_label("Six-digit code").fill(str(mailbox(site)[0]["one_time_code"]))
    page.get_by_role("button", name="Sign in").click()

    expect(page.get_by_text("hosted AuthKit")).to_be_visible()
    expect(page.get_by_label("Email")).to_have_value(BLOCKED)
    page.get_by_role("button", name="Continue", exact=True).click()
    heading(page, "Your account")

"""What WorkOS asks in between, one thing after another, in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests
from playwright.sync_api import Page, expect

from tests.browser.conftest import mailbox
from tests.browser.looks import RULES, bring_axe, look_at
from tests.browser.test_second_factors import next_totp
from tests.site import ONE_WORKER, Site, Sites
from tests.waiting import PATIENCE

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("steps")]

CHAIN, BLOCKED = "chain@example.com", "blocked@example.com"
ORGANIZATIONS = [{"id": "org_chain_1", "name": "Acme"}, {"id": "org_chain_2", "name": "Globex"}]


@pytest.fixture
def site(sites: Sites) -> Site:
    """The application over https, with a provider and hosted AuthKit."""
    return sites.get(ONE_WORKER | {"SIGN_IN_WITH": "magic_auth,authkit,github"}, https=True)


def set_at_workos(site: Site, control: str, **fields: Any) -> None:
    url = f"{site.workos_url}/_emulate/{control}"
    requests.post(url, json=fields, timeout=PATIENCE).raise_for_status()


def heading(page: Page, name: str) -> None:
    expect(page.get_by_role("heading", name=name)).to_be_visible()


def type_code(page: Page, code: object) -> None:
    page.get_by_label("Six-digit code").fill(str(code))
    page.get_by_role("button", name="Continue").click()


def test_the_longest_chain(new_page: Callable[..., Page], site: Site) -> None:
    """A11Y-01, AUT-15: a provider, an address, its code, an organization, a second factor."""
    page = new_page(site, ignore_https_errors=True)
    bring_axe(page)
    set_at_workos(site, "organizations", email=CHAIN, organizations=ORGANIZATIONS)
    set_at_workos(site, "second-factors", emails=[CHAIN])
    page.goto("/sign-in?next=/account")
    page.get_by_role("link", name="Continue with GitHub").click()
    page.get_by_role("button", name="Continue without an email address").click()

    heading(page, "Your email address")
    look_at(page, "an address", RULES)
    expect(page.get_by_label("Email address")).to_be_focused()
    page.get_by_label("Email address").fill(CHAIN)
    page.get_by_role("button", name="Continue").click()

    heading(page, "Confirm your email address")
    look_at(page, "its code", RULES)
    page.reload()
    expect(page.get_by_label("Six-digit code")).to_be_focused()
    type_code(page, "12")
    heading(page, "That code is not right")
    look_at(page, "a wrong code", RULES)
    type_code(page, mailbox(site)[0]["one_time_code"])

    heading(page, "Choose an organization")
    page.goto("/auth/verify-email")
    heading(page, "This step is done")
    page.get_by_role("link", name="Continue").click()
    page.get_by_role("button", name="Globex").click()

    page.get_by_role("button", name="I have an app").click()
    type_code(page, next_totp(site))
    heading(page, "Your account")
    expect(page.get_by_text(CHAIN)).to_be_visible()


def test_after_a_form_the_policy_lets_people_on_to_hosted_authkit(
    new_page: Callable[..., Page], site: Site
) -> None:
    """WEB-04: without JavaScript."""
    page = new_page(site, ignore_https_errors=True, java_script_enabled=False)
    set_at_workos(site, "radar-challenges", email=BLOCKED, code="radar_sms_challenge")
    page.goto("/sign-in?next=/account")
    page.get_by_label("Email address").fill(BLOCKED)
    page.get_by_role("button", name="Email me a code").click()
    page.get_by_label("Six-digit code").fill(str(mailbox(site)[0]["one_time_code"]))
    page.get_by_role("button", name="Sign in").click()

    expect(page.get_by_text("hosted AuthKit")).to_be_visible()
    expect(page.get_by_label("Email")).to_have_value(BLOCKED)
    page.get_by_role("button", name="Continue", exact=True).click()
    heading(page, "Your account")

"""Away to hosted AuthKit and back, in a real browser, where it is another site."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.looks import RULES, bring_axe, look_at
from tests.site import ONE_WORKER, Site, Sites

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("elsewhere")]


@pytest.fixture
def site(sites: Sites) -> Site:
    """The application over https, with hosted AuthKit."""
    return sites.get(ONE_WORKER | {"SIGN_IN_WITH": "magic_auth,authkit"}, https=True)


@pytest.fixture
def page(new_page: Callable[..., Page], site: Site) -> Page:
    """A window of a fresh browser."""
    return new_page(site, ignore_https_errors=True)


def test_somebody_signs_in_at_authkit_over_https(page: Page, site: Site) -> None:
    """WEB-03, WEB-04, A11Y-01: no policy of ours or of the other page stands in the way."""
    bring_axe(page)
    page.goto("/sign-in?next=/account")
    look_at(page, "sign-in", RULES)
    page.get_by_role("link", name="More ways to sign in").click()
    expect(page.get_by_text("hosted AuthKit")).to_be_visible()
    page.get_by_label("Email").fill("hosted@example.com")
    page.get_by_role("button", name="Continue").click()

    expect(page.get_by_role("heading", name="Your account")).to_be_visible()
    assert page.url == f"{site.url}/account"
    expect(page.get_by_text("hosted@example.com")).to_be_visible()
    page.go_back()
    expect(page.get_by_text("hosted AuthKit")).to_be_visible()


def test_who_says_no_there_can_start_again(page: Page) -> None:
    page.goto("/sign-in")
    page.get_by_role("link", name="More ways to sign in").click()
    page.get_by_role("button", name="Do not sign in").click()

    expect(page.get_by_role("heading", name="You are not signed in")).to_be_visible()
    page.get_by_role("link", name="Start again").click()
    expect(page.get_by_role("link", name="More ways to sign in")).to_be_visible()

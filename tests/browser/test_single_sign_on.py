"""To an organization's identity provider and back, in a real browser that has no scripts."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import requests
from playwright.sync_api import Page, expect

from tests.browser.looks import RULES, look_at
from tests.site import Site
from tests.waiting import PATIENCE

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("Chromium")]

BEA = "bea@acme.example"


@pytest.fixture
def site(https_site: Site) -> Site:
    """The application over https, with single sign-on beside codes, and somebody's organization."""
    connect(https_site, "Acme")
    return https_site


def connect(site: Site, name: str, **changes: object) -> None:
    body = {
        "id": f"conn_{name}",
        "name": name,
        "organization_id": "org_acme",
        "domains": {"acme.example": "verified"},
        **changes,
    }
    made = requests.post(f"{site.workos_url}/_emulate/connections", json=body, timeout=PATIENCE)
    assert made.status_code == 201, made.text


@pytest.fixture
def page(new_page: Callable[..., Page], site: Site) -> Page:
    """A window of a fresh browser, without scripts."""
    return new_page(site, ignore_https_errors=True, java_script_enabled=False)


@pytest.fixture
def seeing(new_page: Callable[..., Page], site: Site) -> Page:
    """A window of a browser that looks at its pages, for which it needs a script."""
    return new_page(site, ignore_https_errors=True)


def ask(page: Page, email: str = BEA) -> None:
    page.goto("/sign-in?next=/account")
    page.get_by_label("Email").fill(email)
    page.get_by_role("button", name="Use single sign-on").click()


def test_somebody_signs_in_at_their_organization_over_https(page: Page, site: Site) -> None:
    """WEB-03, WEB-04: a form, a page that moves on, WorkOS, a site with a button, and back."""
    ask(page)
    expect(page.get_by_text("The emulator plays the identity provider of Acme")).to_be_visible()
    expect(page.get_by_label("Email")).to_have_value(BEA)
    page.get_by_role("button", name="Continue").click()

    expect(page.get_by_role("heading", name="Your account")).to_be_visible()
    assert page.url == f"{site.url}/account"
    expect(page.get_by_text(BEA)).to_be_visible()


def test_begun_at_the_organization_it_starts_again_from_here(page: Page, site: Site) -> None:
    """WEB-03: two rounds of redirects, neither of which a policy stops."""
    connect(site, "Acme", allows_idp_initiated=False)
    page.goto(f"{site.workos_url}/_emulate/idp/conn_Acme")
    page.get_by_label("Email").fill(BEA)
    page.get_by_role("button", name="Begin here").click()
    page.get_by_label("Email").fill(BEA)
    page.get_by_role("button", name="Continue").click()

    page.wait_for_url(f"{site.url}/")
    page.goto("/account")
    expect(page.get_by_text(BEA)).to_be_visible()


def test_an_address_without_it_goes_on_with_a_code(seeing: Page) -> None:
    """A11Y-01."""
    ask(seeing, "ada@example.com")

    expect(seeing.get_by_role("heading", name="This address has no single sign-on")).to_be_visible()
    look_at(seeing, "no single sign-on", RULES)
    expect(seeing.get_by_text("GitHub", exact=True)).to_be_visible()  # short as on the first page
    seeing.get_by_role("button", name="Email me a code").click()
    expect(seeing.get_by_role("heading", name="Enter the code")).to_be_visible()
    expect(seeing.get_by_text("ada@example.com")).to_be_visible()


def test_who_has_to_use_it_is_led_there_after_the_code(seeing: Page, site: Site) -> None:
    """AUT-15, A11Y-01: what is offered is what is allowed; back and reload change nothing."""
    connect(site, "Lab")
    policy = {"organization_id": "org_acme", "auth_methods": {"google_oauth": True}}
    requests.post(f"{site.workos_url}/_emulate/policies", json=policy, timeout=PATIENCE)
    seeing.goto("/sign-in?next=/account")
    seeing.get_by_label("Email").fill(BEA)
    seeing.get_by_role("button", name="Email me a code").click()
    expect(seeing.get_by_role("heading", name="Enter the code")).to_be_visible()
    mail = requests.get(f"{site.workos_url}/_emulate/mailbox", timeout=PATIENCE).json()[0]
    seeing.get_by_label("Six-digit code").fill(mail["one_time_code"])
    seeing.get_by_role("button", name="Sign in").click()

    expect(seeing.get_by_role("heading", name="Choose how to sign in")).to_be_visible()
    look_at(seeing, "choose a method", RULES)
    seeing.get_by_role("button", name="Continue with Lab").click()
    expect(seeing.get_by_text("The emulator plays the identity provider of Acme")).to_be_visible()
    seeing.go_back()
    seeing.reload()
    seeing.get_by_role("button", name="Continue with Acme").click()
    seeing.get_by_role("button", name="Continue").click()
    expect(seeing.get_by_role("heading", name="Your account")).to_be_visible()

"""The pictures in docs/, which `make docs` draws anew."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import mailbox
from tests.browser.test_journeys import ask, link_to
from tests.conftest import ROOT
from tests.site import ONE_WORKER, OUR_MAIL, Site, Sites

pytestmark = [pytest.mark.e2e, pytest.mark.docs, pytest.mark.xdist_group("Chromium")]

PICTURES = ROOT / "docs/pictures"
SIZE = {"width": 960, "height": 720}
ADA = "ada@example.com"


@pytest.fixture
def site(sites: Sites) -> Site:
    """The application that mails itself, as `make run` starts it."""
    return sites.get(ONE_WORKER | OUR_MAIL)


@pytest.fixture
def draw(request: pytest.FixtureRequest) -> Callable[[Page, str], None]:
    """Draws the open page with --write-docs, or looks whether there is a picture of it."""

    def draw(page: Page, name: str) -> None:
        path = PICTURES / f"{name}.png"
        if request.config.getoption("--write-docs"):
            page.screenshot(path=path)
        assert path.exists(), f"{path.name} is missing: make docs"

    return draw


def test_every_picture_is_of_a_page_that_there_is(
    new_page: Callable[..., Page],
    site: Site,
    linking_site: Site,
    draw: Callable[[Page, str], None],
) -> None:
    site.forget_at_workos()
    page = new_page(site, viewport=SIZE)
    page.goto("/")
    draw(page, "home")
    page.goto("/sign-in")
    draw(page, "sign-in")
    window, phone = new_page(linking_site, viewport=SIZE), new_page(linking_site, viewport=SIZE)
    ask(window, ADA, "Email me a link")
    expect(window.get_by_role("heading", name="Check your email")).to_be_visible()
    draw(window, "sent")
    phone.goto(link_to(linking_site, ADA))
    expect(phone.get_by_role("heading", name="Type this code where you asked")).to_be_visible()
    draw(phone, "relay")
    ask(page, ADA, "Continue with email")
    expect(page.get_by_role("heading", name="Enter the code")).to_be_visible()
    draw(page, "verify")
    code = str(mailbox(site)[0]["one_time_code"])
    page.get_by_label("Six-digit code").fill("000000")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    draw(page, "verify-error")
    inbox = new_page(site, viewport=SIZE)
    inbox.goto(f"{site.workos_url}/")
    expect(inbox.frame_locator("iframe").first.get_by_text(code)).to_be_visible()
    draw(inbox, "mailbox")
    page.get_by_label("Six-digit code").fill(code)
    page.get_by_role("button", name="Sign in").click()
    for name, path, heading in (
        ("account", "/account", "Your account"),
        ("sessions", "/account/sessions", "Where you are signed in"),
        ("sign-out", "/auth/sign-out", "Sign out?"),
        ("session", "/development/session", "Session and tokens"),
        ("failures", "/development/failures", "Every failure"),
    ):
        expect(page.get_by_role("heading", name="Enter the code")).to_have_count(0)
        page.goto(path)
        expect(page.get_by_role("heading", name=heading)).to_be_visible()
        draw(page, name)
    stranger = new_page(site, viewport=SIZE)
    stranger.goto("/development/failures/state_used")
    draw(stranger, "failure")

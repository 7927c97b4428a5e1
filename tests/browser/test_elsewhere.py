"""Away to hosted AuthKit and back, in a real browser, where it is another site."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect
from werkzeug.serving import make_server

from tests.browser.looks import RULES, look_at
from tests.site import ONE_WORKER, PromptHandler, Site, Sites

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("Chromium")]

# With the names of their buttons, as the keyboard meets them after the email address.
DOORS = {
    "magic_auth": "Email me a code",
    "magic_link": "Email me a link",
    "google": "Continue with Google",
    "authkit": "More ways to sign in",
    "microsoft": "Continue with Microsoft",
    "github": "Continue with GitHub",
    "apple": "Continue with Apple",
}


@pytest.fixture
def site(sites: Sites) -> Site:
    """The application over https, with many doors, and the limit that it has by default."""
    settings = {"LIMIT_VERIFY_PER_VISITOR": "30 per minute", "SIGN_IN_WITH": ",".join(DOORS)}
    return sites.get(ONE_WORKER | settings, https=True)


@pytest.fixture
def page(new_page: Callable[..., Page], site: Site) -> Page:
    """A window of a fresh browser."""
    return new_page(site, ignore_https_errors=True)


def test_somebody_signs_in_at_authkit_over_https(page: Page, site: Site) -> None:
    """WEB-03, WEB-04, A11Y-01: no policy of ours or of the other page stands in the way."""
    page.goto("/sign-in?next=/account")
    look_at(page, "sign-in", RULES)
    page.get_by_role("link", name="More ways to sign in").click()
    expect(page.get_by_text("hosted AuthKit")).to_be_visible()
    look_at(page, "hosted AuthKit", RULES)
    page.get_by_label("Email").fill("hosted@example.com")
    page.get_by_role("button", name="Continue").click()

    expect(page.get_by_role("heading", name="Your account")).to_be_visible()
    assert page.url == f"{site.url}/account"
    expect(page.get_by_text("hosted@example.com")).to_be_visible()
    page.go_back()
    expect(page.get_by_text("hosted AuthKit")).to_be_visible()


def test_many_doors_are_calm_and_in_their_order(page: Page) -> None:
    """A11Y-01: one button stands out, and the keyboard goes through them as they are named."""
    page.goto("/sign-in")
    expect(page.get_by_label("Email address")).to_be_focused()
    for name in DOORS.values():
        page.keyboard.press("Tab")
        expect(page.locator(":focus")).to_have_accessible_name(name)

    main = page.get_by_role("main")
    expect(main.locator("button:not(.quiet), a.button:not(.quiet)")).to_have_text(
        ["Email me a code"]
    )
    page.set_viewport_size({"width": 390, "height": 800})
    widths = main.locator("button, a.button").evaluate_all("all => all.map(one => one.clientWidth)")
    assert len(set(widths)) == 2  # providers stand two by two, all else is as wide as the card
    whole = main.locator(".elsewhere").evaluate("one => one.clientWidth")
    assert whole == max(widths) + 2  # pixels of its border


def test_each_provider_leads_away_and_back_over_https(page: Page) -> None:
    """WEB-03, WEB-04: in one browser, one after the other."""
    for name in ("Google", "Microsoft", "Apple", "GitHub"):
        page.goto("/sign-in?next=/account&again=yes")
        page.get_by_role("link", name=f"Continue with {name}").click()
        expect(page.get_by_role("heading", name=name)).to_be_visible()
        page.get_by_label("Email").fill(f"{name.lower()}@example.com")
        page.get_by_role("button", name="Continue", exact=True).click()

        expect(page.get_by_role("heading", name="Your account")).to_be_visible()
        expect(page.get_by_text(f"{name.lower()}@example.com")).to_be_visible()
        page.get_by_text("For developers").click()
        expect(page.get_by_text(f"{name}OAuth")).to_be_visible()


def test_the_door_used_last_is_marked_until_the_browser_forgets(page: Page) -> None:
    """A11Y-01: the mark is part of the button's name."""
    page.goto("/auth/social/github")
    page.get_by_label("Email").fill("hosted@example.com")
    page.get_by_role("button", name="Continue", exact=True).click()
    page.goto("/auth/sign-out")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="You are signed out", exact=True)).to_be_visible()
    page.goto("/sign-in")
    expect(page.get_by_role("link", name="Continue with GitHub Last used")).to_be_visible()
    look_at(page, "sign-in, last used", RULES)

    page.goto("/auth/sign-out")
    page.get_by_role("button", name="Forget this browser").click()
    page.goto("/sign-in")
    expect(page.get_by_text("Last used")).to_be_hidden()


def test_signing_out_leads_by_the_logout_page_and_back_over_https(page: Page, site: Site) -> None:
    """SES-07, WEB-03, WEB-04: the form ends at a page of ours, which moves on by itself."""
    page.goto("/auth/authkit?next=/account")
    page.get_by_label("Email").fill("leaving@example.com")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Sign out").click()

    expect(page.get_by_role("heading", name="You are signed out", exact=True)).to_be_visible()
    assert page.url == f"{site.url}/auth/sign-out"
    page.goto("/auth/authkit")
    expect(page.get_by_text("hosted AuthKit")).to_be_visible()


def test_an_impersonation_begins_at_the_dashboard_and_stops_with_a_button(
    page: Page, site: Site
) -> None:
    """AUT-23, A11Y-01."""
    page.goto(f"{site.workos_url}/_emulate/impersonation")
    page.get_by_label("Who", exact=True).fill("lost@example.com")
    page.get_by_role("button", name="Impersonate", exact=True).click()

    banner = page.get_by_role("region", name="Impersonation")
    expect(banner).to_contain_text("support@example.com is signed in as lost@example.com")
    expect(banner).to_contain_text("Reason: Ticket 7")
    page.goto("/account")
    look_at(page, "an account, impersonated", RULES)
    banner.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("heading", name="You are signed out", exact=True)).to_be_visible()


def test_who_says_no_there_can_start_again(page: Page) -> None:
    page.goto("/sign-in")
    page.get_by_role("link", name="More ways to sign in").click()
    page.get_by_role("button", name="Do not sign in").click()

    expect(page.get_by_role("heading", name="You are not signed in")).to_be_visible()
    page.get_by_role("link", name="Start again").click()
    expect(page.get_by_role("link", name="More ways to sign in")).to_be_visible()


def test_a_page_full_of_images_uses_up_nothing_of_its_readers(page: Page, site: Site) -> None:
    """LIM-01: any web page could have them, and a whole network shares the limit."""
    images = "".join(f'<img src="{site.url}/auth/authkit?{number}">' for number in range(31))
    with elsewhere(f"<h1>Kittens</h1>{images}") as address:
        page.goto(address)  # returns when all images have their answers

    page.goto("/auth/authkit")

    expect(page.get_by_text("hosted AuthKit")).to_be_visible()


@contextmanager
def elsewhere(html: str) -> Iterator[str]:
    """Serves a page of another site."""

    def page(_: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        start_response("200 OK", [("Content-Type", "text/html")])
        return [html.encode()]

    server = make_server("127.0.0.1", 0, page, request_handler=PromptHandler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()

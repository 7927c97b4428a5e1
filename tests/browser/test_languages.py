"""Each language fits where the screen is narrow."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from app.web.language import languages
from tests.browser.test_journeys import ask, newest_code
from tests.site import Site

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("Chromium")]

NARROW = 390  # pixels, of many phones
PATHS = ("/account", "/account/sessions", "/account/security", "/sign-in?again=yes", "/language")
# What is wider than its place: words that are cut off, or lie over others.
CUT_OFF = """() => [...document.querySelectorAll("h1, h2, button, .button, label, nav a, footer a")]
    .filter(one => one.checkVisibility() && one.scrollWidth > Math.ceil(one.clientWidth) + 1)
    .filter(one => getComputedStyle(one).display != "inline")
    .map(one => one.outerHTML)"""


def test_no_word_is_cut_off_on_a_phone(page: Page, site: Site) -> None:
    page.set_viewport_size({"width": NARROW, "height": 800})

    def look_in_each_language(path: str = "") -> None:
        for tag, locale in languages().items():
            choice = {"name": "signin-language", "value": tag, "url": site.url}
            page.context.add_cookies([choice])  # type: ignore[list-item] # a TypedDict
            page.goto(path or page.url)
            assert page.locator("html").get_attribute("lang") == tag
            assert page.locator("html").get_attribute("dir") == locale.text_direction
            assert page.evaluate("document.documentElement.scrollWidth") <= NARROW, (tag, path)
            assert page.evaluate(CUT_OFF) == [], (tag, path)
        page.context.clear_cookies(name="signin-language")

    for path in ("/", "/sign-in", "/nowhere", "/auth/callback", "/auth/sign-out"):
        look_in_each_language(path)
    ask(page, "narrow@example.com", "Email me a code")
    code = newest_code(page, site)
    look_in_each_language()
    page.goto("/auth/magic-auth/verify")
    page.get_by_label("Six-digit code").fill(code)
    page.get_by_role("button", name="Sign in").click()
    for path in PATHS:
        look_in_each_language(path)

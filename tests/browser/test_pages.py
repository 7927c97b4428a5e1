"""Every page, judged by axe and by the browser itself, in light and dark, wide and narrow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
import requests
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from app.failures import EXPLANATIONS
from tests.attack.conftest import Site
from tests.browser.conftest import mailbox
from tests.browser.test_journeys import ask

pytestmark = pytest.mark.e2e

LOOKS = {
    "wide, light": {"viewport": {"width": 1200, "height": 800}, "color_scheme": "light"},
    "wide, dark": {"viewport": {"width": 1200, "height": 800}, "color_scheme": "dark"},
    "narrow, light": {"viewport": {"width": 390, "height": 800}, "color_scheme": "light"},
    "narrow, dark": {"viewport": {"width": 390, "height": 800}, "color_scheme": "dark"},
}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def walk(page: Page, site: Site, email: str) -> Iterator[str]:
    """Opens each kind of page in turn, and says its name."""
    for name, path in (
        ("home", "/"),
        ("sign-in", "/sign-in"),
        ("signed-out", "/auth/sign-out"),
        ("not-found", "/nowhere"),
        ("incomplete link", "/auth/callback"),
        ("foreign link", "/auth/callback?code=a&state=b"),
        ("no state", "/auth/callback?code=a"),
        ("refused link", "/auth/callback?error=access_denied"),
        ("lost attempt", "/auth/magic-auth/verify"),
    ):
        page.goto(path)
        yield name
    ask(page, "nonsense", "E-mail me a code")
    yield "sign-in with an error"
    ask(page, email, "E-mail me a link")
    yield "sent"
    yield from _with_workos_down(page, site, email)
    ask(page, email, "E-mail me a code")
    yield "verify"
    page.get_by_label("Six-digit code").fill("000000")
    page.get_by_role("button", name="Sign in").click()
    yield "verify with an error"
    page.get_by_label("Six-digit code").fill(str(mailbox(site)[0]["one_time_code"]))
    page.get_by_role("button", name="Sign in").click()
    yield "account"
    for name, path in (
        ("signed-in home", "/"),
        ("sessions", "/account/sessions"),
        ("sign-out", "/auth/sign-out"),
        ("sign in again", "/sign-in?again=yes"),
        ("gallery", "/development/failures"),
        ("session and tokens", "/development/session"),
        ("signed-in failure", "/auth/callback?code=a"),
    ):
        page.goto(path)
        yield name


def walk_ours(page: Page, site: Site, email: str) -> Iterator[str]:
    """The same for the pages of our own link."""
    ask(page, email, "E-mail me a link")
    yield "sent"
    page.get_by_label("Code shown by the link").fill("000000")
    page.get_by_role("button", name="Sign in").click()
    yield "sent with an error"
    link = str(mailbox(site)[0]["links"][0])  # type: ignore[index] # a list, as documented
    page.context.clear_cookies()
    page.goto(link)
    yield "relay"
    page.goto(link + "x")
    yield "broken link"


def _with_workos_down(page: Page, site: Site, email: str) -> Iterator[str]:
    hooks = f"{site.workos_url}/_emulate/hooks"
    hook = {"method": "POST", "path": "/user_management/magic_auth", "status": 503, "count": 1}
    requests.post(hooks, json=hook, timeout=5)
    ask(page, email, "E-mail me a code")
    yield "WorkOS down"
    requests.delete(hooks, timeout=5)


@pytest.mark.parametrize("look", LOOKS)
def test_no_page_has_an_accessibility_finding_or_scrolls_sideways(
    new_page: Callable[..., Page], site: Site, mailing_site: Site, look: str
) -> None:
    """A11Y-01, WEB-04, WEB-16."""
    email = f"{look.replace(', ', '-')}@example.com"
    for where, way in ((site, walk), (mailing_site, walk_ours)):
        page = new_page(where, **LOOKS[look])
        judge(page, where, way(page, where, email), look)


def judge(page: Page, site: Site, names: Iterator[str], look: str) -> None:
    origins: set[str] = set()
    page.on("request", lambda request: origins.add(urlsplit(request.url).netloc))
    axe = Axe()
    for name in names:
        result = axe.run(page, options={"runOnly": RULES})
        assert result.violations_count == 0, f"{name}: {result.generate_report()}"
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= LOOKS[look]["viewport"]["width"], name  # type: ignore[index] # a size

    assert origins == {urlsplit(site.url).netloc}


def test_every_page_of_the_gallery_is_accessible(new_page: Callable[..., Page], site: Site) -> None:
    """A11Y-01: each failure there is, as people meet it."""
    page, axe = new_page(site), Axe()
    for code in EXPLANATIONS:
        page.goto(f"/development/failures/{code}")
        result = axe.run(page, options={"runOnly": RULES})
        assert result.violations_count == 0, f"{code}: {result.generate_report()}"

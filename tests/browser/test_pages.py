"""Every page, judged by axe and by the browser itself, in light and dark, wide and narrow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
import requests
from playwright.sync_api import Page, expect

from app.failures import every_failure
from tests.browser.conftest import mailbox
from tests.browser.looks import LOOKS, RULES, Look, look_at
from tests.browser.test_journeys import ask
from tests.site import Site
from tests.waiting import PATIENCE

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("Chromium")]


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
    ask(page, "nonsense", "Email me a code")
    yield "sign-in with an error"
    ask(page, email, "Email me a link")
    yield "sent"
    yield from _with_workos_down(page, site, email)
    ask(page, email, "Email me a code")
    yield "verify"
    page.get_by_label("Six-digit code").fill("000000")
    page.get_by_role("button", name="Sign in").click()
    yield "verify with an error"
    yield opened(page, "/development/journey")
    page.goto("/auth/magic-auth/verify")
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
        ("what just happened", "/development/journey"),
        ("signed-in failure", "/auth/callback?code=a"),
    ):
        page.goto(path)
        yield name
    page.goto("/auth/sign-out")
    page.get_by_role("button", name="Sign out").last.click()
    yield "signed out of a known browser"


def opened(page: Page, path: str) -> str:
    """Opens a page, and returns its name."""
    page.goto(path)
    return path


def walk_ours(page: Page, site: Site, email: str) -> Iterator[str]:
    """The same for the pages of our own link."""
    ask(page, email, "Email me a link")
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


def walk_button(page: Page, site: Site, email: str) -> Iterator[str]:
    """The same for those of the button beside a code."""
    page.goto("/sign-in")
    yield "sign-in with one button"
    ask(page, email, "Continue with email")
    yield "verify with a button in the mail"
    link = str(mailbox(site)[0]["links"][0])  # type: ignore[index] # a list, as documented
    page.context.clear_cookies()
    page.goto(link)
    expect(page.get_by_role("heading", name="Type the code where you asked")).to_be_visible()
    yield "where it was asked"


def _with_workos_down(page: Page, site: Site, email: str) -> Iterator[str]:
    hooks = f"{site.workos_url}/_emulate/hooks"
    hook = {"method": "POST", "path": "/user_management/magic_auth", "status": 503, "count": 1}
    requests.post(hooks, json=hook, timeout=PATIENCE)
    ask(page, email, "Email me a code")
    yield "WorkOS down"
    requests.delete(hooks, timeout=PATIENCE)


def test_no_page_has_an_accessibility_finding_or_scrolls_sideways(
    new_page: Callable[..., Page], site: Site
) -> None:
    """A11Y-01, WEB-04, WEB-16."""
    page = new_page(site)
    judge(page, site, walk(page, site, "judged@example.com"))


def test_neither_has_a_page_of_our_own_link(
    new_page: Callable[..., Page], linking_site: Site
) -> None:
    """A11Y-01, WEB-04, WEB-16."""
    page = new_page(linking_site)
    judge(page, linking_site, walk_ours(page, linking_site, "judged@example.com"))


def test_neither_has_a_page_of_the_button_beside_a_code(
    new_page: Callable[..., Page], mailing_site: Site
) -> None:
    """A11Y-01, WEB-04, WEB-16."""
    page = new_page(mailing_site)
    judge(page, mailing_site, walk_button(page, mailing_site, "judged@example.com"))


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_every_page_of_the_gallery_is_accessible(
    new_page: Callable[..., Page], site: Site, look: Look
) -> None:
    """A11Y-01: each failure there is, as people meet it; each in one look, all looks among them."""
    page = new_page(site)
    page.goto("/")
    names = [kind.name() for kind in every_failure()]
    for code in names[LOOKS.index(look) :: len(LOOKS)]:
        answer = requests.get(f"{site.url}/development/failures/{code}", timeout=PATIENCE)
        page.set_content(answer.text)  # as goto would, but axe need not be compiled again
        look_at(page, code, RULES, (look,))


def judge(page: Page, site: Site, names: Iterator[str]) -> None:
    """Looks at each page in both schemes and widths, and at where its parts come from."""
    origins: set[str] = set()
    page.on("request", lambda request: origins.add(urlsplit(request.url).netloc))
    for name in names:
        look_at(page, name, RULES)

    assert origins == {urlsplit(site.url).netloc}

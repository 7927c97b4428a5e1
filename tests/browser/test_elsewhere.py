"""Away to hosted AuthKit and back, in a real browser, where it is another site."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect
from werkzeug.serving import make_server

from tests.browser.looks import RULES, bring_axe, look_at
from tests.site import ONE_WORKER, PromptHandler, Site, Sites

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("elsewhere")]


@pytest.fixture
def site(sites: Sites) -> Site:
    """The application over https, with hosted AuthKit, and the limit that it has by default."""
    limit = {"LIMIT_VERIFY_PER_VISITOR": "30 per minute"}
    return sites.get(ONE_WORKER | limit | {"SIGN_IN_WITH": "magic_auth,authkit"}, https=True)


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

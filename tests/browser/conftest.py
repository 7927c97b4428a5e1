"""A real Chromium, the real application under gunicorn, and the emulator."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from typing import TypedDict, Unpack

import pytest
import requests
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Error,
    Page,
    ViewportSize,
    expect,
    sync_playwright,
)

from tests.site import ONE_WORKER, OUR_MAIL, Site, Sites
from tests.waiting import PATIENCE

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
ARGUMENTS = [
    "--no-sandbox",  # as root, as in a container
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
MANY_DOORS = {"SIGN_IN_WITH": "magic_auth,magic_link,authkit,sso,google,github"}
MOST_IDLE = 4  # windows kept open for the next test: each takes memory
USUAL: ViewportSize = {"width": 1280, "height": 720}


class Options(TypedDict, total=False):
    """What makes one browser differ from another; Playwright's names."""

    base_url: str
    device_scale_factor: float
    ignore_https_errors: bool
    java_script_enabled: bool


expect.set_options(timeout=PATIENCE * 1000)


class Chromium:
    """The browser that the tests of one process share: started when first asked for, or crashed."""

    def __init__(self) -> None:
        self._closing = ExitStack()
        self._browser: Browser | None = None
        self._idle: dict[BrowserContext, Options] = {}  # with what each was made
        self.complaints: list[str] = []  # of all that are open: see the fixture

    def get(self) -> Browser:
        """Returns the running browser, or skips the test and says why."""
        path = next(filter(None, map(shutil.which, NAMES)), None)
        if path is None:
            pytest.skip("Chromium is not installed")
        if self._browser is None or not self._browser.is_connected():
            self.close()
            playwright = self._closing.enter_context(sync_playwright())
            self._browser = playwright.chromium.launch(
                executable_path=path, args=ARGUMENTS, timeout=PATIENCE * 1000
            )
        return self._browser

    def lend(self, options: Options) -> BrowserContext:
        """Returns a browser with these options that knows nobody, and one window of it."""
        browser = self.get()
        for one, made_with in self._idle.items():
            if made_with == options:
                del self._idle[one]
                return one
        context = browser.new_context(**options)
        context.set_default_timeout(PATIENCE * 1000)
        context.on("page", lambda page: watch(page, self.complaints))
        context.new_page()
        return context

    def take_back(self, context: BrowserContext, options: Options) -> None:
        """Lets it forget everything, for the next test: a new one takes most of a second."""
        with suppress(Error, ValueError):  # it has crashed, or its test has closed its windows
            page, *others = context.pages
            for other in others:
                other.close()
            page.goto("about:blank")  # where no page of a site notices what follows
            page.set_viewport_size(USUAL)
            page.emulate_media(color_scheme="null", reduced_motion="null", forced_colors="null")
            context.clear_cookies()
            self._idle[context] = options
        open_ones = [*self._idle][-MOST_IDLE:]
        for one in {context, *self._idle} - {*open_ones}:
            self._idle.pop(one, None)
            with suppress(Error):
                one.close()

    def close(self) -> None:
        """Ends it."""
        self._idle.clear()
        if self._browser is not None:
            self._browser.close()
            self._browser = None
        self._closing.close()


@pytest.fixture(scope="session")
def shared_chromium(sites: Sites) -> Iterator[Chromium]:
    """Where the one browser of this process is; not started yet.

    It ends before the sites do, which would wait for its idle connections.
    """
    shared = Chromium()
    yield shared
    shared.close()


@pytest.fixture
def chromium(shared_chromium: Chromium) -> Browser:
    """A real browser."""
    return shared_chromium.get()


@pytest.fixture
def site(sites: Sites) -> Site:
    """The application over http, as in development."""
    return sites.get(ONE_WORKER)


@pytest.fixture
def mailing_site(sites: Sites) -> Site:
    """The application that mails itself."""
    return sites.get(ONE_WORKER | OUR_MAIL)


@pytest.fixture
def linking_site(sites: Sites) -> Site:
    """The application that mails links itself, and no codes: there a code's mail has a button."""
    return sites.get(ONE_WORKER | OUR_MAIL | {"SIGN_IN_WITH": "magic_link"})


@pytest.fixture
def https_site(sites: Sites) -> Site:
    """The application over https, as in production, with doors that lead elsewhere, too."""
    return sites.get(ONE_WORKER | MANY_DOORS, https=True)


@pytest.fixture
def new_page(shared_chromium: Chromium) -> Iterator[Callable[..., Page]]:
    """Opens windows of browsers that know nothing of each other.

    What one of them complains about fails the test.
    """
    contexts: dict[BrowserContext, Options] = {}
    shared_chromium.complaints.clear()

    def make(site: Site, *, viewport: ViewportSize = USUAL, **options: Unpack[Options]) -> Page:
        options["base_url"] = site.url
        context = shared_chromium.lend(options)
        contexts[context] = options
        [page] = context.pages
        page.set_viewport_size(viewport)
        return page

    yield make
    found = list(shared_chromium.complaints)
    for context, options in contexts.items():
        shared_chromium.take_back(context, options)
    assert found == []


@pytest.fixture
def page(new_page: Callable[..., Page], site: Site) -> Page:
    """A window of a fresh browser, for the site over http."""
    return new_page(site)


def watch(page: Page, complaints: list[str]) -> None:
    """Collects errors of the page: a broken policy, a script, a style sheet that is refused."""

    def on_console(message: object) -> None:
        text = str(getattr(message, "text", message))
        is_about_status = text.startswith("Failed to load resource")  # a page with a 4xx, as meant
        if getattr(message, "type", "") == "error" and not is_about_status:
            complaints.append(text)

    page.on("console", on_console)
    page.on("pageerror", lambda error: complaints.append(str(error)))


def mailbox(site: Site) -> list[dict[str, object]]:
    """Returns all mail, newest first."""
    answer = requests.get(f"{site.workos_url}/_emulate/mailbox", timeout=PATIENCE)
    mails: list[dict[str, object]] = answer.json()
    return mails

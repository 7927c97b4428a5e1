"""A real Chromium, the real application under gunicorn, and the emulator."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator

import pytest
import requests
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.attack.conftest import Site, running_site
from tests.browser.certificate import make_certificate

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
SETTINGS = {"LIMIT_SEND_PER_ADDRESS": "100 per minute", "WEB_CONCURRENCY": "1"}


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The browser, or a skip that says why."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip("Chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The application over http, as in development."""
    with running_site(tmp_path_factory.mktemp("site"), **SETTINGS) as site:
        yield site


@pytest.fixture(scope="session")
def mailing_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The application that mails itself."""
    directory = tmp_path_factory.mktemp("mailing")
    with running_site(directory, EMAIL_DELIVERY="smtp", **SETTINGS) as site:
        yield site


@pytest.fixture(scope="session")
def https_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The application over https, as in production."""
    directory = tmp_path_factory.mktemp("https")
    certificate, key = make_certificate(directory)
    with running_site(directory, certificate=certificate, key=key, **SETTINGS) as site:
        yield site


@pytest.fixture
def complaints() -> Iterator[list[str]]:
    """What the browser complained about, which fails the test when there is anything."""
    found: list[str] = []
    yield found
    assert found == []


@pytest.fixture
def new_page(chromium: Browser, complaints: list[str]) -> Iterator[Callable[..., Page]]:
    """Opens windows of browsers that know nothing of each other."""
    contexts: list[BrowserContext] = []

    def make(site: Site, **options: object) -> Page:
        context = chromium.new_context(base_url=site.url, **options)  # type: ignore[arg-type] # Playwright's own options
        context.set_default_timeout(10_000)
        context.on("page", lambda page: watch(page, complaints))
        contexts.append(context)
        return context.new_page()

    yield make
    for context in contexts:
        context.close()


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
    answer = requests.get(f"{site.workos_url}/_emulate/mailbox", timeout=5)
    mails: list[dict[str, object]] = answer.json()
    return mails

"""The most thorough scanner there is: a real browser, where this machine has one."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING

from .scan_report import Step

if TYPE_CHECKING:  # Playwright takes long to load, and few scans need it.
    from playwright.sync_api import Page, Response

IS_INSTALLED = find_spec("playwright") is not None  # the extra "chromium" of this package
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
TIMEOUT = 10_000  # milliseconds for one page


def executable() -> str | None:
    """Returns where Chromium is, or None unless both it and Playwright are here."""
    return next(filter(None, map(shutil.which, NAMES)), None) if IS_INSTALLED else None


def submit_everything(path: str, link: str, *, most_forms: int) -> list[Step]:
    """Opens the link, runs its scripts, and submits the first form of each page it leads to."""
    from playwright.sync_api import Error

    steps: list[Step] = []

    def note(answer: "Response") -> None:
        if answer.request.is_navigation_request():
            steps.append(Step.of(answer.request.method, answer.url, str(answer.status)))

    with _new_page(path) as page:
        page.on("response", note)
        try:
            page.goto(link)
            for _ in range(most_forms):
                if not page.locator("form").count():
                    break
                with page.expect_navigation():
                    page.evaluate("document.forms[0].submit()")
        except Error as error:
            steps.append(Step.of("GET", link, type(error).__name__))
    return steps


@contextmanager
def _new_page(path: str) -> "Iterator[Page]":
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        page = browser.new_page()
        page.set_default_timeout(TIMEOUT)
        yield page
        browser.close()

"""The most thorough scanner there is: a real browser, where this machine has one."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from .scan_report import Step

try:
    from playwright.sync_api import Error, Page, Response, sync_playwright
except ImportError:  # the extra "chromium" of this package
    IS_INSTALLED = False
else:
    IS_INSTALLED = True

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
TIMEOUT = 10_000  # milliseconds for one page


def executable() -> str | None:
    """Returns where Chromium is, or None unless both it and Playwright are here."""
    return next(filter(None, map(shutil.which, NAMES)), None) if IS_INSTALLED else None


def submit_everything(path: str, link: str, *, most_forms: int) -> list[Step]:
    """Opens the link, runs its scripts, and submits the first form of each page it leads to."""
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
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        page = browser.new_page()
        page.set_default_timeout(TIMEOUT)
        yield page
        browser.close()

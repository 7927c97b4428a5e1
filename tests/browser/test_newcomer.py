"""From nothing to signed in, counted: what README promises to people with five minutes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.clone import Running
from tests.waiting import PATIENCE

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.server,
    pytest.mark.docs,
    pytest.mark.xdist_group("make run"),
]

COMMANDS = ("git clone", "cd", "make run")  # the fixture `running` stands where these lead to


@dataclass
class Newcomer:
    """Somebody with a browser, whose every action is counted."""

    page: Page
    addresses: int = 0
    clicks: int = 0
    fields: int = 0

    def open(self, page: Page, url: str) -> None:
        """Opens an address that the terminal shows."""
        page.goto(url)
        self.addresses += 1

    def click(self, what: Locator) -> None:
        """Clicks."""
        what.click()
        self.clicks += 1

    def type(self, where: Locator, text: str) -> None:
        """Types into a field."""
        where.fill(text)
        self.fields += 1


def test_from_nothing_to_signed_in(
    running: Running,  # the fixture
    chromium: Browser,
    generated: Callable[[str, str, str], None],
) -> None:
    context = chromium.new_context()
    context.set_default_timeout(PATIENCE * 1000)
    page, mailbox = context.new_page(), context.new_page()
    newcomer = Newcomer(page)
    newcomer.open(page, running.url)
    newcomer.click(page.get_by_role("main").get_by_role("link", name="Sign in"))
    newcomer.type(page.get_by_label("Email address"), "ada@example.com")
    newcomer.click(page.get_by_role("button", name="Continue with email"))
    newcomer.open(mailbox, running.mailbox_url)
    code = mailbox.get_by_role("heading", level=2).first.inner_text().split()[0]
    newcomer.type(page.get_by_label("Six-digit code"), code)
    newcomer.click(page.get_by_role("button", name="Sign in"))
    expect(page.get_by_role("heading", name="You are signed in")).to_be_visible()
    context.close()

    commands = f"{len(COMMANDS)} commands (`{'`, `'.join(COMMANDS)}`)"
    browser = (
        f"{newcomer.addresses} addresses to open, {newcomer.clicks} clicks, and "
        f"{newcomer.fields} fields to type into"
    )
    text = f"From nothing to signed in: {commands}, {browser}.\nNo account, no key, no mail.\n"
    generated("README.md", "newcomer", text)

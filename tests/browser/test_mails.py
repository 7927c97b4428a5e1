"""How our mails look: in Chromium, in light and dark, wide and narrow."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.attack.conftest import Site
from tests.browser.conftest import mailbox
from tests.browser.test_journeys import ask
from tests.browser.test_pages import LOOKS, RULES

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("look", LOOKS)
def test_a_mail_is_readable_and_fits(
    new_page: Callable[..., Page], mailing_site: Site, look: str
) -> None:
    page = new_page(mailing_site, **LOOKS[look])
    email = f"{'long' * 10}.{look.replace(', ', '-')}@example.com"
    for button in ("E-mail me a code", "E-mail me a link"):
        ask(page, email, button)
        mail = mailbox(mailing_site)[0]
        assert mail["to"] == email
        page.goto("about:blank")
        page.set_content(str(mail["html"]))

        # Not the best practices: those are for pages, with landmarks.
        result = Axe().run(page, options={"runOnly": [rule for rule in RULES if "wcag" in rule]})
        assert result.violations_count == 0, result.generate_report()
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= LOOKS[look]["viewport"]["width"]  # type: ignore[index] # a size
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (ground == "rgb(33, 33, 33)") == look.endswith("dark")


def test_a_mail_loads_nothing(new_page: Callable[..., Page], mailing_site: Site) -> None:
    """WEB-16: no picture that tells the sender when it was read."""
    page = new_page(mailing_site)
    ask(page, "loads@example.com", "E-mail me a link")
    asked: list[str] = []
    html = str(mailbox(mailing_site)[0]["html"])
    page.goto("about:blank")
    page.on("request", lambda request: asked.append(request.url))
    page.set_content(html)

    assert asked == []

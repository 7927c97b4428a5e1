"""How our mails look: in Chromium, in light and dark, wide and narrow."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import mailbox
from tests.browser.looks import LOOKS, RULES, look_at, take_on
from tests.browser.test_journeys import ask
from tests.site import Site

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("Chromium")]


@pytest.mark.parametrize(
    ("mailing", "button"),
    [("mailing_site", "Continue with email"), ("linking_site", "Email me a link")],
)
def test_a_mail_is_readable_and_fits(
    new_page: Callable[..., Page], request: pytest.FixtureRequest, mailing: str, button: str
) -> None:
    site: Site = request.getfixturevalue(mailing)
    page = new_page(site)
    email = f"{'long' * 10}.mail@example.com"
    ask(page, email, button)
    mail = mailbox(site)[0]
    assert mail["to"] == email
    page.goto("about:blank")
    page.set_content(str(mail["html"]))

    # Not the best practices: those are for pages, with landmarks.
    look_at(page, button, [rule for rule in RULES if "wcag" in rule])
    for look in LOOKS:
        take_on(page, look)
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (ground == "rgb(16, 18, 23)") == ("dark" in look)


def test_a_mail_loads_nothing(new_page: Callable[..., Page], mailing_site: Site) -> None:
    """WEB-16: no picture that tells the sender when it was read."""
    page = new_page(mailing_site)
    ask(page, "loads@example.com", "Continue with email")
    asked: list[str] = []
    html = str(mailbox(mailing_site)[0]["html"])
    page.goto("about:blank")
    page.on("request", lambda request: asked.append(request.url))
    page.set_content(html)

    assert asked == []

"""Mail scanners against both deliveries, over real sockets, and then the person."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import requests

from tests.site import ONE_WORKER, OUR_MAIL, Browser, Site, Sites
from tests.waiting import PATIENCE
from workos_emulator.scan_report import LEVELS

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("Chromium")]

DELIVERIES = {"workos": "WorkOS's mail", "smtp": "Our mail"}


@pytest.fixture
def deliveries(sites: Sites) -> dict[str, Site]:
    """The application with each delivery."""
    return {"workos": sites.get(ONE_WORKER), "smtp": sites.get(ONE_WORKER | OUR_MAIL)}


def let_loose(browser: Browser, email: str, level: str) -> list[dict[str, str]]:
    """Has the mailbox play the scanner on the newest mail to this address."""
    mail = browser.mail_to(email)
    url = f"{browser.site.workos_url}/_emulate/mailbox/{mail['id']}/scan"
    answer = requests.post(url, json={"level": level}, timeout=PATIENCE)
    assert answer.status_code == 201, answer.text
    steps: list[dict[str, str]] = answer.json()["steps"]
    return steps


def outcome(site: Site, level: str) -> str:
    """Asks for a link, lets the scanner loose, comes back as the person; says how it ends."""
    browser = Browser(site)
    email = f"{level}@example.com"
    before = site.calls("/sso/token")
    assert browser.post("/auth/magic-link", email=email).status_code == 303
    link = browser.mail_to(email)["links"][0]

    steps = let_loose(browser, email, level)

    # Nobody has been signed in, for nothing was exchanged, and every visit was answered clearly.
    assert site.calls("/sso/token") == before
    assert not browser.is_signed_in()
    assert {step["outcome"][0] for step in steps} <= set("234")
    further_mails = browser.mails_to(email) - 1
    page = browser.http.get(link, timeout=PATIENCE).text
    if browser.is_signed_in():
        assert further_mails == 0
        browser.http.close()
        return "Nothing happens. The person opens the link and is signed in."
    assert "Email me a code instead" in page
    assert browser.post("/auth/magic-auth", email=email).status_code == 303
    code = browser.mail_to(email)["one_time_code"]
    assert browser.post("/auth/magic-auth/verify", one_time_code=code).status_code == 303
    assert browser.is_signed_in()
    browser.http.close()
    extra = " It also makes us send a code, to the same address." if further_mails else ""
    return f"The link is used up.{extra} The person is offered a code, and signs in with it."


@pytest.mark.docs
def test_what_each_scanner_does_to_each_delivery(
    deliveries: dict[str, Site], generated: Callable[[str, str, str], None]
) -> None:
    """SES-19, AUT-05, AUT-06: all six combinations, as docs/magic-link.md shows them."""
    heads = ["The scanner", *DELIVERIES.values()]
    rows = [
        [LEVELS[level], *(outcome(deliveries[delivery], level) for delivery in DELIVERIES)]
        for level in LEVELS
    ]

    lines = [f"| {' | '.join(row)} |" for row in (heads, ["---"] * len(heads), *rows)]
    generated("docs/magic-link.md", "outcomes", "\n".join(lines) + "\n")


def test_a_scanner_uses_up_neither_the_code_nor_the_button_beside_it(
    deliveries: dict[str, Site],
) -> None:
    """AUT-05: it is told where to type the code, which is all that another browser is told."""
    site, email = deliveries["smtp"], "code@example.com"
    browser = Browser(site)
    browser.post("/auth/magic-auth", email=email)
    before = site.calls("/user_management/authenticate")

    steps = let_loose(browser, email, "submit")

    assert [step["outcome"] for step in steps] == ["200"]
    assert site.calls("/user_management/authenticate") == before
    browser.http.get(browser.mail_to(email)["links"][0], timeout=PATIENCE)
    assert browser.is_signed_in()
    browser.http.close()

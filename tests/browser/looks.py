"""How a page looks: judged by axe and by its width, in light and dark, wide and narrow."""

from __future__ import annotations

from typing import Literal

from axe_playwright_python.base import AxeResults
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

Look = tuple[int, Literal["light", "dark"]]  # the width, and the scheme
NARROWEST = 320  # pixels; also what is left of 640 at 200 % (WCAG 2.2, 1.4.10)
# Those of ours, by WCAG 2.5.5; pages of others, such as the emulator's, have buttons of their own.
TOO_SMALL = """() => [...document.querySelectorAll("main button, main .button")]
    .filter(one => document.querySelector("link[href$='signin/style.css']"))
    .filter(one => one.checkVisibility() && one.getBoundingClientRect().height < 44)
    .map(one => one.outerHTML)"""
LOOKS: tuple[Look, ...] = ((1200, "light"), (1200, "dark"), (390, "light"), (390, "dark"))
BOTH = (LOOKS[0], LOOKS[-1])  # each width and each scheme once: what axe finds depends on either
AXE = Axe().axe_script
# Nothing where the document has no axe yet.
JUDGE = "options => window.axe ? axe.run(options).then(({violations}) => violations) : null"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def look_at(page: Page, name: str, rules: list[str], looks: tuple[Look, ...] = BOTH) -> None:
    """Fails for what is wrong with the open page in these looks, by axe and by its width."""
    # What is right need not come along: describing it takes longer than finding it.
    options = {"runOnly": rules, "resultTypes": ["violations"]}
    for look in looks:
        take_on(page, look)
        while (violations := page.evaluate(JUDGE, options)) is None:
            page.evaluate(AXE)
        report = AxeResults({"violations": violations}).generate_report() if violations else ""
        assert not violations, f"{name}, {look}: {report}"
        assert page.evaluate("document.documentElement.scrollWidth") <= look[0], (name, look)
    page.set_viewport_size({"width": NARROWEST, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROWEST, name
    assert page.evaluate(TOO_SMALL) == [], f"{name}: buttons that a finger misses"


def take_on(page: Page, look: Look) -> None:
    """Shows the open page in this look."""
    width, scheme = look
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=scheme)

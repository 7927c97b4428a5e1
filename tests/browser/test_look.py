"""What only a browser can tell of how pages look: what fits, what moves, what has the focus."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import mailbox
from tests.browser.test_journeys import ask, expect_account
from tests.site import Site

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("Chromium")]

SHIFTS = """() => new Promise(done => {
    const add = (sum, one) => sum + one.value;
    new PerformanceObserver(list => done(list.getEntries().reduce(add, 0)))
        .observe({type: "layout-shift", buffered: true});
    setTimeout(() => done(0), 200);
})"""
# Chromium and Lighthouse say 0 below this. On a slow machine a page comes in pieces, and the box
# around a centred line grows with its words though none of them moves.
NO_SHIFT = 0.001


def test_the_code_field_is_as_wide_as_its_digits_and_takes_what_is_pasted(
    page: Page, site: Site
) -> None:
    """A11Y-01: with what fills it in by itself."""
    ask(page, "paste@example.com", "Email me a code")
    field = page.get_by_label("Six-digit code")
    expect(field).to_be_focused()
    expect(field).to_have_attribute("inputmode", "numeric")
    expect(field).to_have_attribute("autocomplete", "one-time-code")
    code = str(mailbox(site)[0]["one_time_code"])
    field.fill(code)
    assert field.evaluate("one => one.scrollWidth <= one.clientWidth")
    digit = field.evaluate("one => (one.value += '0', one.scrollWidth - one.clientWidth)")
    assert digit > 0  # so there is room for six, and for no seventh

    field.fill("")
    field.press_sequentially(f" {code[:3]} - {code[3:]} ")
    page.keyboard.press("Enter")

    expect_account(page, "paste@example.com")


def test_nothing_moves_while_a_page_comes_and_the_wait_runs_out(page: Page) -> None:
    page.goto("/sign-in")
    assert page.evaluate(SHIFTS) < NO_SHIFT
    ask(page, "still@example.com", "Email me a code")
    expect(page.get_by_text("Email me a new code in")).to_be_visible()
    page.evaluate("document.getAnimations().forEach(animation => animation.finish())")
    expect(page.get_by_role("button", name="Email me a new code")).to_be_visible()

    assert page.evaluate(SHIFTS) < NO_SHIFT


def test_who_wants_no_motion_sees_no_number_run(page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    ask(page, "calm@example.com", "Email me a code")

    expect(page.get_by_text("Email me a new code").first).to_be_visible()
    expect(page.locator(".counting")).to_be_hidden()
    expect(page.get_by_role("button", name="Email me a new code")).to_be_hidden()


def test_on_a_phone_a_shadow_says_where_the_drawn_journey_goes_on(
    new_page: Callable[..., Page], site: Site
) -> None:
    """Otherwise it looks cut off, as a phone shows no scroll bar."""
    page = new_page(site, viewport={"width": 390, "height": 844})
    ask(page, "drawn@example.com", "Email me a code")
    page.goto("/development/journey")
    drawn = page.get_by_role("region", name="Diagram")
    box = drawn.bounding_box()
    assert box

    def edges() -> tuple[bytes, bytes]:
        """Returns what is seen of both, above all that is drawn there."""
        y, left, right = box["y"] + 1, box["x"] + 1, box["x"] + box["width"] - 5
        return (
            page.screenshot(clip={"x": left, "y": y, "width": 4, "height": 4}),
            page.screenshot(clip={"x": right, "y": y, "width": 4, "height": 4}),
        )

    paper, shadow = edges()
    assert shadow != paper
    drawn.evaluate("one => one.scrollLeft = one.scrollWidth")
    left, right = edges()
    assert left != paper
    assert right == paper


def test_in_forced_colours_buttons_and_fields_keep_their_edges(page: Page) -> None:
    page.emulate_media(forced_colors="active")
    page.goto("/sign-in")

    for one in page.locator("main button, main input:not([type=hidden])").all():
        edge = one.evaluate("one => [getComputedStyle(one).borderTopStyle, one.clientTop]")
        assert edge == ["solid", 1]

"""README's moving picture: a sign-in in a real browser, beside what the application notes of it."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import mailbox
from tests.development.journeys import untimed
from tests.machine import ROOT
from tests.site import Site

FILE = ROOT / "docs/pictures/signing-in.svg"

WINDOW = {"width": 390, "height": 711}  # of the browser, in pixels
SCREEN = (340, 620)  # and in the picture
WIDTH, HEIGHT = 1160, 640
LEFT = 356  # of the diagram, after the browser
CUT = 24  # of the diagram, which has room there for times
PAUSE, ROW = 2.0, 0.45  # seconds that a page, and that a row is waited for
ROW_IN_SVG = re.compile(r"<g class=.*?</g>\n", re.S)
Y = re.compile(r'\by1?="(\d+)"')


@dataclass(frozen=True)
class Scene:
    """What the browser shows, and how many rows the diagram has then."""

    picture: bytes
    rows: int


@pytest.mark.e2e
@pytest.mark.xdist_group("Chromium")
@pytest.mark.docs
def test_the_moving_picture_is_made_in_a_real_browser(
    new_page: Callable[..., Page], site: Site, pytestconfig: pytest.Config, tmp_path: Path
) -> None:
    """No two machines draw a page alike, so it is not held to what it shows."""
    file = FILE if pytestconfig.getoption("--write-docs") else tmp_path / FILE.name
    page = new_page(site, viewport=WINDOW, device_scale_factor=1.5)
    scenes: list[Scene] = []

    def show() -> None:
        scenes.append(Scene(page.screenshot(), len(ROW_IN_SVG.findall(drawn(page)))))

    page.goto("/sign-in?next=/account")
    page.get_by_label("Email address").fill("ada@example.com")
    scenes.append(Scene(page.screenshot(), 0))
    page.get_by_role("button", name="Email me a code").click()
    code = page.get_by_label("Six-digit code")
    expect(code).to_be_visible()
    show()
    code.fill(str(mailbox(site)[0]["one_time_code"]))
    show()
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/account")
    show()

    write(file, scenes, untimed(drawn(page)))
    assert file.stat().st_size > 100_000  # bytes, or the pages are missing


def drawn(page: Page) -> str:
    """Returns the diagram so far, as the page of what just happened offers it."""
    request = page.context.request
    shown = request.get("/development/journey").text()
    found = re.search(r'"(/development/journey/\w+\.svg)"', shown)
    assert found
    return request.get(found[1]).text()


def write(file: Path, scenes: list[Scene], svg: str) -> None:
    """Puts pages and rows together: each appears at its second, and all again in the next round."""
    rows = ROW_IN_SVG.findall(svg)
    styles = re.search(r"<style>\n(.*?)@media", svg, re.S)
    head = svg[svg.index("</style>") + len("</style>") : svg.index("<g class=")]
    assert styles
    now, shown, pages, appear = 0.0, 0, [], [0.0] * len(rows)
    for scene in scenes:
        for number in range(shown, scene.rows):
            appear[number] = now
            now += ROW
        shown = scene.rows
        pages.append(now)
        now += PAUSE
    lasts = now + 2 * PAUSE
    css = [styles[1].strip(), "svg { background: #ffffff; }"]
    body: list[str] = []
    width, height = SCREEN
    for number, (scene, at) in enumerate(zip(scenes, pages, strict=True)):
        css.append(appearing(f"p{number}", at, lasts))
        body.append(
            f'<image class="p{number}" x="8" y="10" width="{width}" height="{height}" '
            f'href="data:image/png;base64,{b64encode(scene.picture).decode()}"/>'
        )
    body.append(
        f'<rect x="8" y="10" width="{SCREEN[0]}" height="{SCREEN[1]}" rx="6" class="edge"/>'
    )
    body.append(f'<svg x="{LEFT}" width="{WIDTH - LEFT}" height="{HEIGHT}">')
    body.append(f'<g class="journey"><g class="scroll"><g transform="translate(-{CUT})">{head}')
    for number, (row, at) in enumerate(zip(rows, appear, strict=True)):
        css.append(appearing(f"r{number}", at, lasts))
        body.append(f'<g class="r{number}">\n{row}</g>')
    names = "".join(re.findall(r'<text class="name".*\n', head))
    body.append(f'</g></g><rect class="cover" width="{WIDTH}" height="30"/>')
    body.append(f'<g transform="translate(-{CUT})">{names}</g></g></svg>')
    css.append(".edge { fill: none; stroke: #b8bdc9; }\n.journey .cover { stroke: none; }")
    css.append(scrolling(list(zip(appear, map(bottom, rows), strict=True)), lasts))
    css.append("@media (prefers-reduced-motion: reduce) { * { animation: none !important; } }")
    file.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-labelledby="t">\n'
        '<title id="t">Signing in with a code by email, and what happens meanwhile</title>\n'
        f"<style>\n{chr(10).join(css)}\n</style>\n{chr(10).join(body)}\n</svg>\n"
    )


def bottom(row: str) -> int:
    """Returns where a row ends."""
    return max(map(int, Y.findall(row)))


def appearing(name: str, at: float, lasts: float) -> str:
    """Returns the styles of what is there from this second on."""
    begins = 100 * at / lasts
    if not begins:
        return ""
    return (
        f".{name} {{ animation: {name} {lasts:.1f}s infinite; }}\n"
        f"@keyframes {name} {{ 0%, {begins:.2f}% {{ opacity: 0; }} "
        f"{begins + 1:.2f}%, 100% {{ opacity: 1; }} }}"
    )


def scrolling(bottoms: list[tuple[float, int]], lasts: float) -> str:
    """Returns the styles that keep the newest row in sight."""
    steps = [
        f"{100 * at / lasts:.2f}% {{ transform: translateY({up(y)}px); }}" for at, y in bottoms
    ]
    return (
        f".scroll {{ animation: scroll {lasts:.1f}s infinite; }}\n"
        f"@keyframes scroll {{ 0% {{ transform: none; }} {' '.join(steps)} "
        f"100% {{ transform: translateY({up(bottoms[-1][1])}px); }} }}"
    )


def up(y: int) -> int:
    return min(0, HEIGHT - 60 - y)

"""How the site looks: its colours, what browsers read of them, and how large a first page is."""

from __future__ import annotations

import re
from itertools import product

import pytest

from scripts.look import CSS, ICON, brand, contrast, written
from tests.conftest import ROOT
from tests.walk import Visitor

COLOURS = brand(ROOT).colours
GROUNDS = ("bg", "card")
# WCAG 2.2, 1.4.3: text; 1.4.11: what shows where a field or a button is.
TEXT, SHAPE = 4.5, 3.0
PAIRS = [
    *((ink, ground, TEXT) for ink, ground in product(("text", "text_light", "accent"), GROUNDS)),
    *((ink, "accent_bg", TEXT) for ink in ("text", "text_light", "accent")),
    *((ink, "danger_bg", TEXT) for ink in ("text", "danger")),
    ("danger", "card", TEXT),
    ("on_accent", "accent", TEXT),
    *(("field", ground, SHAPE) for ground in GROUNDS),
]
MOST = 20_000  # bytes of a first page with everything, uncompressed


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("ink", "ground", "least"), PAIRS)
def test_the_colours_have_enough_contrast(scheme: str, ink: str, ground: str, least: float) -> None:
    """A11Y-01: change templates/auth/_brand.html until this holds."""
    colours = COLOURS[scheme]

    assert contrast(colours[ink], colours[ground]) >= least


@pytest.mark.parametrize(
    ("one", "other", "ratio"), [("#000000", "#ffffff", 21), ("#767676", "#ffffff", 4.54)]
)
def test_contrast_is_what_others_make_of_it(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == contrast(other, one) == pytest.approx(ratio, abs=0.005)


def test_both_schemes_have_the_same_colours() -> None:
    assert COLOURS["light"].keys() == COLOURS["dark"].keys()


@pytest.mark.docs
def test_what_browsers_read_is_written_from_the_brand(request: pytest.FixtureRequest) -> None:
    for path, text in written(ROOT).items():
        if request.config.getoption("--write-docs"):
            (ROOT / path).write_text(text)
        assert (ROOT / path).read_text() == text, f"{path} is out of date: make docs"


def test_no_colour_stands_anywhere_else() -> None:
    for name in ("static/base.css", "static/signin/style.css", "templates/base.html"):
        assert re.findall(r"#[0-9a-f]{3,8}\b", (ROOT / name).read_text()) == []
    for path in ROOT.glob("templates/mail/*"):
        assert re.findall(r"#[0-9a-f]{6}\b", path.read_text()) == []


def test_every_custom_property_is_one_of_the_tokens() -> None:
    tokens = set(re.findall(r"(--[\w-]+):", (ROOT / CSS).read_text()))

    for path in ("static/base.css", "static/signin/style.css"):
        css = (ROOT / path).read_text()
        own = set(re.findall(r"(--[\w-]+):", css))
        assert set(re.findall(r"var\((--[\w-]+)\)", css)) <= tokens | own, path


@pytest.mark.parametrize("path", ["/", "/sign-in"])
def test_a_first_page_with_everything_is_small_and_says_what_it_is(
    visitor: Visitor, path: str
) -> None:
    page = visitor.get(path).text
    parts = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
    size = len(page.encode())
    for part in set(parts):
        with visitor.get(part) as response:
            size += len(response.get_data())
            assert response.cache_control.max_age == 3600
            assert response.headers["ETag"]

    assert f"/{ICON}" in parts
    assert size < MOST
    assert "<script" not in page
    assert '<html lang="en" dir="ltr">' in page
    assert re.search(r"<title>[^<]+ · [^<]+</title>", page)
    assert re.search(r'<meta name="description" content="[^"]{20,}">', page)
    assert '<meta name="viewport" content="width=device-width, initial-scale=1">' in page
    assert parts.count("/static/signin/style.css") == 1

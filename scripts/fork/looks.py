"""Gives the project another colour and another mark."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from .. import look
from .tree import ForkError, Tree

BRAND = f"templates/{look.BRAND}"
READABLE = 4.5  # WCAG 2.2, 1.4.3
STEP = 0.02  # of the way to black or white, until it can be read
MOST = 4_000  # bytes of a mark, which every first page loads
WHITE, BLACK = "#ffffff", "#000000"
RUNS = re.compile(r"<script|<foreignobject|\bon\w+\s*=|(?:href|src)\s*=\s*[\"'](?!#)|@import", re.I)


def colour_from(asked: str) -> str:
    """Returns the colour with six digits; raises ForkError."""
    if not re.fullmatch(r"#(?:[0-9a-fA-F]{3}){1,2}", asked):
        raise ForkError("COLOUR is written as in CSS, with three or six digits: #0a7 or #00aa77.")
    digits = asked[1:].lower()
    return f"#{digits if len(digits) == 6 else ''.join(digit * 2 for digit in digits)}"


def mark_from(path: Path) -> str:
    """Returns the SVG in this file; raises ForkError, also for what browsers would refuse."""
    try:
        svg = path.read_text()
    except (OSError, UnicodeError) as error:
        raise ForkError(f"LOGO cannot be read: {error}") from None
    if "<svg" not in svg or "viewBox" not in svg:
        raise ForkError("LOGO has to be an SVG with a viewBox, as square as an icon.")
    if len(svg.encode()) > MOST:
        raise ForkError(f"LOGO has {len(svg.encode()):,} bytes, and may have {MOST:,}.")
    if found := RUNS.search(svg):
        raise ForkError(f"LOGO must not run or load anything, and has {found[0]!r}.")
    return svg


def recolour(tree: Tree, wanted: str) -> Iterator[str]:
    """Makes buttons, links and tints of this colour, or of the nearest that can be read."""
    text = tree.read(BRAND)
    colours = look.brand(tree.root).colours
    for scheme, towards in (("light", BLACK), ("dark", WHITE)):
        others = colours[scheme]
        changed = _changed(wanted, towards, others["card"], others["bg"])
        before, begin, rest = text.partition(f'"{scheme}": {{')
        block, end, after = rest.partition("}")
        for name, value in changed.items():
            block = re.sub(rf'"{name}": "#[0-9a-f]{{6}}"', f'"{name}": "{value}"', block)
        text = f"{before}{begin}{block}{end}{after}"
        if (accent := changed["accent"]) != wanted:
            way = "pale" if scheme == "light" else "dark"
            yield f"{wanted} is too {way} to be read where pages are {scheme}: there it is {accent}."
    tree.write(BRAND, text)


def _changed(wanted: str, towards: str, card: str, bg: str) -> dict[str, str]:
    share = 0.0
    while True:
        accent = _mixed(wanted, towards, share)
        # Beside white, white text is what can be read on whatever can be read on white.
        text = WHITE if towards == BLACK else _mixed(accent, BLACK, 0.85)
        tint = _mixed(accent, card, 0.92 if towards == BLACK else 0.84)
        if all(look.contrast(accent, other) >= READABLE for other in (card, bg, tint, text)):
            return {"accent": accent, "on_accent": text, "accent_bg": tint}
        share += STEP


def _mixed(colour: str, other: str, share: float) -> str:
    both = ((int(one[at : at + 2], 16) for one in (colour, other)) for at in (1, 3, 5))
    return "#" + "".join(f"{round(mine + (its - mine) * share):02x}" for mine, its in both)

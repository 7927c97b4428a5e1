"""Plots for the page, as SVG that is legible on light and on dark."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from html import escape
from itertools import pairwise

from bench.table import seconds

Points = Sequence[tuple[float, float]]

WIDTH, HEIGHT = 760, 380
LEFT, RIGHT, TOP, BOTTOM = 76, 210, 52, 56  # pixels around the plot itself
LINE = 16  # pixels between two labels
BAR, LABELS = 30, 330  # how high a bar is, and how wide what stands before it
# Lines are told apart by dashes and by their names, too.
STYLE = """
svg { font: 13px system-ui, sans-serif; --paper: #ffffff; --text: #1b1f27; --quiet: #59606e;
  --grid: #d9dce2; --one: #0a5fb4; --two: #b3470f; --three: #5f6672; }
@media (prefers-color-scheme: dark) { svg { --paper: #14171d; --text: #e8eaee; --quiet: #a5acb9;
  --grid: #343a46; --one: #7db8ff; --two: #ffb07a; --three: #b4bac6; } }
.paper { fill: var(--paper); } text { fill: var(--text); } .quiet { fill: var(--quiet); }
.title { font-size: 15px; font-weight: 600; }
.end { text-anchor: end; } .middle { text-anchor: middle; }
.grid { stroke: var(--grid); } polyline { fill: none; stroke-width: 2.2; stroke-linejoin: round; }
.s0 { stroke: var(--one); } .t0 { fill: var(--one); }
.s1 { stroke: var(--two); stroke-dasharray: 7 3; } .t1 { fill: var(--two); }
.s2 { stroke: var(--three); stroke-dasharray: 2 3; } .t2 { fill: var(--three); }
.dot { stroke-width: 5; stroke-linecap: round; stroke-dasharray: none; }
"""


def lines(title: str, across: str, upwards: str, series: Mapping[str, Points]) -> str:
    """Returns lines over two logarithmic axes, each named at its end; `upwards` is in seconds."""
    xs = sorted({x for points in series.values() for x, _ in points})
    ys = [y for points in series.values() for _, y in points]
    low, high = min(ys) / 2, max(ys) * 2
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM

    def at(x: float) -> float:
        return LEFT + (right - LEFT) * _share(x, xs[0], xs[-1])

    def height(y: float) -> float:
        return bottom - (bottom - TOP) * _share(y, low, high)

    parts = [
        _text(12, 24, title, "title"),
        _text(12, TOP - 8, upwards, "quiet"),
        _text((LEFT + right) / 2, HEIGHT - 12, across, "quiet middle"),
    ]
    for tick in _ticks(low, high):
        parts.append(f'<path class="grid" d="M{LEFT} {height(tick):.1f}H{right}"/>')
        parts.append(_text(LEFT - 8, height(tick) + 4, seconds([tick]), "end"))
    taken = -math.inf
    for x in xs:
        if at(x) - taken > 52:
            parts.append(_text(at(x), bottom + 20, f"{x:,.0f}", "middle"))
            taken = at(x)
    ends = _apart([height(points[-1][1]) for points in series.values()])
    for number, (name, points) in enumerate(series.items()):
        path = " ".join(f"{at(x):.1f},{height(y):.1f}" for x, y in points)
        parts.append(f'<polyline class="s{number}" points="{path}"/>')
        parts += [
            f'<path class="s{number} dot" d="M{at(x):.1f} {height(y):.1f}h0"/>' for x, y in points
        ]
        parts.append(_text(right + 12, ends[number] + 4, name, f"t{number}"))
    return _svg(title, HEIGHT, parts)


def bars(title: str, times: Mapping[str, Sequence[float]]) -> str:
    """Returns a bar for each median of these seconds, with its name before and its time behind."""
    longest = max(statistics.median(one) for one in times.values())
    parts = [_text(12, 24, title, "title")]
    for number, (name, one) in enumerate(times.items()):
        y = 44 + number * BAR
        width = (WIDTH - LABELS - 90) * statistics.median(one) / longest
        parts.append(_text(LABELS - 12, y + 15, name, "end"))
        colour = "t0" if name.startswith("This") else "t2"
        parts.append(
            f'<rect class="{colour}" x="{LABELS}" y="{y}" width="{width:.1f}" height="20"/>'
        )
        parts.append(_text(LABELS + width + 8, y + 15, seconds(one)))
    return _svg(title, 54 + len(times) * BAR, parts)


def _share(value: float, low: float, high: float) -> float:
    return math.log(value / low) / math.log(high / low) if high > low else 0.5


def _ticks(low: float, high: float) -> list[float]:
    """Returns round numbers, each about two or three times the one before."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    found = [step * 10.0**decade for decade in decades for step in (1, 2, 5)]
    return [tick for tick in found if low <= tick <= high]


def _apart(heights: list[float]) -> list[float]:
    """Returns where labels go that belong at these heights, so that none covers another."""
    order = sorted(range(len(heights)), key=heights.__getitem__)
    placed = list(heights)
    for above, below in pairwise(order):
        placed[below] = max(placed[below], placed[above] + LINE)
    return placed


def _text(x: float, y: float, text: str, kind: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}">{escape(text)}</text>'


def _svg(title: str, height: int, parts: Sequence[str]) -> str:
    body = "\n".join(parts)
    size = f'width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-labelledby="t">\n'
        f'<title id="t">{escape(title)}</title>\n<style>{STYLE}</style>\n'
        f'<rect class="paper" width="{WIDTH}" height="{height}"/>\n{body}\n</svg>\n'
    )

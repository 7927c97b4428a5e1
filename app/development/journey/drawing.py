"""Lays the rows of a story out as a sequence diagram, which journey.svg in templates/ draws."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from .story import APPLICATION, LIFELINES, Row

# Pixels. The gaps hold the longest paths that are usual; longer ones go on in a second line.
GAPS = {"Browser": 96, "Application": 226, "WorkOS": 256, "Mail": 170}  # to the lifeline before
MARGIN = 96
TOP = 44
LINE = 16
LETTER = 6.3  # the width of an average one, at the size in journey.css
PADDING = 6
NOTE = 280  # the width of a note
PAUSE = 18  # between two exchanges


@dataclass(frozen=True)
class Drawn:
    """A row in its place: `y` is that of its arrow, or of its box's upper edge."""

    row: Row
    lines: tuple[str, ...]
    x: int
    to: int
    y: int
    height: int

    @property
    def line_ys(self) -> list[tuple[str, int]]:
        """Its lines of text, each with its baseline."""
        size = LINE * (len(self.lines) - 1)
        first = self.y + LINE + 2 if self.is_note else self.y - PADDING - size
        return [(text, first + LINE * number) for number, text in enumerate(self.lines)]

    @property
    def is_note(self) -> bool:
        """Whether it is a box, and no arrow."""
        return self.row.source == self.row.target

    @property
    def box_height(self) -> int:
        """How high the box of a note is."""
        return self.height - 2 * PADDING

    @property
    def head(self) -> str:
        """The points of the arrow's head."""
        back = 7 if self.x < self.to else -7
        return f"{self.to},{self.y} {self.to - back},{self.y - 4} {self.to - back},{self.y + 4}"


@dataclass(frozen=True)
class Drawing:
    """A whole diagram."""

    lifelines: dict[str, int]  # their places
    rows: tuple[Drawn, ...]
    width: int
    height: int


def draw(rows: Iterable[Row]) -> Drawing:
    """Returns the diagram of these rows, with the lifelines that they need."""
    told = list(rows)
    used = {APPLICATION, *(row.source for row in told), *(row.target for row in told)}
    places: dict[str, int] = {}
    x = 0
    for name in LIFELINES:
        if name in used:
            x += GAPS[name] if places else MARGIN
            places[name] = x
    drawn, y = [], TOP
    for row in told:
        one = _drawn(row, places, y)
        drawn.append(one)
        y += one.height
    return Drawing(places, tuple(drawn), x + MARGIN, y + PAUSE)


def _drawn(row: Row, places: dict[str, int], top: int) -> Drawn:
    x, to = places[row.source], places[row.target]
    is_note = x == to
    room = NOTE if is_note else abs(to - x)
    took = "" if row.ms is None else f" · {row.ms} ms"
    texts = (f"{row.lines[0]}{took}", *row.lines[1:])
    most = int((room - 2 * PADDING) / LETTER)
    lines = tuple(line for text in texts for line in _wrapped(text, most))
    size = LINE * len(lines)
    if is_note:
        half = NOTE // 2
        return Drawn(row, lines, x - half, x + half, top + PADDING, size + 4 * PADDING)
    pause = PAUSE if row.after is not None else 0
    return Drawn(row, lines, x, to, top + pause + size + PADDING, pause + size + 2 * PADDING)


def _wrapped(text: str, most: int) -> list[str]:
    lines = [""]
    for part in re.split(r"(?<= )|(?=/)", text):  # a long path goes on with a slash
        if lines[-1].strip() and len(lines[-1] + part.rstrip()) > most:
            lines.append("")
        lines[-1] += part
    return [line.strip() for line in lines]

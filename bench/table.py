"""What a measurement says, and where it is written down."""

from __future__ import annotations

import math
import platform
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"
PAGE, PICTURES = DOCS / "performance.md", DOCS / "pictures"
BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"


@dataclass(frozen=True)
class Row:
    """One question with its answer; `at_least` turns the target around.

    Without a target it is only said. `noise` is how far the answer may be off, in its own unit.
    """

    question: str
    value: float
    target: float | None = None
    at_least: bool = False
    detail: str = ""
    noise: float = 0.0

    @property
    def is_measured(self) -> bool:
        """Whether there is an answer."""
        return not math.isnan(self.value)

    @property
    def met(self) -> str:
        """Whether the answer is on the right side of its target, as a word."""
        if not self.is_measured:
            return "not measured"
        if self.target is None:
            return ""
        is_met = self.value >= self.target if self.at_least else self.value <= self.target
        return "yes" if is_met else "no"

    def cells(self) -> list[str]:
        """Returns the row as texts."""
        sign = "≥" if self.at_least else "≤"
        target = f"{sign} {self.target:g}" if self.target is not None else ""
        value = as_text(self.value) if self.is_measured else ""
        return [self.question, value, target, self.met, self.detail]


@dataclass(frozen=True)
class Picture:
    """A drawing for the page."""

    name: str
    svg: str


def compared(
    question: str,
    these: Sequence[float],
    those: Sequence[float],
    *,
    target: float | None = None,
    at_least: bool = False,
    detail: str = "",
) -> Row:
    """Returns the ratio of the medians of two things that took turns, round by round.

    Its noise is half of what the middle half of the rounds' own ratios spans.
    """
    value = statistics.median(these) / statistics.median(those)
    ratios = [one / other for one, other in zip(these, those, strict=True)]
    noise = 0.1 * value
    if len(ratios) > 3:
        first, _, third = statistics.quantiles(ratios, n=4)
        noise = (third - first) / 2
    detail = detail or f"{seconds(these)} against {seconds(those)}"
    return Row(question, value, target, at_least, detail, noise)


def as_text(value: float) -> str:
    """Returns a number with as many digits as can be believed."""
    return f"{value:.2f}" if value < 100 else f"{value:,.0f}"


def seconds(times: Sequence[float]) -> str:
    """Returns the median of these times for people."""
    median = statistics.median(times)
    if median < 0.001:
        return f"{median * 1e6:.0f} µs"
    return f"{median * 1e3:.1f} ms" if median < 0.1 else f"{median:.2f} s"


def as_markdown(rows: list[Row]) -> str:
    """Returns the table and the machine that it was measured on."""
    head = ["What", "Ratio", "Target", "Met", "Medians of this run"]
    lines = [head, ["---"] * len(head), *(row.cells() for row in rows)]
    table = "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
    return f"{machine()}\n\n{table}"


def machine() -> str:
    """Returns what matters about this machine, and nothing that names it."""
    info = Path("/proc/cpuinfo")
    text = info.read_text() if info.exists() else ""
    models = [
        line.partition(": ")[2] for line in text.splitlines() if line.startswith("model name")
    ]
    cores = f"{len(models)} cores of {models[0]}" if models else platform.machine()
    return f"{cores}; {platform.system()}; Python {platform.python_version()}."


def write_down(rows: list[Row], pictures: list[Picture]) -> None:
    """Puts the table into docs/performance.md, between its markers, and the pictures beside."""
    before, _, rest = PAGE.read_text().partition(BEGIN)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{BEGIN}\n{as_markdown(rows)}\n{END}{after}")
    for picture in pictures:
        (PICTURES / f"{picture.name}.svg").write_text(picture.svg)

"""What a measurement says, and where it is written down."""

from __future__ import annotations

import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"


@dataclass(frozen=True)
class Row:
    """One question with its answer; `at_least` turns the target around."""

    question: str
    ratio: float
    target: float
    at_least: bool = False
    detail: str = ""

    @property
    def is_met(self) -> bool:
        """Whether the ratio is on the right side of its target."""
        return self.ratio >= self.target if self.at_least else self.ratio <= self.target

    def cells(self) -> list[str]:
        """Returns the row as texts."""
        sign = "≥" if self.at_least else "≤"
        met = "yes" if self.is_met else "no"
        return [self.question, f"{self.ratio:.2f}", f"{sign} {self.target:g}", met, self.detail]


def seconds_each(*actions: Callable[[], object], rounds: int = 15, count: int = 100) -> list[float]:
    """Returns the median time of each action, measured in turn so that noise hits all alike."""
    times: list[list[float]] = [[] for _ in actions]
    for _ in range(rounds):
        for action, kept in zip(actions, times, strict=True):
            started = time.perf_counter()
            for _ in range(count):
                action()
            kept.append((time.perf_counter() - started) / count)
    return [statistics.median(kept) for kept in times]


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


def write_down(rows: list[Row]) -> None:
    """Puts the table into docs/performance.md, between its markers."""
    before, _, rest = PAGE.read_text().partition(BEGIN)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{BEGIN}\n{as_markdown(rows)}\n{END}{after}")

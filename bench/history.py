"""The last figures of this machine, and what has moved since."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

from bench.table import Row, as_text, machine

Figures = dict[str, dict[str, float]]  # by question


def moved(rows: list[Row], path: Path) -> list[str]:
    """Returns a line for each answer that differs from the last by more than both their noise."""
    before = _read(path)
    lines = []
    for row in rows:
        last = before.get(row.question)
        if not (last and row.is_measured):
            continue
        noise = row.noise + last["noise"]
        if abs(row.value - last["value"]) > noise:
            change = f"{as_text(last['value'])} → {as_text(row.value)}"
            lines.append(f"{row.question}: {change} (noise {as_text(noise)})")
    return lines


def keep(rows: list[Row], path: Path) -> None:
    """Keeps what was measured for the next run; what was not stays as it was."""
    new = {
        row.question: {"value": row.value, "noise": row.noise} for row in rows if row.is_measured
    }
    path.parent.mkdir(exist_ok=True)
    kept = {"machine": machine(), "figures": _read(path) | new}
    path.write_text(json.dumps(kept, ensure_ascii=False, indent=1) + "\n")


def _read(path: Path) -> Figures:
    with suppress(OSError, ValueError, KeyError, TypeError):  # none yet, or of another release
        kept = json.loads(path.read_text())
        if kept["machine"] == machine():
            figures: Figures = kept["figures"]
            return figures
    return {}

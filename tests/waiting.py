"""How long tests wait: for what happens, never for a time, and on a busy machine too."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE = 120  # seconds; a ceiling that costs nothing where things go well
SOON = 0.02  # seconds between two looks


def wait_for(condition: Callable[[], object], what: Callable[[], str] = str) -> None:
    """Returns once the condition holds; fails, with `what` it has come to, after a long while."""
    ends_at = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < ends_at, f"waited in vain {what()}"
        time.sleep(SOON)

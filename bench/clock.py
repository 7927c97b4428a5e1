"""How things are timed: side by side, so that what else the machine does hits all alike."""

from __future__ import annotations

import time
from collections.abc import Callable

Seconds = list[float]  # of one thing, in each round


def in_turn(
    *actions: Callable[[], object],
    rounds: int,
    count: int = 10,
    clock: Callable[[], float] = time.perf_counter,
) -> list[Seconds]:
    """Returns what one call of each action takes, as the mean of `count` calls in each round.

    Rounds are short and many, so that the median leaves out those in which another process ran.
    What never waits can be timed by the `clock` of its thread, which stands still meanwhile.
    """
    times: list[Seconds] = [[] for _ in actions]
    for action in actions:
        action()  # warms up
    for _ in range(rounds):
        for action, kept in zip(actions, times, strict=True):
            started = clock()
            for _ in range(count):
                action()
            kept.append((clock() - started) / count)
    return times

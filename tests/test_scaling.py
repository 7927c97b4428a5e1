"""The figures of docs/scaling.md that are worked out."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from scripts.monday import MORNINGS, play, table


@pytest.mark.docs
def test_the_table_of_a_monday_morning_is_what_is_worked_out(
    generated: Callable[[str, str, str], None],
) -> None:
    generated("docs/scaling.md", "monday", table())


def test_sessions_that_outlast_the_weekend_keep_everybody_below_every_limit() -> None:
    people, put_off = play(MORNINGS[-1])

    assert not put_off
    assert not any(person.refusals for person in people)

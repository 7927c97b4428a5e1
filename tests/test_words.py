"""Durations and moments as people say them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask

from app.web.words import all_of, exact_moment, moment

NOW = datetime(2026, 7, 4, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("away", "said"),
    [
        (timedelta(0), "just now"),
        (timedelta(seconds=-59), "just now"),
        (timedelta(seconds=-60), "1 minute ago"),
        (timedelta(minutes=-119), "1 hour ago"),
        (timedelta(days=-7), "7 days ago"),
        (timedelta(days=-8), "26 June 2026"),
        (timedelta(seconds=30), "in 30 seconds"),
        (timedelta(hours=23, seconds=1), "in 24 hours"),
        (timedelta(days=30), "3 August 2026"),
    ],
)
@pytest.mark.parametrize("as_number", [False, True])
def test_a_moment_is_said_from_now(away: timedelta, said: str, as_number: bool) -> None:
    """And is exact for programs."""
    then = NOW + away
    with time_machine.travel(NOW, tick=False):
        shown = moment(int(then.timestamp()) if as_number else then)

    assert shown == f'<time datetime="{then.isoformat(timespec="seconds")}">{said}</time>'


def test_developers_are_told_in_utc() -> None:
    assert exact_moment(NOW) == (
        '<time datetime="2026-07-04T09:30:00+00:00">4 July 2026 at 09:30 UTC</time>'
    )


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "admin and member"), ("ar", "admin وmember"), ("ja", "admin、member")],
)
def test_names_are_listed_as_the_language_does(app: Flask, language: str, said: str) -> None:
    with app.test_request_context(headers={"Accept-Language": language}):
        assert all_of(["admin", "member"]) == said

"""Durations, numbers and moments as people say them."""

from __future__ import annotations

from datetime import UTC, datetime

from markupsafe import Markup


def in_words(seconds: int) -> str:
    """Returns a duration as people say it: "30 seconds", "10 minutes", "2 hours"."""
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        # Rounded up: people who come back too early are turned away again.
        if seconds >= size:
            return counted(-(-seconds // size), unit)
    return counted(max(seconds, 1), "second")


def ago(seconds: int) -> str:
    """Returns how long ago something was, as people say it."""
    return "just now" if seconds < 60 else f"{in_words(seconds)} ago"


def counted(number: int, unit: str) -> str:
    """Returns a number with its unit in the right form: "1 try", "2 tries"."""
    plural = unit.removesuffix("y") + "ies" if unit.endswith("ry") else f"{unit}s"
    return f"{number} {unit if number == 1 else plural}"


def moment(when: datetime | int) -> Markup:
    """Returns a point in time, in UTC: without JavaScript a page cannot know the reader's zone."""
    then = datetime.fromtimestamp(when, UTC) if isinstance(when, int) else when
    return Markup('<time datetime="{}">{}</time>').format(
        then.isoformat(timespec="seconds"), f"{then.day} {then:%B %Y, %H:%M} UTC"
    )

"""Durations, numbers and moments as people say them."""

from __future__ import annotations

from datetime import UTC, datetime

from markupsafe import Markup

UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))
NEARBY = 7 * 86_400  # seconds, beyond which a date says more than "23 days ago"
_TIME = Markup('<time datetime="{}">{}</time>')


def in_words(seconds: int) -> str:
    """Returns a duration as people say it: "30 seconds", "10 minutes", "2 hours"."""
    for size, unit in UNITS:
        # Rounded up: people who come back too early are turned away again.
        if seconds >= size:
            return counted(-(-seconds // size), unit)
    return counted(1, "second")


def ago(seconds: int) -> str:
    """Returns how long ago something was, as people say it: "just now", "2 minutes ago"."""
    if seconds < 60:
        return "just now"
    size, unit = next((size, unit) for size, unit in UNITS if seconds >= size)
    return f"{counted(seconds // size, unit)} ago"  # rounded down, as what has passed is counted


def counted(number: int, unit: str) -> str:
    """Returns a number with its unit in the right form: "1 try", "2 tries"."""
    plural = unit.removesuffix("y") + "ies" if unit.endswith("ry") else f"{unit}s"
    return f"{number} {unit if number == 1 else plural}"


def moment(when: datetime | int) -> Markup:
    """Returns a point in time as people say it: "2 minutes ago", "in 3 hours", "4 July 2026".

    Not by the clock: without JavaScript a page cannot know the reader's zone.
    """
    then, now = _as_datetime(when), datetime.now(UTC)
    seconds = int((now - then).total_seconds())
    if abs(seconds) > NEARBY:
        words = f"{then.day} {then:%B %Y}"
    else:
        words = ago(seconds) if seconds >= 0 else f"in {in_words(-seconds)}"
    return _TIME.format(then.isoformat(timespec="seconds"), words)


def exact_moment(when: datetime | int) -> Markup:
    """Returns a point in time in UTC, for developers."""
    then = _as_datetime(when)
    return _TIME.format(then.isoformat(timespec="seconds"), in_utc(then))


def in_utc(then: datetime) -> str:
    """Returns a point in time for those whose zone nobody knows: "4 July 2026 at 09:30 UTC"."""
    return f"{then.day} {then:%B %Y at %H:%M} UTC"


def _as_datetime(when: datetime | int) -> datetime:
    return datetime.fromtimestamp(when, UTC) if isinstance(when, int) else when

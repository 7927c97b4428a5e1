"""Durations, moments and choices as people say them, in the language of the request."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Literal

from babel import Locale
from babel.dates import format_date, format_time, format_timedelta
from babel.lists import format_list
from flask_babel import gettext
from markupsafe import Markup

from .language import ENGLISH, current_locale

Unit = Literal["day", "hour", "minute", "second"]

UNITS: tuple[tuple[int, Unit], ...] = (
    (86_400, "day"),
    (3_600, "hour"),
    (60, "minute"),
    (1, "second"),
)
NEARBY = 7 * 86_400  # seconds, beyond which a date says more than "23 days ago"
BRITISH = Locale("en", "GB")  # "4 July 2026 at 09:30", where "en" alone means the USA
_TIME = Markup('<time datetime="{}">{}</time>')


def in_words(seconds: int, *, add_direction: bool = False) -> str:
    """Returns a duration as people say it: "30 seconds", "10 minutes"; or when: "in 2 hours"."""
    # Rounded up: people who come back too early are turned away again.
    size, unit = next(((size, unit) for size, unit in UNITS if seconds >= size), UNITS[-1])
    return _said(max(1, -(-seconds // size)) * size, unit, add_direction=add_direction)


def ago(seconds: int) -> str:
    """Returns how long ago something was, as people say it: "just now", "2 minutes ago"."""
    if seconds < 60:
        # Translators: as "2 minutes ago" is; stands within sentences
        return gettext("just now")
    size, unit = next((size, unit) for size, unit in UNITS if seconds >= size)
    # Rounded down, as what has passed is counted.
    return _said(-(seconds // size) * size, unit, add_direction=True)


def moment(when: datetime | int) -> Markup:
    """Returns a point in time as people say it: "2 minutes ago", "in 3 hours", "4 July 2026".

    Not by the clock: without JavaScript a page cannot know the reader's zone.
    """
    then, now = _as_datetime(when), datetime.now(UTC)
    seconds = int((now - then).total_seconds())
    if abs(seconds) > NEARBY:
        words = format_date(then, "long", locale=_locale())
    else:
        words = ago(seconds) if seconds >= 0 else in_words(-seconds, add_direction=True)
    return _TIME.format(then.isoformat(timespec="seconds"), words)


def exact_moment(when: datetime | int) -> Markup:
    """Returns a point in time in UTC, for developers."""
    then = _as_datetime(when)
    words = f"{then.day} {then:%B %Y at %H:%M} UTC"
    return _TIME.format(then.isoformat(timespec="seconds"), words)


def in_utc(then: datetime) -> str:
    """Returns a point in time for those whose zone nobody knows: "4 July 2026 at 09:30 UTC"."""
    # Translators: a moment, such as "4 July 2026 at 09:30 UTC"
    return gettext(
        "%(date)s at %(time)s UTC",
        date=format_date(then, "long", locale=_locale()),
        time=format_time(then, "short", tzinfo=UTC, locale=_locale()),
    )


def any_of(messages: Iterable[str]) -> str:
    """Returns a choice between messages: "a code by email or the page of our sign-in service"."""
    return format_list([gettext(one) for one in messages], style="or", locale=_locale())


def all_of(names: Iterable[str]) -> str:
    """Returns names in one phrase: "admin and member"."""
    return format_list([*names], locale=_locale())


def _said(seconds: int, unit: Unit, *, add_direction: bool) -> str:
    return format_timedelta(
        timedelta(seconds=seconds),
        granularity=unit,
        threshold=math.inf,  # so no larger unit is taken: Babel would round to it
        add_direction=add_direction,
        locale=_locale(),
    )


def _locale() -> Locale:
    locale = current_locale()
    return BRITISH if locale == ENGLISH else locale


def _as_datetime(when: datetime | int) -> datetime:
    return datetime.fromtimestamp(when, UTC) if isinstance(when, int) else when

"""Answers for people and for programs; the difference between them lives here."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Flask, Response, jsonify, make_response, redirect, request
from markupsafe import Markup

JSON = "application/json"
HTML = "text/html"


def wants_json() -> bool:
    """Whether this client asked for JSON, or sent JSON and did not ask for a page."""
    if request.path.startswith("/api/"):
        return True
    accepted = request.accept_mimetypes
    prefers_json = accepted[JSON] > accepted[HTML]
    return prefers_json or (request.is_json and accepted[JSON] >= accepted[HTML])


def see_other(location: str, *, json: dict[str, Any], status: int = 200) -> Response:
    """Sends a person on to `location` with 303, or gives a program `json` with `status`."""
    if wants_json():
        return make_response(jsonify(json), status)
    return make_response(redirect(location, code=303))


def in_words(seconds: int) -> str:
    """Returns a duration as people say it: "30 seconds", "10 minutes", "2 hours"."""
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        # Rounded up, for whoever comes back too early is turned away once more.
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


def _moment(when: datetime | int) -> Markup:
    # UTC, for a page without JavaScript cannot know the reader's time zone.
    moment = datetime.fromtimestamp(when, UTC) if isinstance(when, int) else when
    return Markup('<time datetime="{}">{}</time>').format(
        moment.isoformat(timespec="seconds"), f"{moment.day} {moment:%B %Y, %H:%M} UTC"
    )


def init_app(app: Flask) -> None:
    """Gives templates the words for durations, numbers and moments."""
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(ago=ago, in_words=in_words, counted=counted, moment=_moment)

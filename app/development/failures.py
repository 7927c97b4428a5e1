"""`/development/failures`: a gallery of every failure, with its page, cause, fix and log line."""

from __future__ import annotations

import json
import logging
from typing import NoReturn

from flask import Blueprint

from ..auth import attempts
from ..auth.attempt import EXCHANGING
from ..auth.doors import offered
from ..failure_pages import log_entry
from ..failures import Failure, every_failure
from ..pages import render_for_developers
from ..web.fields import queried
from ..web.http_errors import NotFound

SOMEBODY = "ada@example.com"
LIFETIME = 10 * 60  # seconds, for a code that nobody is sent
WAIT = 30  # seconds, on pages that say how long to wait

bp = Blueprint("development_failures", __name__, url_prefix="/development/failures")


@bp.get("")
def show() -> str:
    """Lists every failure beside what to do about it, those with one symptom together."""
    by_symptom: dict[str, list[type[Failure]]] = {}
    for kind in every_failure():
        by_symptom.setdefault(kind.symptom, []).append(kind)
    return render_for_developers("development/failures.html", groups=by_symptom, log_line=_log_line)


@bp.get("/<name>")
def fail(name: str) -> NoReturn:
    """Fails as asked, in the middle of an attempt or (`?attempt=no`) without one."""
    kind = next((kind for kind in every_failure() if kind.name() == name), NotFound)
    if queried("attempt")["attempt"] != "no":
        attempt = attempts.begin(
            offered()[0].method,
            email=SOMEBODY,
            lifetime=LIFETIME,
            next_url="/account",
            caller_state="",
        )
        attempts.follow(attempt, EXCHANGING)
    raise kind(retry_after=WAIT if kind.status in (429, 503) else None)


def _log_line(kind: type[Failure]) -> str:
    name, level, details = log_entry(kind())
    said = {key: value for key, value in details.items() if value is not None}
    return json.dumps({"level": logging.getLevelName(level), "event": name, **said})

"""`/development/failures`: a gallery of every failure, with its page, cause, fix and log line."""

from __future__ import annotations

import json
import logging
from typing import NoReturn

from flask import Blueprint, render_template

from app.auth import attempts
from app.auth.doors.magic_auth import CODE_LIFETIME
from app.auth.doors.magic_link import SHORTEST
from app.failure_pages import log_entry
from app.failures import EXPLANATIONS, RETRY_LATER, Failure
from app.troubleshooting import HELP
from app.web import trail
from app.web.fields import queried

SOMEBODY = "ada@example.com"
WAITS = (429, 503)  # their pages say for how long

bp = Blueprint("development_failures", __name__, url_prefix="/development/failures")


@bp.get("")
def show() -> str:
    """Lists every failure beside what to do about it."""
    return render_template(
        "development/failures.html",
        help=HELP,
        explanations=EXPLANATIONS,
        log_lines={code: _log_line(code) for code in EXPLANATIONS},
    )


@bp.get("/<code>")
def fail(code: str) -> NoReturn:
    """Fails in the way asked for, in the middle of an attempt or (`?attempt=no`) without one."""
    if code not in EXPLANATIONS:
        raise Failure("not_found")
    if queried("attempt")["attempt"] != "no":
        is_link = "relay_code" in code
        attempts.begin(
            "magic_link" if is_link else "magic_auth",
            SOMEBODY,
            lifetime=SHORTEST if is_link else CODE_LIFETIME,
            next_url="/account",
            caller_state="",
        )
        trail.advance(trail.EXCHANGING)
    wait = RETRY_LATER if EXPLANATIONS[code].status in WAITS else None
    raise Failure(code, retry_after=wait)


def _log_line(code: str) -> str:
    name, level, details = log_entry(Failure(code))
    said = {key: value for key, value in details.items() if value is not None}
    return json.dumps({"level": logging.getLevelName(level), "event": name, **said})

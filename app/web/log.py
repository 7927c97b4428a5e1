"""Structured logs: one event a line, in UTC, with a request id, and without anybody's secrets."""

from __future__ import annotations

import json
import logging
import re
import secrets
import sys
import time
import traceback
from datetime import UTC, datetime
from typing import Any

from flask import Flask, Response, g, has_request_context, request

from ..config import Config

_logger = logging.getLogger(__name__.rsplit(".", 2)[0])  # the package, by any name
# A mail program may write the ? of a link as %3F, which makes the query a part of the path.
_QUERY = re.compile(r"(?:\?|%3F)[^\s\"]*", re.I)
_QUERY_IN_PATH = re.compile(r"[?&=].*", re.S)
_UNPRINTABLE = re.compile(r"[^\x20-\x7e]")
REQUEST_ID, STARTED_AT = "signin.request_id", "signin.started_at"  # in the WSGI environment
MAX_VALUE = 200  # characters of one value in a log line


def event(name: str, *, level: int = logging.INFO, **details: str | int | None) -> None:
    """Logs one event, named as in OWASP's logging vocabulary; details must be harmless.

    Codes, tokens, links and cookies never belong in `details`. An `email` is masked.
    """
    if email := details.get("email"):
        details["email"] = masked_email(str(email))
    _logger.log(level, name, extra={"details": details})


def unexpected(error: BaseException) -> None:
    """Logs where an unexpected error happened, without its message, which may quote a secret."""
    frames = traceback.extract_tb(error.__traceback__)[-8:]
    where = " < ".join(f"{frame.name}:{frame.lineno}" for frame in reversed(frames))
    event("sys_crash", level=logging.ERROR, error=type(error).__qualname__, where=where)


def masked_email(email: str) -> str:
    """Returns enough of an address to help its owner, and too little to write to them."""
    local, _, domain = email.partition("@")
    return f"{local[:1]}***@{domain}"


def request_id() -> str:
    """Returns the id in this request's log lines, pages and reply."""
    if REQUEST_ID not in request.environ:  # in an application that has headers of its own
        request.environ[REQUEST_ID] = secrets.token_hex(8)
    return str(request.environ[REQUEST_ID])


class JSONFormatter(logging.Formatter):
    """One JSON object a line, for machines."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(_fields(record))


class LineFormatter(logging.Formatter):
    """One readable line, for a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        fields = _fields(record)
        head = [str(fields.pop(key)) for key in ("time", "level", "event")]
        return " ".join([head[0][11:19], *head[1:], *(f"{k}={v}" for k, v in fields.items())])


def _fields(record: logging.LogRecord) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname,
        "event": _printable(_QUERY.sub("", record.getMessage())),
        "logger": record.name,
    }
    if has_request_context():
        path = _QUERY_IN_PATH.sub("", request.path)
        fields |= {"request_id": request_id(), "method": request.method, "path": path}
        if attempt := g.get("signin_attempt"):  # see auth.attempts
            fields |= {"attempt": attempt.id, "stage": attempt.stage}
        session = g.get("signin_session")  # see session.Current
        if session and session.record and session.record.identity.impersonator:
            fields["impersonator"] = masked_email(session.record.identity.impersonator.email)
    fields |= {key: val for key, val in getattr(record, "details", {}).items() if val is not None}
    return {key: _printable(value) for key, value in fields.items()}


def _printable(value: Any) -> Any:
    # Line breaks and terminal escapes in a path or a name would forge lines (CWE-117).
    if not isinstance(value, str):
        return value
    return _UNPRINTABLE.sub("?", value)[:MAX_VALUE]


def _without_query(record: logging.LogRecord) -> bool:
    # Werkzeug's development server logs request lines whole: `code` and `state` of the callback.
    if isinstance(record.args, tuple):
        record.args = tuple(
            _QUERY.sub("", arg) if isinstance(arg, str) else arg for arg in record.args
        )
    return True


def init_app(app: Flask, config: Config) -> None:
    """Sends our events to standard error: JSON lines, or readable ones on a terminal."""
    handler = logging.StreamHandler()
    handler.setFormatter(LineFormatter() if sys.stderr.isatty() else JSONFormatter())
    _logger.handlers = [handler]
    _logger.setLevel(config.log_level)
    _logger.propagate = False
    # Both print URLs: httpx2 those it requests, Werkzeug those requested of it.
    logging.getLogger("httpx2").setLevel(logging.WARNING)
    logging.getLogger("werkzeug").addFilter(_without_query)

    if config.log_level == "DEBUG":
        app.before_request(_start_clock)
        app.after_request(_answered)


def _start_clock() -> None:
    request.environ[STARTED_AT] = time.perf_counter()


def _answered(response: Response) -> Response:
    if started_at := request.environ.get(STARTED_AT):
        duration = int(1000 * (time.perf_counter() - started_at))
        event("request", level=logging.DEBUG, status=response.status_code, ms=duration)
    return response

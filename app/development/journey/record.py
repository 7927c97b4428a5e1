"""Notes each request with its log lines and its calls to WorkOS, from outside.

No code calls anything here: Flask's signals, a filter of our log and a transport around the other
do. Only names, masked paths and what the log says go in; no value of a field, cookie or query. The
calls of a client that the application was given, as in tests, are not seen.
"""

from __future__ import annotations

import json
import logging
import time
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, Response, g, has_app_context, request, request_finished, request_started
from flask.sansio.app import App
from workos import HTTPBackend, HTTPResponse, TransportError

from ...auth import attempts
from ...config import settings
from ...session import cookie
from ...web import log
from ...workos_api.transport import Transport, make_http
from .journal import Call, Exchange, Fact, Journal
from .masks import QUERY, call, cookie_name, masked_path, target

NOTED, JOURNAL = "signin_noted", "signin_journal"  # in flask.g, in app.extensions
SIGNATURE = "WorkOS-Signature"  # the header of what WorkOS sends by itself
# What each log line says, and Exchange has already.
USUAL = ("time", "level", "logger", "request_id", "method", "path", "attempt", "event")


@dataclass
class Noted:
    """What is known of a request that has not been answered."""

    at: float = field(default_factory=time.time)
    started_at: float = field(default_factory=time.perf_counter)
    parts: list[Call | Fact] = field(default_factory=list)
    attempt: str | None = None


def init_app(app: App) -> None:
    """Notes all that passes through the application from now on."""
    app.extensions[JOURNAL] = Journal()
    # Not a handler: with one, Python no longer shows the warnings of a host that has set up no log.
    logging.getLogger(__name__.rsplit(".", 3)[0]).addFilter(_listen)
    app.extensions["signin_workos"].make_transport = lambda: Watched(Transport(make_http()))
    request_started.connect(_begin, app)
    request_finished.connect(_end, app)


class Watched:
    """A transport that notes each call of another."""

    def __init__(self, transport: HTTPBackend) -> None:
        self._transport = transport

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: dict[str, str],
        content: bytes | None,
        timeout: float,
    ) -> HTTPResponse:
        """Makes one call, and notes how it ended."""
        started_at, status = time.perf_counter(), "?"
        try:
            reply = self._transport.request(
                method, url, headers=headers, content=content, timeout=timeout
            )
            status = str(reply.status_code)
        except TransportError as error:
            status = type(error).__name__
            raise
        finally:
            if noted := _noted():
                ms = int(1000 * (time.perf_counter() - started_at))
                noted.parts.append(call(method, url, content, status, ms))
        return reply

    def close(self) -> None:
        """Closes the connections."""
        self._transport.close()


def _listen(record: logging.LogRecord) -> bool:
    noted = _noted()
    if noted and record.getMessage() != "request":  # which Exchange is about
        # Through the formatter, which keeps out what no log may have.
        line: dict[str, Any] = json.loads(log.JSONFormatter().format(record))
        noted.attempt = line.get("attempt", noted.attempt)
        said = {name: value for name, value in line.items() if name not in USUAL}
        noted.parts.append(Fact(line["event"], said))
    return True


def _noted() -> Noted | None:
    return g.get(NOTED) if has_app_context() else None


def _begin(_: Flask, **__: Any) -> None:
    endpoint = request.endpoint or ""
    if endpoint != "static" and ".development_" not in endpoint:
        setattr(g, NOTED, Noted())


def _end(app: Flask, response: Response, **_: Any) -> None:
    noted = g.pop(NOTED, None)
    if noted is None:
        return
    exchange = _exchange(noted, response)
    if exchange.parts or exchange.attempt or (exchange.session and exchange.sets):
        app.extensions[JOURNAL].add(exchange)


def _exchange(noted: Noted, response: Response) -> Exchange:
    attempt = attempts.current()
    attempt_id = attempt.id if attempt else noted.attempt
    is_from_workos = SIGNATURE in request.headers
    names = [one.partition("=")[::2] for one in response.headers.getlist("Set-Cookie")]
    goes_to, leaves = target(response.location)
    current: cookie.Current | None = g.get("signin_session")
    # Of a session that ended just now, only the cookie still knows.
    ticket = (current and current.ticket) or cookie.read(settings())
    return Exchange(
        request_id=log.request_id(),
        at=noted.at,
        ms=int(1000 * (time.perf_counter() - noted.started_at)),
        method=request.method,
        path=masked_path(request.path),
        endpoint=request.endpoint or "",
        query=tuple(name for name in QUERY if name in request.args),
        status=response.status_code,
        goes_to=goes_to,
        leaves=leaves,
        sets=tuple(cookie_name(name) for name, value in names if value[:1] not in ("", ";")),
        clears=tuple(cookie_name(name) for name, value in names if value[:1] in ("", ";")),
        parts=tuple(noted.parts),
        is_from_workos=is_from_workos,
        attempt=attempt_id,
        door=attempt.method if attempt else None,
        has_attempt=any(
            name.endswith(f"{attempts.PREFIX}{attempt_id}") for name in request.cookies
        ),
        session=ticket.handle if ticket and not is_from_workos else None,
        user=_user(noted, response, is_from_workos=is_from_workos),
    )


def _user(noted: Noted, response: Response, *, is_from_workos: bool) -> str | None:
    for part in noted.parts:
        if isinstance(part, Fact) and "user" in part.details:
            return str(part.details["user"])
    if not is_from_workos or response.status_code >= 400:
        return None  # whose body nobody has looked at
    body = request.get_json(silent=True)
    data = body.get("data") if isinstance(body, dict) else None
    if not isinstance(data, dict):
        return None
    return str(data.get("user_id") or data.get("id"))

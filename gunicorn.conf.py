"""How gunicorn serves the application: `make serve`, or plain `gunicorn`."""

from __future__ import annotations

import os
import re
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

# Loaded here for all workers to share; our own code is not, so that a reload brings the new one.
import flask_limiter  # noqa: F401
import flask_wtf  # noqa: F401
import workos  # noqa: F401
from dotenv import dotenv_values, find_dotenv
from gunicorn import glogging

environment = {**dotenv_values(find_dotenv(usecwd=True)), **os.environ}
if environment.get("REDIS_URL"):
    import redis  # noqa: F401


def checked_settings() -> tuple[str, int]:
    """Returns PUBLIC_URL and THREADS, or ends with what is wrong with the settings, said once.

    A process of its own looks: what this one imported of ours, workers would inherit, and after a
    reload it would still be the old code. They read the settings of now themselves, too.
    """
    fork = get_context("fork")
    here, there = fork.Pipe(duplex=False)
    child = fork.Process(target=tell_settings, args=(there,))
    child.start()
    there.close()  # or its end could not be seen from here
    try:
        public_url, threads = here.recv()
    except EOFError:
        raise SystemExit(1) from None  # the child has said why
    finally:
        child.join()
    return public_url, threads


def tell_settings(answer: Connection) -> None:
    """Answers with PUBLIC_URL and THREADS, or ends with what is wrong."""
    from app.config import Config
    from app.environment import ConfigError

    try:
        config = Config.from_env()
        answer.send((config.public_url, config.threads))
    except ConfigError as error:
        raise SystemExit(f"Error: {error.message}") from None


def port_to_serve(public_url: str) -> str:
    """PORT, or the port that people type when no proxy stands in front."""
    url = urlsplit(public_url)
    is_local = url.hostname in ("localhost", "127.0.0.1", "::1")
    return environment.get("PORT") or str((is_local and url.port) or 8000)


def address_to_serve() -> str:
    """BIND, or this machine alone: the port is not for visitors, who could then forge headers."""
    host = environment.get("BIND") or "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def workers_to_start() -> int:
    """WEB_CONCURRENCY, or two."""
    text = environment.get("WEB_CONCURRENCY") or "2"
    if not (text.isascii() and text.isdigit() and int(text)):
        raise SystemExit("Error: WEB_CONCURRENCY must be a whole number of 1 or more.")
    return int(text)


QUOTED = re.compile(r"b?['\"].*", re.S)


class Logger(glogging.Logger):
    """Logs in which a request is one line, and no query string is."""

    def atoms(self, *request: Any) -> dict[str, Any]:
        """Quotes the path again: decoded, its line breaks would begin lines of a visitor's own.

        It ends where a query begins, whose ? a mail program may have written as %3F.
        """
        atoms: dict[str, Any] = super().atoms(*request)
        path = re.split("[?&=]", atoms["U"] or "")[0]
        return {**atoms, "U": quote(path, encoding="latin-1")}

    def warning(self, msg: str, *args: Any, **kwargs: Any) -> None:
        """Leaves out what it quotes of a malformed request: `code` and `state`, for example."""
        super().warning(QUOTED.sub("…", msg), *args, **kwargs)

    def exception(self, msg: str, *args: Any, **kwargs: Any) -> None:
        """Leaves out the query string of a request that failed."""
        super().exception(msg, *(str(arg).partition("?")[0] for arg in args), **kwargs)


wsgi_app = "app:create_app()"
public_url, threads = checked_settings()
bind = f"{address_to_serve()}:{port_to_serve(public_url)}"

# Threads, because a sign-in mostly waits for WorkOS, and the pages of others must not wait with it:
# more than 64, so that 64 people who wait, all in one worker, leave room (docs/performance.md).
worker_class = "gthread"
workers = workers_to_start()
graceful_timeout = 15  # seconds; the longest call to WorkOS ends well before
if Path("/dev/shm").is_dir():  # noqa: S108 # gunicorn's heartbeat file, private and without content
    worker_tmp_dir = "/dev/shm"  # noqa: S108


# A connection that is kept open would take the place of somebody who waits for a thread; and a
# proxy that uses one again just as it is closed gets a reset for an answer.
keepalive = 0


def post_fork(_: Any, worker: Any) -> None:
    """Tells the application how many threads there are: `--threads` wins over THREADS.

    A worker takes no more people than that: they would stand in its queue while others have threads
    to spare (docs/performance.md).
    """
    os.environ["THREADS"] = str(worker.cfg.threads)
    worker.worker_connections = worker.cfg.threads


# It would lie in a home directory, which a hardened container lacks, and nothing here needs it.
control_socket_disable = True

limit_request_line = 4094
limit_request_fields = 64
limit_request_field_size = 16_380  # room for the cookies of several sign-in attempts

# Believe no header about scheme or path: app.web.public_host does, as far as TRUSTED_PROXIES goes.
forwarder_headers = ""
secure_scheme_headers: dict[str, str] = {}

# No query strings, no referrers: both can carry `code` and `state` of the callback.
accesslog = "-"
logger_class = Logger
access_log_format = '%(t)s %(h)s "%(m)s %(U)s" %(s)s %(B)s %(M)sms'

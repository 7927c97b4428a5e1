"""The one configured WorkOSClient, and what every call with it has in common.

One client for each process: after a fork, two workers sharing a used client get each other's
answers. Nothing is retried: a retried exchange finds its code spent, a retried send mails twice.
"""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from flask import Flask, current_app, g, has_request_context
from workos import HTTPBackend, RequestOptions, WorkOSClient, WorkOSError

from ..config import Config
from .errors import failure_from
from .faults import TooManyWaiting, UnexpectedReply
from .transport import Transport, make_http

P = ParamSpec("P")
Reply = TypeVar("Reply")

# Seconds for one call, from the first byte out to the last byte in. No request waits for more than
# two calls, or for one and a mail: under 15 seconds in all. Those that find a User share one time.
TIMEOUT = 7
# One thread in so many never waits for WorkOS, and so answers everybody who need not.
THREADS_TO_ONE_FREE = 9


def init_app(app: Flask, config: Config, *, client: WorkOSClient | None = None) -> None:
    """Gives the application its client: `client`, or one made on first use in each process."""
    app.extensions["signin_workos"] = Clients(config, client)
    places = config.threads - config.threads // THREADS_TO_ONE_FREE
    app.extensions["signin_places"] = Places(places)
    for teardown in (app.teardown_request, app.teardown_appcontext):
        teardown(_give_back)  # if a function of the host's fails before one, Flask calls the other


def workos() -> WorkOSClient:
    """Returns the client of this application in this process."""
    clients: Clients = current_app.extensions["signin_workos"]
    return clients.get()


def take_place() -> None:
    """Lets this request wait for WorkOS until it ends; raises TooManyWaiting if too many do.

    Kept for the whole request, so that who has spent a code is not refused at the next call.
    """
    if not has_request_context() or "place_at_workos" in g:
        return
    places: Places = current_app.extensions["signin_places"]
    session = g.get("signin_session")  # see session.Current
    person = session.record.identity.user_id if session and session.record else ""
    if not places.take(person):
        raise TooManyWaiting(retry_after=2 * TIMEOUT)
    g.place_at_workos = places, person


def _give_back(_: BaseException | None) -> None:
    if taken := g.pop("place_at_workos", None):
        places, person = taken
        places.give_back(person)


def call(method: Callable[P, Reply | None], *arguments: P.args, **named: P.kwargs) -> Reply | None:
    """Returns what WorkOS answers; raises the Failure that its error stands for.

    Only the SDK runs in here, so that no error of ours is taken for one of WorkOS's.
    """
    take_place()
    try:
        return method(*arguments, **named)
    except WorkOSError as error:
        raise failure_from(error) from None  # the error itself quotes credentials
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        # The SDK's models raise plain Python errors for replies of the wrong shape.
        raise UnexpectedReply(detail=type(error).__name__) from None


def ask(method: Callable[P, Reply | None], *arguments: P.args, **named: P.kwargs) -> Reply:
    """Returns what WorkOS answers, like `call`; raises UnexpectedReply if that is nothing.

    The SDK returns None instead of a model when the reply was empty or not JSON.
    """
    reply = call(method, *arguments, **named)
    if reply is None:
        raise UnexpectedReply(detail="empty")
    return reply


def until(ends_at: float) -> RequestOptions:
    """Returns the time that is left for a call, where several share one; of time.monotonic()."""
    return {"timeout": max(0.1, ends_at - time.monotonic())}


class Places:
    """Where requests of one process wait for WorkOS; "" is everybody who is not signed in."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._lock = threading.Lock()
        self._waiting: Counter[str] = Counter()

    def take(self, person: str) -> bool:
        """Takes a place, if one is free, and this person has not as many as are free."""
        with self._lock:
            free = self._number - self._waiting.total()
            # Their pages have no limits, and one who opens many at once must leave half to others.
            # All who are not signed in count as one here: they have limits, which refuse in time.
            if free <= (self._waiting[person] if person else 0):
                return False
            self._waiting[person] += 1
            return True

    def give_back(self, person: str) -> None:
        """Lets the next request wait."""
        with self._lock:
            self._waiting -= Counter([person])  # forgets who has none any more


class Clients:
    """Hands each process a client of its own."""

    def __init__(self, config: Config, given: WorkOSClient | None) -> None:
        self._config = config
        self._given = given
        self._lock = threading.Lock()
        self._made: dict[int, WorkOSClient] = {}
        self.make_transport: Callable[[], HTTPBackend] = lambda: Transport(make_http())

    def get(self) -> WorkOSClient:
        """Returns this process's client, making it on first use."""
        if self._given is not None:
            return self._given
        with self._lock:
            pid = os.getpid()
            if pid not in self._made:
                self._made = {pid: make_client(self._config, self.make_transport())}
            return self._made[pid]


def make_client(config: Config, transport: HTTPBackend) -> WorkOSClient:
    """Returns a client with a short time-out and no retries."""
    return WorkOSClient(
        api_key=config.workos_api_key,
        client_id=config.workos_client_id,
        base_url=config.workos_base_url,
        request_timeout=TIMEOUT,
        max_retries=0,
        http_client=transport,
    )

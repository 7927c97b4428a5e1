"""What was noted, by attempt: in memory, for a while, and only so much of it.

`make run` is one process. Where there are several, each knows only what passed through itself.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

MOST_JOURNEYS = 30
MOST_EXCHANGES = 60  # of one journey
KEPT = 2 * 60 * 60  # seconds since the last exchange of a journey


@dataclass(frozen=True)
class Call:
    """One call to WorkOS; `status` is the kind of fault if there was no answer."""

    method: str
    path: str
    status: str
    ms: int
    fields: tuple[str, ...]  # names, of the body or the query
    grant_type: str


@dataclass(frozen=True)
class Fact:
    """One line of the log, as it was written there."""

    name: str
    details: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """One request to the application, and its answer."""

    request_id: str
    at: float  # when it began, in seconds since the epoch
    ms: int
    method: str
    path: str
    endpoint: str
    query: tuple[str, ...]  # names
    status: int
    goes_to: str | None  # the path that it redirects to, on this site
    leaves: bool  # whether it leads to another site
    sets: tuple[str, ...]  # names of cookies
    clears: tuple[str, ...]
    parts: tuple[Call | Fact, ...]
    is_from_workos: bool = False
    attempt: str | None = None
    door: str | None = None  # its method
    has_attempt: bool = False  # whether the browser brought the cookie of that attempt
    session: str | None = None  # the handle
    user: str | None = None  # their id

    @property
    def facts(self) -> list[Fact]:
        """What the log says of it."""
        return [part for part in self.parts if isinstance(part, Fact)]

    @property
    def calls(self) -> list[Call]:
        """What WorkOS was asked for it."""
        return [part for part in self.parts if isinstance(part, Call)]

    @property
    def failure(self) -> Fact | None:
        """The failure that was its answer."""
        found = [fact for fact in self.facts if {"failure", "status"} <= set(fact.details)]
        return found[-1] if found else None

    def has(self, *names: str) -> bool:
        """Whether the log names one of these events."""
        return any(fact.name in names for fact in self.facts)


@dataclass(frozen=True)
class Journey:
    """An attempt with the session that it ended in, or else a session, or one lone request."""

    id: str  # of its attempt, or of its first request
    exchanges: tuple[Exchange, ...]
    left_out: int = 0  # exchanges at its beginning

    @property
    def user(self) -> str | None:
        """The id of the person, once it is known."""
        return next((one.user for one in reversed(self.exchanges) if one.user), None)

    @property
    def door(self) -> str | None:
        """The method of its attempt, if it has one."""
        return next((one.door for one in self.exchanges if one.door), None)


class Journal:
    """The newest journeys of this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._journeys: dict[str, Journey] = {}  # the one that went on last comes last
        self._of_session: dict[str, str] = {}  # ids of journeys, by handle

    def add(self, exchange: Exchange) -> None:
        """Notes the exchange with what it belongs to, and forgets what is too much or too old."""
        with self._lock:
            for key in self._keys(exchange):
                journey = self._journeys.pop(key, Journey(key, ()))
                exchanges = (*journey.exchanges, exchange)
                left_out = journey.left_out + max(0, len(exchanges) - MOST_EXCHANGES)
                self._journeys[key] = replace(
                    journey, exchanges=exchanges[-MOST_EXCHANGES:], left_out=left_out
                )
            oldest = time.time() - KEPT
            for key, journey in list(self._journeys.items()):
                if len(self._journeys) > MOST_JOURNEYS or journey.exchanges[-1].at < oldest:
                    del self._journeys[key]
            alive = self._journeys.keys()
            self._of_session = {one: key for one, key in self._of_session.items() if key in alive}

    def find(self, journey_id: str) -> Journey | None:
        """Returns the journey with this id."""
        return self._journeys.get(journey_id)

    def of_session(self, handle: str) -> Journey | None:
        """Returns the journey that the session with this handle belongs to."""
        return self.find(self._of_session.get(handle, ""))

    def of_request(self, request_id: str) -> Journey | None:
        """Returns the journey that the request with this id belongs to."""
        found = (
            journey
            for journey in self.newest()
            if any(one.request_id == request_id for one in journey.exchanges)
        )
        return next(found, None)

    def newest(self) -> list[Journey]:
        """Returns all journeys, the one that went on last first."""
        with self._lock:
            return list(reversed(self._journeys.values()))

    def _keys(self, exchange: Exchange) -> list[str]:
        handle = exchange.session or ""
        if exchange.attempt:
            if exchange.has("session_created"):
                self._of_session[handle] = exchange.attempt
            return [exchange.attempt]
        if exchange.is_from_workos and exchange.user:
            about = set(self._of_session.values())
            found = [
                journey.id
                for journey in self._journeys.values()
                if journey.id in about and journey.user == exchange.user
            ]
            return found or [exchange.request_id]
        if handle:
            return [self._of_session.setdefault(handle, exchange.request_id)]
        return [exchange.request_id]

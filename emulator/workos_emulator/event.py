"""One event for the application: its body, and the signature that proves where it is from."""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

import httpx2

from . import outgoing
from .action import signature, stringified
from .control_fields import optional_integer, optional_text, read_object, text
from .errors import BadRequest
from .formats import Json, new_id, now, timestamp
from .rules import WEBHOOK_TIMEOUT

Deliver = Callable[[str, bytes, dict[str, str]], int]

KNOWN_FIELDS = {"event", "data", "id", "timestamp_ms", "signature"}
LATEST = 2**53  # what JSON numbers are exact up to


def _new_event_id() -> str:
    return new_id("event")


@dataclass
class Event:
    """What happened, on its way to the application."""

    name: str
    data: Json
    id: str = field(default_factory=_new_event_id)
    timestamp_ms: int | None = None  # None: when it is sent
    signature: str | None = None  # the whole header, in the place of the right one
    status: int | None = None  # None: nobody answered, or not yet
    created_at: datetime = field(default_factory=now)

    @classmethod
    def from_json(cls, value: object) -> Self:
        """Returns the event that somebody asked for, or raises BadRequest saying what is wrong."""
        fields = read_object(value, "An event", KNOWN_FIELDS)
        data = fields.get("data")
        if not isinstance(data, dict):
            raise BadRequest("data must be a JSON object.")
        signature = optional_text(fields, "signature")
        if signature and not (signature.isascii() and signature.isprintable()):
            raise BadRequest("signature must be printable ASCII, as a header is.")
        return cls(
            text(fields, "event"),
            data,
            optional_text(fields, "id") or _new_event_id(),
            optional_integer(fields, "timestamp_ms", 0, LATEST),
            signature,
        )

    def send(self, url: str, secret: str, deliver: Deliver) -> None:
        """Posts it, and notes what the receiver answered."""
        body = self.body()
        # Nobody there, or too slow: WorkOS would not fail for that either.
        with suppress(httpx2.HTTPError, httpx2.InvalidURL):
            self.status = deliver(url, body, self.headers(body, secret))

    def body(self) -> bytes:
        """Returns what is posted."""
        event = {
            "id": self.id,
            "event": self.name,
            "data": self.data,
            "created_at": timestamp(self.created_at),
        }
        return stringified(event)

    def headers(self, body: bytes, secret: str) -> dict[str, str]:
        """Returns what is posted with it, the signature included."""
        return {
            "Content-Type": "application/json",
            "WorkOS-Signature": self.signature or self._sign(body, secret),
        }

    def to_json(self) -> Json:
        """Returns it as /_emulate/webhooks lists it."""
        return {"id": self.id, "event": self.name, "status": self.status}

    def _sign(self, body: bytes, secret: str) -> str:
        moment = int(time.time() * 1000) if self.timestamp_ms is None else self.timestamp_ms
        return f"t={moment}, v1={signature(secret, moment, body)}"


def post(url: str, body: bytes, headers: dict[str, str]) -> int:
    """Delivers over HTTP."""
    return outgoing.post(url, body, headers, WEBHOOK_TIMEOUT).status_code

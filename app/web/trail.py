"""The trail of a sign-in attempt: its id and step, on each log line and on each failure page."""

from __future__ import annotations

from dataclasses import dataclass

from flask import g, has_request_context

STEPS = (
    "asking for mail",
    "sending the e-mail",
    "exchanging the code",
    "beginning the session",
)
ASKING, SENDING, EXCHANGING, BEGINNING = range(1, len(STEPS) + 1)


@dataclass(frozen=True)
class Trail:
    """How far an attempt has come in this request."""

    attempt_id: str
    step: int

    def __str__(self) -> str:
        doing = STEPS[self.step - 1]
        return f"attempt {self.attempt_id}, step {self.step} of {len(STEPS)}: {doing}"


def follow(attempt_id: str, step: int) -> None:
    """Says which attempt this request is about, and what it is doing for it."""
    g.trail = Trail(attempt_id, step)


def advance(step: int) -> None:
    """Says that the attempt in hand has come further."""
    if found := current():
        follow(found.attempt_id, step)


def current() -> Trail | None:
    """Returns where this request is, as far as that is known yet."""
    found: Trail | None = g.get("trail") if has_request_context() else None
    return found

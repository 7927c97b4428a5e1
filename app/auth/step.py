"""What a step has to say about itself: a page for something WorkOS asks in between."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint

from .. import shapes
from ..config import Config
from ..workos_api.steps import InvalidPendingAuthenticationToken, StepRequired
from . import attempts
from .attempt import EXCHANGING, Attempt, Pending


@dataclass(frozen=True)
class Step:
    """A page between a door and the session."""

    name: str  # in the attempt, in JSON and in the log
    required: type[StepRequired]
    bp: Blueprint
    page: str  # the endpoint that asks
    # What the page needs of the reply, in a few bytes; None if it does not fit in a cookie.
    details: Callable[[StepRequired], dict[str, Any] | None]
    shape: type[Any]  # of those details, as they are sealed with the attempt
    # Emails the code that the page asks for, where the application mails itself, of the details
    # and with the token; raises Failure.
    mail: Callable[[dict[str, Any], str, Config], None] | None = None


def require(step: Step, attempt_id: str, config: Config) -> tuple[Attempt, Pending]:
    """Returns the attempt, and what WorkOS is waiting for; raises Failure if that is over."""
    attempt = attempts.require(None, attempt_id, config, stage=EXCHANGING)
    pending = attempt.pending
    if pending is None or pending.step != step.name:
        raise attempts.AttemptMissing
    try:
        shapes.read(step.shape, pending.details)
    except ValueError:
        raise attempts.AttemptMissing from None
    if time.time() >= pending.ends_at:
        raise InvalidPendingAuthenticationToken
    return attempt, pending

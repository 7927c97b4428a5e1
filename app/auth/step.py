"""What a step has to say about itself: a page for something WorkOS asks in between."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, current_app, url_for

from .. import shapes
from ..config import Config
from ..failures import NEXT_STEP, Failure
from ..workos_api.steps import InvalidPendingAuthenticationToken, StepRequired
from . import attempts
from .attempt import EXCHANGING, Attempt, Pending


class StepDone(Failure):
    """The person went back to a step, and WorkOS asks for another by now."""

    status = 409
    title = "This step is done"
    reason = "Go on with what comes next."
    button = NEXT_STEP
    event = "authn_step_repeated"
    symptom = "Somebody goes back to a step that is done"
    cause = "They pressed the back button, or have the same sign-in open in two tabs."
    fix = "Nothing: the page leads on to the step that WorkOS waits for now."


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
    hidden: tuple[str, ...] = ()  # the details that are no program's business
    needs_token: bool = True  # whether WorkOS's token goes with the answer; otherwise none is kept


def require(step: Step, attempt_id: str, config: Config) -> tuple[Attempt, Pending]:
    """Returns the attempt, and what WorkOS is waiting for; raises Failure if that is over."""
    attempt = attempts.require(None, attempt_id, config, stage=EXCHANGING)
    pending = attempt.pending
    if pending is None:
        raise attempts.AttemptMissing
    if pending.step != step.name:
        raise StepDone if page_of(attempt) else attempts.AttemptMissing
    try:
        shapes.read(step.shape, pending.details)
    except ValueError:
        raise attempts.AttemptMissing from None
    if time.time() >= pending.ends_at:
        raise InvalidPendingAuthenticationToken
    return attempt, pending


def page_of(attempt: Attempt | None) -> str | None:
    """Returns where the attempt goes on; None if WorkOS waits for nothing that has a page here."""
    if attempt and attempt.pending:
        endpoint = f"signin.{attempt.pending.step}.show"
        # Another release may know more steps than this one.
        if endpoint in current_app.view_functions:
            return url_for(endpoint, attempt=attempt.id)
    return None

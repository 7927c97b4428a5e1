"""What WorkOS may ask in between, one file for each step that has a page of ours."""

from __future__ import annotations

import time
from dataclasses import replace

from flask import Response, url_for

from ...config import settings
from ...web import log
from ...web.answers import see_other
from ...workos_api.steps import StepRequired
from .. import attempts
from ..attempt import STEP_LIFETIME, Pending
from ..step import Step
from . import choose_organization

STEPS: tuple[Step, ...] = (choose_organization.STEP,)


def lead_on(required: StepRequired) -> Response | None:
    """Seals what WorkOS is waiting for with the attempt, and leads on to its page.

    Returns None if there is no page for it, and it is a failure.
    """
    attempt = attempts.current()
    step = next((step for step in STEPS if isinstance(required, step.required)), None)
    details = step.details(required) if step else None
    if not (attempt and attempt.secret and step and required.token and details is not None):
        return None
    ends_at = int(time.time()) + STEP_LIFETIME
    pending = Pending(step.name, required.token, ends_at, details)
    forget_at = max(attempt.forget_at, ends_at)
    attempt = replace(attempt, pending=pending, forget_at=forget_at)
    if not attempts.fits(attempt):
        return None
    attempts.remember(attempt, settings())
    log.event("authn_step_required", required=step.name)
    body = {"status": "step_required", "step": step.name, "attempt": attempt.id, **details}
    return see_other(url_for(step.page, attempt=attempt.id), json=body, status=202)

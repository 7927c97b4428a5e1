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
from ..attempt import LATE, STEP_LIFETIME, Attempt, Pending
from ..step import Step
from . import (
    choose_method,
    choose_organization,
    complete_email,
    enroll_totp,
    radar,
    totp,
    verify_email,
)
from .at_authkit import lead_to_authkit

STEPS: tuple[Step, ...] = (
    choose_method.STEP,
    choose_organization.STEP,
    complete_email.STEP,
    radar.STEP,
    verify_email.STEP,
    totp.STEP,
    enroll_totp.STEP,
)


def lead_on(required: StepRequired) -> Response | None:
    """Leads on to the page for what WorkOS asks, or else to hosted AuthKit, which has all pages.

    Returns None if there is neither, and it is a failure; raises Failure.
    """
    attempt = attempts.current()
    if not (attempt and attempt.secret):
        return None
    return _to_its_page(attempt, required) or lead_to_authkit(attempt, required)


def _to_its_page(attempt: Attempt, required: StepRequired) -> Response | None:
    step = next((step for step in STEPS if isinstance(required, step.required)), None)
    if not (step and (required.token or not step.needs_token)):
        return None
    if (details := step.details(required)) is None:
        return None
    config, ends_at = settings(), int(time.time()) + STEP_LIFETIME
    pending = Pending(step.name, required.token if step.needs_token else "", ends_at, details)
    # It outlives the step, so that people who are late find their address filled in.
    attempt = replace(
        attempt,
        pending=pending,
        forget_at=max(attempt.forget_at, ends_at + LATE),
        login_hint=required.email or attempt.login_hint,
    )
    if not attempts.fits(attempt):
        return None
    if step.mail and config.mails_itself:
        step.mail(details, pending.token, config)
    attempts.remember(attempt, config)
    log.event("authn_step_required", required=step.name)
    told = {name: value for name, value in details.items() if name not in step.hidden}
    body = {"status": "step_required", "step": step.name, "attempt": attempt.id, **told}
    return see_other(url_for(step.page, attempt=attempt.id), json=body, status=202)

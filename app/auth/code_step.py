"""What all steps share that ask for a code: six digits, from an email or from an app."""

from __future__ import annotations

from collections.abc import Callable

from flask import Response
from workos.user_management.models import AuthenticateResponse

from .. import limits
from ..config import settings
from ..failures import WrongCode
from ..session.store import session_store
from ..web.fields import submitted
from ..web.visitor import this_visitor
from ..workos_api.refusals import CodeRefused
from .attempt import Pending
from .complete import complete
from .door import Proof
from .step import Step, require
from .typed_code import CodeUnreadable, plain_code

PAGE = "auth/steps/code.html"  # which the page of each step extends


class StepCodeMissing(CodeUnreadable):
    """No code was typed."""

    title = "Enter the code"
    reason = "You left it empty. It has six digits."
    form = PAGE


class StepCodeMalformed(CodeUnreadable):
    """Something other than digits was typed."""

    title = "Check the code"
    reason = "A code has only digits. Spaces and dashes do not matter."
    form = PAGE


def redeem_code(
    step: Step, page: str, exchange: Callable[[Pending, str], AuthenticateResponse | Proof]
) -> Response:
    """Has `exchange` spend the code that was typed; signs in, or goes on to what WorkOS asks next.

    What is wrong with a code is said on `page`, where it can be typed again. There are five tries
    for each that `mails` in the details of the step counts, and tries count for their `email`.
    """
    fields = submitted("attempt", "one_time_code")
    config, store = settings(), session_store()
    attempt, pending = require(step, fields["attempt"], config)
    asked = f"{attempt.id} {step.name} {pending.details.get('mails', 0)}"
    email = pending.details.get("email") or attempt.email or attempt.id
    try:
        one_time_code = plain_code(
            fields["one_time_code"], missing=StepCodeMissing, malformed=StepCodeMalformed
        )
        limits.count_try(asked, email, this_visitor(), config)
        store.check()  # before the code is spent on a session that could not be kept
        reply = exchange(pending, one_time_code)
    except (CodeUnreadable, WrongCode, CodeRefused) as refused:
        refused.form = page
        if isinstance(refused, WrongCode):
            refused.tries_left = limits.tries_left(asked)
        raise
    proof = reply if isinstance(reply, Proof) else Proof.from_authentication(attempt, reply, config)
    return complete(attempt, proof, config, store)

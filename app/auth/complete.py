"""Where every door and every step ends."""

from __future__ import annotations

from flask import Response

from .. import limits, session
from ..config import Config
from ..web.answers import see_other
from . import attempts
from .attempt import BEGINNING, Attempt
from .door import Proof


def complete(attempt: Attempt, proof: Proof, config: Config) -> Response:
    """Signs in the person named in the proof, and sends them back to where they were."""
    attempts.follow(attempt, BEGINNING)
    session.sign_in(
        proof.identity,
        workos_session=proof.workos_session,
        caller_state=attempt.caller_state,
    )
    if attempt.email:
        limits.forgive(attempt.email)
    attempts.end(attempt, config)
    return see_other(
        attempt.return_to, json={"status": "signed_in", "return_to": attempt.return_to}
    )

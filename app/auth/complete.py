"""Where every door and every step ends."""

from __future__ import annotations

from flask import Response

from .. import limits, session
from ..config import Config
from ..limits import known_browsers
from ..session.store import SessionStore
from ..web.answers import see_other
from . import attempts, second_factor
from .attempt import BEGINNING, Attempt
from .door import Proof


def complete(attempt: Attempt, proof: Proof, config: Config, store: SessionStore) -> Response:
    """Signs in the person named in the proof, and sends them back to where they were."""
    if config.require_mfa == "on" and not (proof.second_factor or attempt.second_factor):
        second_factor.require(proof)
    attempts.follow(attempt, BEGINNING)
    session.sign_in(
        proof.identity,
        config,
        store,
        workos_session=proof.workos_session,
        caller_state=attempt.caller_state,
        proved_at=proof.proved_at,
    )
    body = {"status": "signed_in", "return_to": attempt.return_to}
    response = see_other(attempt.return_to, json=body)
    # Only an address that was mailed to: what else may vouch for one, such as a customer's own
    # identity provider, must not get budgets to guess at the codes of others.
    if attempt.email:
        limits.forgive(attempt.email, config)
    known_browsers.remember(attempt.email, proof.identity.user_id, attempt.method, config, response)
    attempts.end(attempt, config, response)
    return response

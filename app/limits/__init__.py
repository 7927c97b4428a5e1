"""How often something may be asked for: each limit has a name, and its number is a setting.

Everything but a wrong API key is counted before the attempt, so that parallel guesses cannot slip
through together. Flask-Limiter's decorator limits what needs only the visitor. What needs more is
counted by a plain call, through the same storage and in the same windows, with all its budgets in
one step.
"""

from __future__ import annotations

import time

from flask import Flask, current_app
from flask_limiter import Limiter, RequestLimit
from limits.storage import Storage

from ..config import DAY, Config
from ..failures import NEW_CODE, RELOAD, SITE_DOCTOR, Failure
from ..keys import Keyring
from ..web.visitor import Visitor, this_visitor
from ..workos_api.client import take_place
from ..workos_api.refusals import CodeRefused
from . import counters, known_browsers
from .counters import Budget, Limits, hit

TRIES_PER_CODE = 5
# Longer than any code lives, so that none sees a second window; relay codes live up to a day.
TRIES = f"{TRIES_PER_CODE} per 2880 minutes"
# Tries in a known browser until it counts as an unknown one: its cookie may have been stolen.
TRIES_WHILE_KNOWN = f"100 per {known_browsers.LIFETIME // DAY} days"


class TooManyRequests(Failure):
    """A limit was reached."""

    status = 429
    title = "Too many requests"
    reason = "We limit this, to keep everybody's mailbox and account safe."
    button = RELOAD
    event = "excess_rate_limit_exceeded"
    symptom = "429: too many requests"
    cause = (
        "A limit was reached. Behind a proxy that TRUSTED_PROXIES does not count, everybody is one "
        "visitor."
    )
    diagnosis = SITE_DOCTOR
    fix = "Set TRUSTED_PROXIES to the number of your proxies. Only then consider a LIMIT_ setting."


class TooManyTries(CodeRefused):
    """This code was guessed at too often; waiting does not bring it back."""

    title = "Too many wrong codes"
    reason = "To stop people guessing, this code no longer works. Ask for a new one."
    button = NEW_CODE
    event = "authn_login_fail_max"


def init_app(app: Flask, keyring: Keyring, storage: Storage) -> None:
    """Gives the application its limits, counted in `storage`."""
    app.extensions["signin_limits"] = Limits(storage, keyring.derive("pseudonym")[0])


def _refuse(limit: RequestLimit) -> None:
    raise TooManyRequests(retry_after=max(1, int(limit.reset_at - time.time())))


limiter = Limiter(
    key_func=lambda: this_visitor().address,
    strategy="fixed-window",
    storage_uri="signin://",
    on_breach=_refuse,
)
# It is attached to an application of its own, so that it reads none of a host's RATELIMIT_
# settings, and hooks into no request but those to the views it decorates.
limiter.init_app(Flask("limits"))

verifying = limiter.shared_limit(
    # Not by settings(): they differ for previews, and Flask-Limiter asks twice for each request.
    lambda: str(current_app.extensions["signin_settings"].limit_verify_per_visitor),
    "verify-visitor",
)
"""Limits how often one visitor reaches a step between a door and the session."""


def count_mail(counted_for: str, visitor: Visitor, config: Config) -> None:
    """Counts a mail for its address, the visitor's network and everybody; raises TooManyRequests.

    A browser that is known for the address has a budget of its own, and so have all such together:
    what strangers use up is no concern of theirs.
    """
    take_place()  # who is sent away for want of one has not asked for anything yet
    of_visitor = Budget("send-visitor", visitor.address, config.limit_send_per_visitor)
    if browser := known_browsers.find(counted_for, config):
        exceeded = hit(
            of_visitor,
            Budget("send-known-browser", browser, config.limit_send_per_known_browser),
            Budget("send-total-known", "everyone", config.limit_send_total_known),
        )
    else:
        # From the narrowest on: what one of them refuses uses up nothing of the wider ones.
        pair = f"{counted_for}/{visitor.network}"
        exceeded = hit(
            of_visitor,
            Budget("send-pair", pair, config.limit_send_per_address_and_network),
            Budget("send-network", visitor.network, config.limit_send_per_network),
            Budget("send-address", counted_for, config.limit_send_per_address),
            Budget("send-total", "everyone", config.limit_send_total),
        )
    if exceeded:
        raise TooManyRequests(retry_after=exceeded.retry_after)


def count_try(attempt_id: str, email: str, visitor: Visitor, config: Config) -> None:
    """Counts a try for the visitor, its code and its address: always five tries a code.

    A browser that is known for the address has a budget of its own, until somebody has tried in
    vain too often there. Raises TooManyTries, TooManyRequests, and StoreUnavailable: if each worker
    gave five tries of its own, a storage that stalls for seconds would give a guesser many more.
    """
    take_place()  # or a full house would use up somebody's tries
    email = email.casefold()  # WorkOS may have it as it was first written
    of_visitor = Budget("try-visitor", visitor.address, config.limit_verify_per_visitor)
    tries, of_address = _tries(attempt_id), _tries_of_address(email, config)
    if browser := known_browsers.find(email, config):
        exceeded = hit(
            of_visitor,
            tries,
            Budget("tries-while-known", browser, TRIES_WHILE_KNOWN),
            Budget("verify-known-browser", browser, config.limit_verify_per_known_browser),
            never_alone=True,
        )
        if exceeded and exceeded.scope == "tries-while-known":
            exceeded = hit(of_address, never_alone=True)
    else:
        exceeded = hit(of_visitor, tries, of_address, never_alone=True)
    if exceeded and exceeded.scope == tries.scope:
        raise TooManyTries
    if exceeded:
        raise TooManyRequests(retry_after=exceeded.retry_after)


def count_visit(what: str, visitor: Visitor, config: Config) -> None:
    """Counts what a visitor does, each `what` apart from the others; raises TooManyRequests.

    For what is counted only once it is known who asks for what; before that, `verifying` does.
    """
    of_visitor = Budget(f"{what}-visitor", visitor.address, config.limit_verify_per_visitor)
    if exceeded := hit(of_visitor):
        raise TooManyRequests(retry_after=exceeded.retry_after)


def tries_left(attempt_id: str) -> int:
    """Returns how many more tries the code of this attempt has."""
    return counters.left(_tries(attempt_id))


def forgive(email: str, config: Config) -> None:
    """Forgets the tries for this address, because the person has proved that it is theirs."""
    counters.clear(_tries_of_address(email.casefold(), config))


def _tries(attempt_id: str) -> Budget:
    return Budget("tries", attempt_id, TRIES)


def _tries_of_address(email: str, config: Config) -> Budget:
    return Budget("verify-address", email, config.limit_verify_per_address)

"""`GET /auth/callback`: where WorkOS sends people back, by every door."""

from __future__ import annotations

import logging
import time

from flask import Blueprint, Response, url_for

from .. import limits
from ..config import settings
from ..failures import CODE_INSTEAD, Failure
from ..limits.counters import times
from ..session.store import session_store
from ..web import log
from ..web.answers import see_other, wants_json
from ..web.fields import queried
from ..web.prefetch import refuse_machines
from ..web.visitor import this_visitor
from ..workos_api.client import take_place
from . import attempts, code_instead, state
from .attempt import EXCHANGING
from .callback_errors import (
    CALLBACK_ERRORS,
    AccessDenied,
    CallbackError,
    SignInDeclined,
    Unasked,
)
from .complete import complete
from .doors import find_door, offered
from .state import Arrival, LinkBroken, LinkUsedUp, StateInvalid
from .step import StepDone

bp = Blueprint("callback", __name__)


class CallbackIncomplete(LinkBroken):
    """Neither a code nor an error."""

    title = "This link is incomplete"
    reason = "Part of it is missing. Some mail programs break long lines."
    button = CODE_INSTEAD


class StateMissing(Unasked):
    """A code that this browser did not ask for."""

    title = "This sign-in did not start here"
    reason = "What brought you here is not tied to your browser, so it was not used. Start here."


@bp.get("/auth/callback")
def receive() -> Response:
    """Has the door of the attempt redeem `code` once, for the browser that `state` belongs to."""
    refuse_machines()
    config = settings()
    query = queried("code", "state", "error", "connection_id", "organization_id")
    arrival = state.arrive(query["state"], config)
    if arrival and arrival.is_in_time:
        _notice(arrival, query["state"])
    if query["error"]:
        refusal = _refusal(query["error"], arrival)
        if isinstance(refusal, Unasked) and not query["state"]:
            return _begin_again(refusal, query)
        raise refusal
    if not query["code"]:
        raise CallbackIncomplete
    if not query["state"]:
        return _begin_again(StateMissing(), query)
    if not arrival:
        raise StateInvalid
    attempt, store, visitor = state.require_attempt(arrival), session_store(), this_visitor()
    take_place()  # before all that counts: who is sent away can open the same link again
    # Counted only now: an image on any web page can send its readers here, but not with our cookie,
    # and costs WorkOS nothing. So nobody's budget can be used up from elsewhere.
    limits.count_visit("callback", visitor, config)
    if attempt.pending:
        raise StepDone  # they went back to the page of the provider, and on again
    state.spend(attempt, store)
    door = find_door(attempt.method)
    if door is None or door.redeem is None:
        raise StateInvalid  # nobody is sent here from such a door
    proof = door.redeem(attempt, query["code"], visitor.browser, config)
    return complete(attempt, proof, config, store)


def _notice(arrival: Arrival, token: str) -> None:
    found = arrival.state
    if arrival.attempt is None:
        attempts.follow(code_instead.offer(token, found), EXCHANGING)
    # A repetition is the sign of a mail scanner: it came first, and now the person comes.
    name, seconds = f"callback:{found.attempt_id}", found.ends_at - time.time()
    count = times(name, for_seconds=seconds)
    if count > 1:
        log.event("authn_callback_repeated", level=logging.WARNING, count=count)


def _begin_again(unasked: Unasked, query: dict[str, str]) -> Response:
    # WorkOS also sends people here unasked: impersonation, invitations, an identity provider's own
    # page. We cannot know whose code that is, so it is thrown away, and a door begins anew.
    if wants_json():
        raise unasked
    log.event("authn_callback_unasked", reason=unasked.name())
    for begin_again in (door.begin_again for door in offered()):
        if begin_again and (away := begin_again(query)):
            return away
    if not isinstance(unasked, StateMissing):
        raise unasked
    return see_other(url_for("signin.sign_in.show", because=unasked.name()), json={})


def _refusal(error: str, arrival: Arrival | None) -> Failure:
    # An error spends nothing. All that matters is whether the link has signed somebody in.
    if arrival:
        try:
            state.require_attempt(arrival)
        except LinkUsedUp as failure:
            log.event("authn_callback_unmatched", reason=failure.name())
            if isinstance(failure, state.StateUsed | state.AlreadySignedIn):
                return failure
    kind = CALLBACK_ERRORS.get(error, CallbackError)
    is_without_link = arrival is not None and not arrival.state.email
    return SignInDeclined() if kind is AccessDenied and is_without_link else kind()

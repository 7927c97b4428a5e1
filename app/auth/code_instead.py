"""A code instead of a link that did not work, emailed to the same address.

A browser that did not ask for the link does not know the address. It gets the address sealed in a
token, and part of it to show. It may be a mail scanner that submits every form, so there is one
code for each link, and it does not count towards the limit of the address.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from ..failures import Failure
from ..keys import CLOCK_SKEW
from ..session.store import session_store
from .attempt import Attempt
from .state import LinkUsedUp, State, StateExpired, StateInvalid, read


class CodeInsteadSent(LinkUsedUp):
    """This link has already been replaced by a code."""

    title = "A code has already been sent"
    reason = (
        "It went to the same address, and works in the browser that asked for it. To get another, "
        "enter your address."
    )


def offer(token: str, state: State) -> Attempt:
    """Returns the attempt as another browser may see it: only to be shown."""
    return Attempt(
        id=state.attempt_id,
        secret="",
        method="",
        return_to="/",
        started_at=0.0,
        lifetime=0,
        ends_at=state.ends_at,
        forget_at=state.ends_at,
        email=state.email,
        knows_email=False,
        instead_of=token,
    )


def replaced_link(token: str) -> State:
    """Returns the link that the code is to replace; raises Failure."""
    state = read(token)
    if not state.email:
        raise StateInvalid  # nothing was mailed that a code could replace
    if time.time() >= state.ends_at + CLOCK_SKEW:
        raise StateExpired
    return state


@contextmanager
def spending(link: State) -> Iterator[None]:
    """Spends the offer, unless the mail fails; raises CodeInsteadSent."""
    claim, store = f"code-instead:{link.attempt_id}", session_store()
    if not store.claim(claim, expires_at=link.ends_at):
        raise CodeInsteadSent
    try:
        yield
    except Failure:
        store.release(claim)
        raise

"""A code instead of a link that did not work, e-mailed to the same address.

A browser that did not ask for the link does not know the address. It gets it sealed in a token,
and a part of it to show. Such a browser may be a mail scanner that submits every form, so there is
one code for each link, which does not count for the address.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from flask import g

from app.auth import state
from app.auth.state import State
from app.failures import Failure
from app.session.store import session_store
from app.web import log
from app.web.email_address import canonical_email
from app.web.fields import submitted


@dataclass(frozen=True)
class Offer:
    """What the button on a failure page sends, and what stands beside it."""

    instead_of: str
    masked_email: str


def offer(token: str) -> None:
    """Lets the failure page, should there be one, offer a code to the address behind `state`."""
    try:
        found = state.read_in_time(token)
    except Failure:
        return
    g.code_instead = Offer(token, log.masked_email(found.email))


def offered() -> Offer | None:
    """Returns what this page may offer."""
    found: Offer | None = g.get("code_instead")
    return found


def asked_address() -> str:
    """Returns the address that a form asks mail for, typed or behind the link; raises Failure."""
    found = _replaced_link()
    return found.email if found else canonical_email(submitted("email")["email"])


def counted_for() -> str:
    """Returns what the mail counts for: its address, or the link that it replaces.

    A scanner that submits forms must not use up what the person may ask for.
    """
    found = _replaced_link()
    return f"link {found.attempt_id}" if found else asked_address()


@contextmanager
def spending() -> Iterator[bool]:
    """Spends the offer, if this form carries one, unless the mail fails; says whether it does.

    Raises Failure the second time.
    """
    found = _replaced_link()
    if found is None:
        yield False
        return
    claim = f"code-instead:{found.attempt_id}"
    if not session_store().claim(claim, expires_at=found.ends_at):
        raise Failure("code_instead_sent")
    try:
        yield True
    except Failure:
        session_store().release(claim)
        raise


def _replaced_link() -> State | None:
    token = submitted("instead_of")["instead_of"]
    return state.read_in_time(token) if token else None

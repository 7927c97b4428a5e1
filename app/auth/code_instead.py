"""A code instead of a link that did not work, e-mailed to the same address.

A browser that did not ask for the link does not know the address. It gets it sealed in a token,
and a part of it to show.
"""

from __future__ import annotations

from dataclasses import dataclass

from flask import g

from app import log
from app.auth import state
from app.email_address import canonical_email
from app.failures import Failure
from app.fields import submitted


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
    fields = submitted("email", "instead_of")
    if fields["instead_of"]:
        return state.read_in_time(fields["instead_of"]).email
    return canonical_email(fields["email"])

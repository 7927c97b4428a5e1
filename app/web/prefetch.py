"""Requests that nobody made on purpose: HEAD, and browsers opening pages in advance."""

from __future__ import annotations

from flask import request

from ..failures import RELOAD, Failure


class Prefetched(Failure):
    """A link was opened before anybody clicked it; nothing was spent."""

    status = 503
    title = "This link is waiting for a click"
    reason = "It was opened in advance. A sign-in link only works when somebody clicks it."
    button = RELOAD
    event = "authn_callback_ignored"
    symptom = "503: a link was opened in advance"
    cause = (
        "A browser or a preview opened the link before anybody clicked it (HEAD, Sec-Purpose, "
        "Purpose, X-Moz). Nothing was used up."
    )
    fix = "Nothing: the click works."


def refuse_machines() -> None:
    """Raises Prefetched for a request that nobody made on purpose."""
    purposes = (request.headers.get(name, "") for name in ("Sec-Purpose", "Purpose", "X-Moz"))
    if request.method == "HEAD" or any("pre" in purpose.lower() for purpose in purposes):
        raise Prefetched

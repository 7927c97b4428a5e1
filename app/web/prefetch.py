"""Requests that nobody made on purpose: HEAD, pages opened in advance, images of other sites."""

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
        "Purpose, X-Moz), or a page of another site loaded it as an image or the like "
        "(Sec-Fetch-Dest). Nothing was used up."
    )
    fix = "Nothing: the click works."


def refuse_machines() -> None:
    """Raises Prefetched for a request that nobody made on purpose."""
    purposes = (request.headers.get(name, "") for name in ("Sec-Purpose", "Purpose", "X-Moz"))
    is_in_advance = any("pre" in purpose.lower() for purpose in purposes)
    # Otherwise any web page could use up its readers' limits with a few <img>
    # (https://www.w3.org/TR/fetch-metadata/). People who come from elsewhere come for a document.
    is_for_page = is_from_elsewhere() and request.headers.get("Sec-Fetch-Dest") != "document"
    if request.method == "HEAD" or is_in_advance or is_for_page:
        raise Prefetched


def is_from_elsewhere() -> bool:
    """Whether a page of another site brought the browser here, as far as it says so."""
    return request.headers.get("Sec-Fetch-Site") in ("cross-site", "same-site")

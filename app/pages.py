"""Renders pages in the site's layout, with what every template may use."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import Response, jsonify, make_response, render_template
from flask_babel import force_locale
from flask_wtf.csrf import generate_csrf

from .config import settings
from .dangers import LOOPBACK
from .session import signed_in_identity
from .session.claims import can, has_feature
from .web import csrf
from .web.answers import wants_json
from .web.browsers import browser_in_words
from .web.language import ENGLISH, current_language
from .web.peer import is_on_this_machine
from .web.qr_code import qr_code
from .web.words import ago, all_of, any_of, exact_moment, in_words, moment

# What only some pages say; named, because a host's templates may be strict about undefined names.
BLANK = dict.fromkeys(("connections", "failure", "is_first", "label", "last_used", "reason"))


def common() -> dict[str, dict[str, Any]]:
    """Returns what every template may use.

    It is all under one name, so that a layout keeps its own `current_user` or `moment`.
    """
    config = settings()
    is_development = config.is_development and is_on_this_machine()
    is_workos_here = urlsplit(config.workos_base_url).hostname in LOOPBACK
    shared = {
        "layout": config.layout,
        "current_user": signed_in_identity(),
        "is_development": is_development,
        "mailbox": config.workos_base_url if is_development and is_workos_here else "",
        "mails_itself": config.mails_itself,
        "methods": config.sign_in_with,
        "makes_api_keys": config.api_keys == "on",
        "can": can,
        "has_feature": has_feature,
        "csrf_token": generate_csrf,
        "csrf_field": csrf.field(),
        "language": current_language(),
        "browser": browser_in_words,
        "any_of": any_of,
        "all_of": all_of,
        "ago": ago,
        "in_words": in_words,
        "moment": moment,
        "exact_moment": exact_moment,
        "qr_code": qr_code,
    }
    return {"signin": shared}


def render(template: str, **values: Any) -> str:
    """Returns the page."""
    return render_template(template, **common(), **{**BLANK, **values})


def render_for_developers(template: str, **values: Any) -> str:
    """Returns a page that only developers see, which is in English."""
    with force_locale(str(ENGLISH)):
        return render(template, **values)


def leave(url: str, heading: str, *, json: dict[str, Any]) -> Response:
    """Answers a form that ends at another site, or gives a program `json`; `url` is made by us.

    Not a redirect: browsers hold every redirect that follows a form to form-action in our
    Content-Security-Policy, and nobody knows where WorkOS leads on to. A page that moves on by
    itself is no form.
    """
    if wants_json():
        return jsonify(json)
    return make_response(render("auth/leaving.html", url=url, heading=heading))

"""Cross-site request forgery: every POST carries a token that only our own pages know.

Calls with `Authorization: Bearer` and without a session need none: no browser adds that header to
a request of another site (only a script can, and CORS lets none), and there is nothing to ride on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Flask, current_app, g, request, session
from flask_wtf import CSRFProtect
from flask_wtf.csrf import same_origin, validate_csrf
from wtforms.validators import ValidationError

from ..config import settings
from ..failures import BadInput, CookieLost
from ..keys import Keyring
from .authorization import bearer_token

HEADER = "X-CSRFToken"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class CSRF(BadInput, CookieLost):
    """The token of a form or a call is missing, or from another session."""

    title = "This page was out of date"
    reason = (
        "It was opened before you last signed in or out, or your browser does not keep cookies. "
        "Nothing was changed."
    )
    event = "malicious_csrf"


def init_app(
    app: Flask, blueprint: Blueprint, *, exempt: tuple[Callable[..., Any], ...] = ()
) -> None:
    """Refuses every POST to the blueprint without its token (form field or X-CSRFToken).

    It changes none of Flask-WTF's settings, which the application may need for its own forms.
    `exempt` are views that no browser calls, and that check their callers in other ways.
    """
    if protection := app.extensions.get("csrf"):
        for view in exempt:
            protection.exempt(view)

    @blueprint.before_request
    def refuse_without_token() -> None:
        view = current_app.view_functions[request.endpoint or ""]
        # A CSRFProtect may have found it valid already; and somebody may have switched it off.
        if request.method in SAFE or view in exempt or g.get("csrf_valid"):
            return
        token = request.form.get(field()) or request.headers.get(HEADER)
        try:
            validate_csrf(token, time_limit=settings().session_lifetime)
        except ValidationError:
            raise CSRF from None
        # A neighbouring host name can plant a session, and a token with it, but not a Referer.
        try:
            if request.is_secure and not same_origin(request.referrer or "", request.host_url):
                raise CSRF(detail="referer")
        except ValueError:  # that nobody can read
            raise CSRF(detail="referer") from None


class Protection(CSRFProtect):  # type: ignore[misc] # Flask-WTF ships no types
    """Flask-WTF's, less the calls of programs."""

    def __init__(self, app: Flask, sessions: tuple[str, ...]) -> None:
        self._sessions = sessions
        super().__init__(app)

    def protect(self, *arguments: Any, **named: Any) -> None:
        """Refuses the request without its token, unless a program makes it."""
        if request.method in SAFE:  # before Flask-WTF asks whether their view is exempt
            return
        has_session = any(name in request.cookies for name in self._sessions)
        if has_session or bearer_token() is None:
            super().protect(*arguments, **named)


def protect_everything(app: Flask, keyring: Keyring, session_cookie: str) -> None:
    """Refuses every POST to the whole application without its token.

    Calls with a bearer token need none, unless the cookie of a session comes along: the one named
    here, or `flask.session`.
    """
    app.config["WTF_CSRF_SECRET_KEY"] = keyring.derive("csrf")[::-1]  # the newest last
    # A page may stay open for as long as its session.
    app.config["WTF_CSRF_TIME_LIMIT"] = None
    Protection(app, (session_cookie, app.config["SESSION_COOKIE_NAME"]))


def field() -> str:
    """Returns the name of the field that carries the token, and of the secret in the session."""
    return str(current_app.config.get("WTF_CSRF_FIELD_NAME", "csrf_token"))


def forget_secret() -> None:
    """Makes every token handed out so far worthless, in case an attacker knows one."""
    session.pop(field(), None)

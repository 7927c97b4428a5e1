"""Headers: which of a request's are passed on, and what every response has, errors included."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flask import Blueprint, Flask, Response, current_app, request, session

from ..config import Config
from .language import LANGUAGE
from .log import REQUEST_ID
from .public_host import UnknownHost

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

WHOLE_SITE = "signin_whole_site"  # of an application that is nothing but this one
YEAR = 365 * 24 * 60 * 60
STATIC_MAX_AGE = 60 * 60  # seconds

# form-action also decides where a form's answer may redirect to: ours stay on this site.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "img-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "object-src 'none'",
        # For tools that ask for robots.txt in a page's name (Lighthouse): ours fetch nothing.
        "connect-src 'self'",
    )
)
# For pages of one's own: script files of this site, which may fetch from it; nothing inline.
WITH_SCRIPTS = f"{CONTENT_SECURITY_POLICY}; script-src 'self'"
# Everything that a shared computer might keep, less "cookies": ours go by name, because one of them
# stays, and those of sibling host names are not ours to clear.
CLEAR_SITE_DATA = '"cache", "storage"'
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not no-referrer: browsers then send `Origin: null`, and CSRF protection over https fails.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), browsing-topics=()",
}
NOT_KEPT = {"Cache-Control": "no-store", "Vary": "Cookie"}


def init_app(app: Flask, config: Config) -> None:
    """Adds the security headers to every response of the whole site, and forbids storing any."""
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = STATIC_MAX_AGE
    headers = dict(HEADERS)
    if config.is_https:
        headers["Strict-Transport-Security"] = f"max-age={YEAR}"
    app.wsgi_app = _Around(app.wsgi_app, headers)  # type: ignore[method-assign] # Flask's documented way


def clear_site(response: Response) -> Response:
    """Makes the browser forget all that it has of the person, if the whole site is ours."""
    if WHOLE_SITE in current_app.extensions:
        session.clear()
        response.headers["Clear-Site-Data"] = CLEAR_SITE_DATA
    return response


def allow_scripts(blueprint: Blueprint) -> None:
    """Lets the pages of this blueprint load script files of this site; none of ours does."""
    blueprint.after_request(_with_scripts)


def _with_scripts(response: Response) -> Response:
    response.headers.setdefault("Content-Security-Policy", WITH_SCRIPTS)  # a view may have its own
    return response


def forbid_keeping(response: Response) -> Response:
    """Keeps a page out of every cache: it shows who is signed in, and must not outlive that."""
    response.headers.update(_not_kept(request.environ))
    return response


def _not_kept(environ: WSGIEnvironment) -> dict[str, str]:
    if language := environ.get(LANGUAGE):
        return NOT_KEPT | {"Vary": "Accept-Language, Cookie", "Content-Language": language}
    return NOT_KEPT


class _Around:
    """Stands around the whole application, at a fifth of the cost of Flask's hooks."""

    def __init__(self, application: WSGIApplication, headers: Mapping[str, str]) -> None:
        self._application = application
        self._headers = list(headers.items())

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        environ[REQUEST_ID] = secrets.token_hex(8)

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            present = {name for name, _ in headers}  # a view may have set one of its own
            added = [header for header in self._headers if header[0] not in present]
            added.append(("X-Request-ID", environ[REQUEST_ID]))
            asked = environ.get("werkzeug.request")  # where Flask leaves it, if it was asked
            may_be_kept = getattr(asked, "endpoint", None) == "static" and status < "4"
            if "Set-Cookie" in present or not may_be_kept:
                ours = _not_kept(environ)
                headers = [header for header in headers if header[0].title() not in ours]
                added.extend(ours.items())
            return start_response(status, headers + added, exc_info)

        try:
            # No name server could know it, and Flask would fail to encode it (IDNA).
            environ.get("HTTP_HOST", "").encode("idna")
        except UnicodeError:
            body = f"{UnknownHost.title}.\n".encode()
            length = ("Content-Length", str(len(body)))
            start("400 Bad Request", [("Content-Type", "text/plain"), length])
            return [body]
        try:
            if referer := environ.get("HTTP_REFERER"):
                urlsplit(referer).port  # noqa: B018 # this is what raises
        except ValueError:
            del environ["HTTP_REFERER"]  # over https, a POST without one is refused
        return self._application(environ, start)

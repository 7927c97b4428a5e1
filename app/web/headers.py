"""What every response tells the browser, errors included."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, request

from app.config import Config

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

YEAR = 365 * 24 * 60 * 60
STATIC_MAX_AGE = 60 * 60  # seconds

# form-action also rules over where a form's answer may redirect: ours stay on this site.
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "img-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "object-src 'none'",
    )
)
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


def init_app(app: Flask, config: Config) -> None:
    """Adds the security headers to every response, and forbids keeping any page."""
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = STATIC_MAX_AGE
    headers = dict(HEADERS)
    if config.is_https:
        headers["Strict-Transport-Security"] = f"max-age={YEAR}"
    app.wsgi_app = _Always(app.wsgi_app, headers)  # type: ignore[method-assign] # Flask's documented way

    @app.after_request
    def forbid_keeping(response: Response) -> Response:
        if request.endpoint != "static" or response.status_code >= 400:
            # Every page says who is signed in, so none may come back from a cache after sign-out.
            response.headers["Cache-Control"] = "no-store"
            response.headers["Vary"] = "Cookie"
        return response


class _Always:
    """Adds headers around the application: once for all responses, and at a fifth of the cost."""

    def __init__(self, application: WSGIApplication, headers: Mapping[str, str]) -> None:
        self._application = application
        self._headers = list(headers.items())

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            present = {name for name, _ in headers}  # a view may have set one of its own
            headers.extend(header for header in self._headers if header[0] not in present)
            return start_response(status, headers, exc_info)

        return self._application(environ, start)

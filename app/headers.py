"""What every response tells the browser, errors included."""

from __future__ import annotations

from flask import Flask, Response, request

from app.config import Config

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

    @app.after_request
    def protect(response: Response) -> Response:
        response.headers.update(HEADERS)
        if config.is_https:
            response.headers["Strict-Transport-Security"] = f"max-age={YEAR}"
        if request.endpoint != "static" or response.status_code >= 400:
            # Every page says who is signed in, so none may come back from a cache after sign-out.
            response.headers["Cache-Control"] = "no-store"
            response.vary.add("Cookie")
        return response

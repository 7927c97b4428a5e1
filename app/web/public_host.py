"""Answers at the host name in PUBLIC_URL and at PREVIEW_HOSTS, and at no other.

In development 127.0.0.1 and [::1] lead to PUBLIC_URL, because Flask itself prints them.
"""

from __future__ import annotations

from contextlib import suppress
from urllib.parse import quote, urlsplit

from flask import Flask, redirect, request
from flask.typing import ResponseReturnValue
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.sansio.utils import host_is_trusted

from ..config import Config
from ..dangers import LOOPBACK
from ..failures import BadInput, Button, CookieLost


class UnknownHost(BadInput, CookieLost):
    """The request names a host that is not this site."""

    title = "This site has another address"
    reason = (
        "You can only sign in at the site's own address, because browsers keep the cookies of each "
        "address apart."
    )
    button = Button("public_url", "Open the right address")


def init_app(app: Flask, config: Config) -> None:
    """Refuses other host names, and trusts proxy headers only from TRUSTED_PROXIES hops."""
    if hops := config.trusted_proxies:
        # Never the host: a forged X-Forwarded-Host must not decide what this site is called.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=0)  # type: ignore[method-assign] # Flask's documented way

    usual, name = urlsplit(config.public_url).netloc, [config.public_host]

    @app.before_request
    def refuse_other_hosts() -> ResponseReturnValue | None:
        host = request.environ.get("HTTP_HOST", "").lower()  # host names are not case-sensitive
        # A cookie set by one host is not sent to another, so nobody could finish signing in there.
        if host == usual or host_is_trusted(host, name) or config.at(host) is not config:
            return None
        # Load balancers ask for an instance's health by its address; those answers name no host.
        # The style sheet is for the page that says which address is the right one.
        if request.blueprint == "health" or request.endpoint == "static":
            return None
        if config.is_development and request.method in ("GET", "HEAD") and _is_here(host):
            query = request.query_string.decode("latin-1")
            return redirect(f"{config.public_url}{quote(request.path)}?{query}".rstrip("?"), 307)
        raise UnknownHost


def _is_here(host: str) -> bool:
    with suppress(ValueError):
        return urlsplit(f"//{host}").hostname in LOOPBACK
    return False

"""Answers only under the name in PUBLIC_URL."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, request
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.sansio.utils import host_is_trusted

from app.config import Config
from app.failures import Failure


def init_app(app: Flask, config: Config) -> None:
    """Refuses other host names, and believes proxy headers only from TRUSTED_PROXIES hops."""
    if hops := config.trusted_proxies:
        # Never the host: a forged X-Forwarded-Host must not decide what this site is called.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=0)  # type: ignore[method-assign] # Flask's documented way

    usual = urlsplit(config.public_url).netloc

    @app.before_request
    def refuse_other_hosts() -> None:
        # Load balancers ask for an instance's health by its address; those answers name no host.
        # The style sheet belongs to the page that says which name is the right one.
        if request.blueprint == "health" or request.endpoint == "static":
            return
        host = request.environ.get("HTTP_HOST", "").lower()  # names of hosts have no case
        if host == usual:
            return
        # The cookie set under one name is not sent to another, so sign-in could never end there.
        if not host_is_trusted(host, [config.public_host]):
            raise Failure("unknown_host")

"""Passwordless sign-in with WorkOS: an application to run, read and fork."""

from __future__ import annotations

from flask import Flask
from workos import WorkOSClient

from app import cli, development, health, home, keys, limits, report, session, stores, webhooks
from app import failure_pages as errors
from app.account import overview, sessions
from app.auth import callback, sign_in, sign_out
from app.auth.doors import magic_auth, magic_link
from app.config import Config
from app.web import answers as pages
from app.web import csrf, headers, log
from app.web import public_host as hosts
from app.workos_api import client as workos_client

MAX_BODY = 16 * 1024  # bytes; the largest form here has two short fields


def create_app(config: Config | None = None, *, workos: WorkOSClient | None = None) -> Flask:
    """Returns the application; raises ConfigError naming every setting that is wrong."""
    config = config or Config.from_env()
    app = Flask(__name__, template_folder="../templates", static_folder="../static")
    app.config.update(MAX_CONTENT_LENGTH=MAX_BODY, PROVIDE_AUTOMATIC_OPTIONS=False)
    app.extensions["settings"] = config

    log.init_app(app, config)
    keys.init_app(app, secrets=(config.secret_key, *config.secret_key_fallbacks))
    stores.init_app(app, config)
    session.init_app(app, config)
    workos_client.init_app(app, config, client=workos)
    headers.init_app(app, config)
    hosts.init_app(app, config)
    csrf.init_app(app)
    limits.init_app(app)
    pages.init_app(app)
    errors.init_app(app)

    cli.init_app(app)

    steps = (home, sign_in, magic_auth, magic_link, callback, sign_out)
    for part in (*steps, overview, sessions, webhooks, health, report):
        app.register_blueprint(part.bp)
    development.init_app(app, config)
    return app

"""Passwordless sign-in with WorkOS: an application to run, read and fork."""

from __future__ import annotations

from flask import Flask
from workos import WorkOSClient

from app import (
    cli,
    csrf,
    development,
    errors,
    headers,
    health,
    home,
    hosts,
    keys,
    limits,
    log,
    pages,
    session,
    stores,
    webhooks,
    workos_client,
)
from app.account import overview, sessions
from app.auth import callback, magic_auth, magic_link, sign_in, sign_out
from app.config import Config
from app.doctor import report

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

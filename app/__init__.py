"""Sign-in with WorkOS: an application to run, read and fork, or to take into one that exists."""

from __future__ import annotations

from flask import Blueprint, Flask
from workos import WorkOSClient

from . import (
    actions,
    cli,
    failure_pages,
    health,
    home,
    keys,
    language,
    limits,
    pages,
    report,
    session,
    webhooks,
)
from . import development as for_developers
from .account import api_keys, organizations, overview, security, sessions
from .api import protected_resource, token
from .api import session as api_session
from .auth import callback, invitation, sign_in, sign_out, steps
from .auth import doors as ways_in
from .config import Config
from .guards.bearer import Verified
from .guards.known_api_keys import KnownAPIKeys
from .stores import Stores, choose
from .web import body, csrf, flask_session, headers, log, public_host
from .web import language as web_language
from .workos_api import access_tokens, client

MAX_BODY = 16 * 1024  # bytes; the largest form here has two short fields


def create_app(
    config: Config | None = None,
    *,
    workos: WorkOSClient | None = None,
    stores: Stores | None = None,
    decide: actions.Decide = actions.allow_everybody,
) -> Flask:
    """Returns the application; raises ConfigError naming every setting that is wrong."""
    config = config or Config.from_env()
    app = Flask(__name__, template_folder="../templates", static_folder="../static")
    take_over(app, config)
    init_app(app, config, workos=workos, stores=stores, decide=decide)
    cli.init_app(app, config)
    app.register_blueprint(home.bp)
    app.register_blueprint(health.bp)
    return app


def init_app(
    app: Flask,
    config: Config,
    *,
    workos: WorkOSClient | None = None,
    stores: Stores | None = None,
    decide: actions.Decide = actions.allow_everybody,
) -> None:
    """Adds the sign-in to an application: doors, session, account pages, guards, commands.

    All else stays the application's: its `flask.session`, templates, headers, error pages, hosts.
    """
    ring = keys.init_app(app, config)
    app.extensions["signin_settings"] = config
    store, counters = stores or choose(config)
    app.extensions["signin_store"] = store
    limits.init_app(app, ring, counters)
    web_language.init_app(app, config)
    client.init_app(app, config, client=workos)
    app.after_request(session.cookie.write)
    access_tokens.init_app(app, config)
    app.extensions["signin_verified"] = Verified()
    app.extensions["signin_known_api_keys"] = KnownAPIKeys()
    app.extensions["signin_decide"] = decide

    # One parent for all of ours, so that no name collides with a blueprint of the application's.
    signin = Blueprint("signin", __name__)
    if headers.WHOLE_SITE not in app.extensions:
        signin.after_request(headers.forbid_keeping)
        app.after_request(session.cookie.vary)
    signin.cli.add_command(cli.sessions)
    signin.cli.add_command(cli.tries)
    csrf.init_app(app, signin, exempt=(webhooks.receive, actions.answer, report.report))
    failure_pages.init_app(app, signin)
    doors = ways_in.init_app(app, config.sign_in_with)
    account = (overview, sessions, organizations, security)
    journey = (sign_in, callback, sign_out, invitation)
    for part in (*journey, *account, api_session, protected_resource, webhooks, actions, report):
        signin.register_blueprint(part.bp)
    for way_in in doors:
        signin.register_blueprint(way_in.bp)
    for step in steps.STEPS:
        signin.register_blueprint(step.bp)
    if config.share_access_tokens == "on":
        signin.register_blueprint(token.bp)
    if config.api_keys == "on":
        signin.register_blueprint(api_keys.bp)
    language.init_app(app, signin)
    for_developers.init_app(signin, config)
    app.register_blueprint(signin)


def take_over(app: Flask, config: Config) -> None:
    """Sees to what concerns a whole site: logs, host, headers, body size, forms, error pages."""
    app.extensions[headers.WHOLE_SITE] = True
    app.request_class = body.Request
    app.config.update(MAX_CONTENT_LENGTH=MAX_BODY, PROVIDE_AUTOMATIC_OPTIONS=False)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    ring = keys.init_app(app, config)
    log.init_app(app, config)
    flask_session.init_app(app, config, ring)
    public_host.init_app(app, config)
    headers.init_app(app, config)  # around all that answers by itself
    csrf.protect_everything(app, ring, config.cookie_prefix + session.cookie.NAME)
    failure_pages.answer_everything(app)
    app.context_processor(pages.common)

"""What gunicorn serves to be measured: `gunicorn 'bench.hello:ours()'`, and others beside it."""

from __future__ import annotations

import os

from flask import Flask

from app import create_app
from app.guards import login_required
from bench.subjects import bare_app, flask_login_app, hello


def ours() -> Flask:
    """Returns the application, as the environment sets it, with the guarded view."""
    app = create_app()
    app.add_url_rule("/hello", view_func=login_required(hello))
    return app


def flask_login() -> Flask:
    """Returns Flask-Login's hello-world."""
    return flask_login_app(os.environ["SECRET_KEY"])[0]


def bare() -> Flask:
    """Returns a view that nobody guards."""
    return bare_app()

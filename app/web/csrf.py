"""Cross-site request forgery: every POST carries a token that only our own pages know."""

from __future__ import annotations

from flask import Flask
from flask_wtf import CSRFProtect

from app.keys import Keyring

csrf = CSRFProtect()


def init_app(app: Flask) -> None:
    """Refuses each POST without the token of this browser's session (form field or X-CSRFToken)."""
    keyring: Keyring = app.extensions["keyring"]
    app.config.update(
        WTF_CSRF_SECRET_KEY=keyring.derive("csrf")[::-1],  # itsdangerous wants the newest last
        # A page may stay open as long as the session that it belongs to.
        WTF_CSRF_TIME_LIMIT=None,
    )
    csrf.init_app(app)

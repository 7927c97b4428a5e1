"""Pages for developers: every failure, and what is in the session. They exist on this machine only.

`Config.is_development` decides; anywhere else none of their routes exists.
"""

from __future__ import annotations

from flask import Flask

from app.config import Config
from app.development import failures, session


def init_app(app: Flask, config: Config) -> None:
    """Adds the pages, if this is development."""
    app.context_processor(lambda: {"is_development": config.is_development})
    if config.is_development:
        app.register_blueprint(failures.bp)
        app.register_blueprint(session.bp)

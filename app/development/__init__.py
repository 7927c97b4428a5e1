"""Pages for developers, on this machine only: every failure, and what is in the session.

`Config.is_development` decides; anywhere else their routes do not exist.
"""

from __future__ import annotations

from flask import Blueprint

from ..config import Config
from . import failures, session


def init_app(signin: Blueprint, config: Config) -> None:
    """Adds the pages, if this is development."""
    if config.is_development:
        signin.register_blueprint(failures.bp)
        signin.register_blueprint(session.bp)

"""Pages for developers, on this machine only: every failure, the session, what just happened.

`Config.is_development` decides; anywhere else their routes do not exist.
"""

from __future__ import annotations

from flask import Blueprint

from ..config import Config
from ..web.http_errors import NotFound
from ..web.peer import is_on_this_machine
from . import failures, journey, session
from .journey import record

PAGES = (failures.bp, session.bp, journey.bp)


def refuse_other_machines() -> None:
    """Hides the pages from the local network, where anybody can say `Host: localhost`."""
    if not is_on_this_machine():
        raise NotFound


for bp in PAGES:
    bp.before_request(refuse_other_machines)


def init_app(signin: Blueprint, config: Config) -> None:
    """Adds the pages, and what notes the journeys, if this is development."""
    if config.is_development:
        signin.record(lambda state: record.init_app(state.app))
        for bp in PAGES:
            signin.register_blueprint(bp)

"""Where everything that workers share is kept: one SQLite file, or Redis when REDIS_URL is set.

Hand a store of your own to `create_app`: docs/stores.md.
"""

from __future__ import annotations

from limits.storage import Storage

from ..config import Config
from ..session.store import SessionStore
from .sqlite_sessions import sqlite_stores

Stores = tuple[SessionStore, Storage]  # of sessions, and of what is counted for limits


def choose(config: Config) -> Stores:
    """Returns the stores that the settings name."""
    if config.redis_url:
        from .redis_sessions import redis_stores  # a client of 4 MB, which few need

        return redis_stores(config.redis_url, config.redis_replicas)
    return sqlite_stores(config.database_path)

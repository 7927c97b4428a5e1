"""Where what is shared between workers is kept: one SQLite file, or Redis when REDIS_URL is set."""

from __future__ import annotations

from flask import Flask

from app.config import Config
from app.stores.database import Database
from app.stores.redis_sessions import TIMEOUT, RedisSessionStore
from app.stores.sqlite_limits import SCHEME
from app.stores.sqlite_sessions import SQLiteSessionStore


def init_app(app: Flask, config: Config) -> None:
    """Chooses where sessions and limits are kept; nothing is opened before its first use."""
    if config.redis_url:
        app.extensions["session_store"] = RedisSessionStore(config.redis_url)
        uri = config.redis_url
        # `limits` has another name for what redis-py and everybody else call unix://.
        app.config["RATELIMIT_STORAGE_URI"] = f"redis+{uri}" if uri.startswith("unix:") else uri
        app.config["RATELIMIT_STORAGE_OPTIONS"] = {
            "socket_timeout": TIMEOUT,
            "socket_connect_timeout": TIMEOUT,
        }
    else:
        app.extensions["session_store"] = SQLiteSessionStore(Database(config.database_path))
        app.config["RATELIMIT_STORAGE_URI"] = f"{SCHEME}://{config.database_path.absolute()}"

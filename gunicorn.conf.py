"""How gunicorn serves the application: `make serve`, or plain `gunicorn`."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

# Only the settings may be imported here: whatever the master makes is shared by its workers.
from app.config import Config, ConfigError

try:
    checked = Config.from_env()  # not "config", which gunicorn would take for a setting of its own
except ConfigError as error:
    # Said once, before any worker exists, instead of by each worker with a traceback.
    raise SystemExit(f"Error: {error.message}") from None

wsgi_app = "app:create_app()"
port = os.environ.get("PORT") or urlsplit(checked.public_url).port or 8000
bind = f"0.0.0.0:{port}"  # a proxy asks from elsewhere

# Threads, because a sign-in mostly waits for WorkOS, and the pages of others must not wait with it.
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY") or 2)
threads = int(os.environ.get("THREADS") or 32)
graceful_timeout = 15  # seconds; the longest call to WorkOS ends well before
if Path("/dev/shm").is_dir():  # noqa: S108 # gunicorn's heartbeat file, private and without content
    worker_tmp_dir = "/dev/shm"  # noqa: S108

# It would lie in a home directory, which a hardened container lacks, and nothing here needs it.
control_socket_disable = True

limit_request_line = 4094
limit_request_fields = 64
limit_request_field_size = 16_380  # room for the cookies of several sign-in attempts

# Believe no header about scheme or path: app.hosts does, as far as TRUSTED_PROXIES goes.
forwarder_headers = ""
secure_scheme_headers: dict[str, str] = {}

# No query strings, no referrers: both can carry `code` and `state` of the callback.
accesslog = "-"
access_log_format = '%(t)s %(h)s "%(m)s %(U)s" %(s)s %(B)s %(M)sms'

"""The application as in production: gunicorn with four workers, and the emulator, over sockets."""

from __future__ import annotations

import json
import os
import random
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests
from werkzeug.serving import WSGIRequestHandler, make_server

import emulator as workos_emulator
from app.config import PORTS, SETTINGS
from emulator.smtp import MailServer
from tests.conftest import SECRET_KEY

ROOT = Path(__file__).parents[2]
WORKERS = 4
WEBHOOK_SECRET = "whsec_3zZ7qKd"
SITE_SETTINGS = frozenset({*SETTINGS, *PORTS, "FLASK_DEBUG"})
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class PromptHandler(WSGIRequestHandler):
    """Sends small answers at once: Nagle's algorithm would hold each back for 40 ms."""

    disable_nagle_algorithm = True

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 # Werkzeug's name
        """Says nothing: the lines would only fill the reports of failures."""


@dataclass
class Site:
    """A running application, and the WorkOS behind it."""

    url: str
    workos_url: str
    process: subprocess.Popen[bytes]
    log: Path = Path(os.devnull)
    settings: dict[str, str] = field(default_factory=dict)

    def events(self) -> list[dict[str, Any]]:
        """Returns what the application has logged so far."""
        lines = self.log.read_text().splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    inner_port: int = 0

    @property
    def port(self) -> int:
        """Where people reach it on 127.0.0.1."""
        return int(self.url.rpartition(":")[2])

    def workers(self) -> set[str]:
        """Returns the process ids of gunicorn's workers."""
        listing = subprocess.run(
            ["ps", "-A", "-o", "ppid=,pid="], capture_output=True, text=True, check=True
        )
        pairs = [line.split() for line in listing.stdout.splitlines()]
        return {pid for parent, pid in pairs if parent == str(self.process.pid)}

    def calls(self, path: str) -> int:
        """Returns how often WorkOS was asked this."""
        seen: list[dict[str, Any]] = requests.get(
            f"{self.workos_url}/_emulate/requests", timeout=5
        ).json()
        return sum(call["path"] == path for call in seen)


@dataclass
class Browser:
    """One person's browser, over real sockets."""

    site: Site
    http: requests.Session = field(default_factory=requests.Session)

    def post(self, path: str, **fields: str) -> requests.Response:
        """Submits a form as the site's own page would."""
        page = self.http.get(f"{self.site.url}/sign-in", timeout=10)
        found = TOKEN.search(page.text)
        token = found[1] if found else self.token()
        return self.http.post(
            self.site.url + path,
            data={"csrf_token": token, **fields},
            allow_redirects=False,
            timeout=10,
        )

    def token(self) -> str:
        """Returns the CSRF token of this browser's session."""
        answer = self.http.get(f"{self.site.url}/api/session", timeout=10)
        return str(answer.json()["csrf_token"])

    def is_signed_in(self) -> bool:
        """Whether the site takes this browser for somebody."""
        return self.http.get(f"{self.site.url}/api/session", timeout=10).status_code == 200

    def mail_to(self, email: str) -> dict[str, Any]:
        """Returns the newest mail to this address."""
        mails: list[dict[str, Any]] = requests.get(
            f"{self.site.workos_url}/_emulate/mailbox", timeout=5
        ).json()
        return next(mail for mail in mails if mail["to"] == email)

    def mails_to(self, email: str) -> int:
        """Returns how many mails have gone to this address."""
        mails: list[dict[str, Any]] = requests.get(
            f"{self.site.workos_url}/_emulate/mailbox", params={"to": email}, timeout=5
        ).json()
        return len(mails)

    def sign_in(self, email: str) -> None:
        """Walks the whole way with a code."""
        assert self.post("/auth/magic-auth", email=email).status_code == 303
        code = self.mail_to(email)["one_time_code"]
        assert self.post("/auth/magic-auth/verify", one_time_code=code).status_code == 303

    def status(self, path: str) -> int:
        """Returns the status of a page."""
        return self.http.get(self.site.url + path, allow_redirects=False, timeout=15).status_code

    def callback_of_link(self, email: str) -> str:
        """Asks for a link, and opens it as far as our callback."""
        assert self.post("/auth/magic-link", email=email).status_code == 303
        hosted = requests.get(self.mail_to(email)["links"][0], allow_redirects=False, timeout=5)
        return hosted.headers["Location"]


def free_port() -> int:
    """Returns a port that nobody listens on, for whoever wants a number rather than a socket.

    From below those that the system hands out to clients, which might take it meanwhile.
    """
    for port in random.sample(range(20_000, 30_000), 100):
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise RuntimeError("no free port")


def _nothing(environ: object, start_response: object) -> list[bytes]:
    return []


@contextmanager
def running_site(
    directory: Path, *, certificate: str | None = None, key: str | None = None, **settings: str
) -> Iterator[Site]:
    """Runs gunicorn and the emulator on free ports, and ends them; https with a certificate."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=256)
    scheme = "https" if certificate else "http"
    inner_url = f"{scheme}://localhost:{listener.getsockname()[1]}"
    url = settings.get("PUBLIC_URL", inner_url)
    workos = make_server("127.0.0.1", 0, _nothing, threaded=True, request_handler=PromptHandler)
    # Not localhost, so that for a browser it is another site, as WorkOS is.
    workos_url = f"http://127.0.0.1:{workos.server_port}"
    workos.app = workos_emulator.create_app(
        redirect_uris=[f"{url}/auth/callback"],
        base_url=workos_url,
        webhook_url=f"{url}/webhooks/workos",
        webhook_secret=WEBHOOK_SECRET,
        mails_codes=settings.get("EMAIL_DELIVERY") != "smtp",
    )
    mail = MailServer(workos.app, socket.create_server(("127.0.0.1", 0)))
    threading.Thread(target=workos.serve_forever, daemon=True).start()
    environ = {
        "WORKOS_API_KEY": "sk_test_emulator",
        "WORKOS_CLIENT_ID": "client_emulator",
        "WORKOS_BASE_URL": workos_url,
        "PUBLIC_URL": url,
        "SECRET_KEY": SECRET_KEY,
        "WORKOS_WEBHOOK_SECRET": WEBHOOK_SECRET,
        "DATABASE_PATH": str(directory / "app.sqlite3"),
        "LIMIT_SEND_PER_VISITOR": "1000 per minute",
        "LIMIT_VERIFY_PER_VISITOR": "1000 per minute",
        "WEB_CONCURRENCY": str(WORKERS),
        "EMAIL_DELIVERY": "workos",
        "SMTP_URL": f"smtp://127.0.0.1:{mail.port}",
        "MAIL_FROM": "Passwordless <sign-in@example.com>",
        **settings,
    }
    log_path = directory / "log"
    command = [sys.executable, "-m", "gunicorn", "--bind", f"fd://{listener.fileno()}"]
    if certificate and key:
        command += ["--certfile", certificate, "--keyfile", key]
    with log_path.open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **environ},
            stdout=log,
            stderr=log,
            pass_fds=[listener.fileno()],
        )
    listener.close()
    try:
        wait_until_up(process, f"{inner_url}/readyz", log_path, verify=certificate or True)
        inner_port = int(inner_url.rpartition(":")[2])
        yield Site(url, workos_url, process, log_path, environ, inner_port)
    finally:
        process.terminate()
        process.wait()
        mail.close()
        workos.shutdown()
        workos.server_close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Four workers that share one database."""
    with running_site(tmp_path_factory.mktemp("site")) as site:
        yield site


def wait_until_up(
    process: subprocess.Popen[bytes], url: str, log: Path, *, verify: bool | str
) -> None:
    """Returns once the address answers; fails when the process ends, or after 20 seconds."""
    ends_at = time.monotonic() + 20
    while time.monotonic() < ends_at and process.poll() is None:
        with suppress(requests.ConnectionError):
            if requests.get(url, timeout=5, verify=verify).ok:
                return
        time.sleep(0.05)
    pytest.fail(f"{url} did not come up:\n{log.read_text()[-2_000:]}")


@pytest.fixture
def browser(site: Site) -> Iterator[Browser]:
    """A browser with nothing in it yet."""
    browser = Browser(site)
    yield browser
    browser.http.close()

"""The application as in production: gunicorn with four workers, over sockets."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
from werkzeug.serving import WSGIRequestHandler, make_server

import workos_emulator
from app.config import SETTINGS
from app.environment import PORTS
from tests.certificate import make_certificate
from tests.machine import ROOT, SECRET_KEY
from tests.waiting import PATIENCE, wait_for
from workos_emulator.smtp import MailServer

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

WORKERS = 4
WEBHOOK_SECRET = "whsec_3zZ7qKd"
# The settings of the sites that most tests share: see Sites.
ONE_WORKER = {
    "LIMIT_SEND_PER_ADDRESS": "100 per minute",
    "LIMIT_SEND_PER_ADDRESS_AND_NETWORK": "100 per minute",
    "WEB_CONCURRENCY": "1",
}
NO_SETTINGS: Mapping[str, str] = {}
OUR_MAIL = {"EMAIL_DELIVERY": "smtp"}
SITE_SETTINGS = frozenset({*SETTINGS, *PORTS, "FLASK_DEBUG"})
CALM = re.compile(r'\{.*"level": "(DEBUG|INFO)"')
MOST_LINES = 100  # that a failure shows of one log; the quieter ones gunicorn writes, too
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class PromptHandler(WSGIRequestHandler):
    """Sends small answers at once: Nagle's algorithm would hold each back for 40 ms."""

    disable_nagle_algorithm = True

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 # Werkzeug's name
        """Says nothing: the lines would only fill the reports of failures."""


class Door:
    """What stands before the emulator, and can hold back those who ask for one address."""

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app
        self._held: dict[str, Held] = {}

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Lets one request through, perhaps later."""
        held = self._held.get(environ["PATH_INFO"])
        if held is not None:
            with held.more:
                held.count += 1
                held.more.wait_for(lambda: held.is_released, PATIENCE)
                held.count -= 1
        return self._app(environ, start_response)

    @contextmanager
    def hold(self, path: str) -> Iterator[Held]:
        """Holds back requests for this path until the block ends."""
        held = self._held[path] = Held()
        try:
            yield held
        finally:
            del self._held[path]
            held.release()


class Held:
    """Those who wait at the door."""

    def __init__(self) -> None:
        self.count = 0
        self.is_released = False
        self.more = threading.Condition()

    def release(self) -> None:
        """Lets all of them through."""
        with self.more:
            self.is_released = True
            self.more.notify_all()


@dataclass
class Site:
    """A running application, and the WorkOS behind it."""

    url: str
    workos_url: str
    process: subprocess.Popen[bytes]
    log: Path = Path(os.devnull)
    settings: dict[str, str] = field(default_factory=dict)
    inner_port: int = 0
    workos_door: Door = field(default_factory=lambda: Door(_nothing))

    def events(self) -> list[dict[str, Any]]:
        """Returns what the application has logged so far."""
        lines = self.log.read_text().splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def complaints(self) -> list[str]:
        """Returns the last lines of its log, without events that are no warnings."""
        lines = self.log.read_text(errors="replace").splitlines()
        return [line for line in lines if not CALM.match(line)][-MOST_LINES:]

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

    def forget_at_workos(self) -> None:
        """Lets WorkOS forget everybody and everything."""
        requests.post(f"{self.workos_url}/_emulate/reset", timeout=PATIENCE)

    def calls(self, path: str) -> int:
        """Returns how often WorkOS was asked this."""
        seen: list[dict[str, Any]] = requests.get(
            f"{self.workos_url}/_emulate/requests", timeout=PATIENCE
        ).json()
        return sum(call["path"] == path for call in seen)


def without_kept_connections() -> requests.Session:
    """Returns a client that connects for each request: gunicorn closes what is idle for 2 seconds.

    A busy machine may need longer than that for the next request, which would fail then.
    """
    session = requests.Session()
    session.headers["Connection"] = "close"
    return session


@dataclass
class Browser:
    """One person's browser, over real sockets."""

    site: Site
    http: requests.Session = field(default_factory=without_kept_connections)

    def post(self, path: str, **fields: str) -> requests.Response:
        """Submits a form as the site's own page would."""
        page = self.http.get(f"{self.site.url}/sign-in", timeout=PATIENCE)
        found = TOKEN.search(page.text)
        token = found[1] if found else self.token()
        return self.http.post(
            self.site.url + path,
            data={"csrf_token": token, **fields},
            allow_redirects=False,
            timeout=PATIENCE,
        )

    def token(self) -> str:
        """Returns the CSRF token of this browser's session."""
        answer = self.http.get(f"{self.site.url}/api/session", timeout=PATIENCE)
        return str(answer.json()["csrf_token"])

    def is_signed_in(self) -> bool:
        """Whether the site takes this browser for somebody."""
        return self.http.get(f"{self.site.url}/api/session", timeout=PATIENCE).status_code == 200

    def mail_to(self, email: str) -> dict[str, Any]:
        """Returns the newest mail to this address."""
        mails: list[dict[str, Any]] = requests.get(
            f"{self.site.workos_url}/_emulate/mailbox", timeout=PATIENCE
        ).json()
        return next(mail for mail in mails if mail["to"] == email)

    def mails_to(self, email: str) -> int:
        """Returns how many mails have gone to this address."""
        mails: list[dict[str, Any]] = requests.get(
            f"{self.site.workos_url}/_emulate/mailbox", params={"to": email}, timeout=PATIENCE
        ).json()
        return len(mails)

    def sign_in_by_code(self, email: str) -> None:
        """Walks the whole way with a code."""
        assert self.post("/auth/magic-auth", email=email).status_code == 303
        code = self.mail_to(email)["one_time_code"]
        assert self.post("/auth/magic-auth/verify", one_time_code=code).status_code == 303

    def status(self, path: str) -> int:
        """Returns the status of a page."""
        return self.http.get(
            self.site.url + path, allow_redirects=False, timeout=PATIENCE
        ).status_code

    def callback_of_link(self, email: str) -> str:
        """Asks for a link, and opens it as far as our callback."""
        assert self.post("/auth/magic-link", email=email).status_code == 303
        hosted = requests.get(
            self.mail_to(email)["links"][0], allow_redirects=False, timeout=PATIENCE
        )
        return hosted.headers["Location"]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Function, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Shows with a failure what the sites complained about that its test has to do with."""
    report = yield
    if report.failed and call.excinfo:
        frames = [entry.locals.values() for entry in call.excinfo.traceback]
        found = [*item.funcargs.values(), *chain(*frames)]
        reached = [one.site if isinstance(one, Browser) else one for one in found]
        sites = {one.url: one for one in reached if isinstance(one, Site) and one.log.exists()}
        logs = [(f"log of {url}", "\n".join(sites[url].complaints())) for url in sites]
        report.sections += logs
    return report


def _nothing(environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
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
    workos_door = Door(workos.app)
    mail = MailServer(workos.app, socket.create_server(("127.0.0.1", 0)))
    workos.app = workos_door
    threading.Thread(target=workos.serve_forever, args=(0.05,), daemon=True).start()
    environ = {
        "WORKOS_API_KEY": "sk_test_emulator",
        "WORKOS_CLIENT_ID": "client_emulator",
        "WORKOS_BASE_URL": workos_url,
        "PUBLIC_URL": url,
        "SECRET_KEY": SECRET_KEY,
        "WORKOS_WEBHOOK_SECRET": WEBHOOK_SECRET,
        "DATABASE_PATH": str(directory / "app.sqlite3"),
        "LIMIT_SEND_PER_VISITOR": "100000 per minute",
        "LIMIT_SEND_PER_NETWORK": "100000 per minute",
        "LIMIT_SEND_TOTAL": "100000 per minute",
        "LIMIT_SEND_TOTAL_KNOWN": "100000 per minute",
        "LIMIT_VERIFY_PER_VISITOR": "100000 per minute",
        "WEB_CONCURRENCY": str(WORKERS),
        "EMAIL_DELIVERY": "workos",
        "SMTP_URL": f"smtp://127.0.0.1:{mail.port}",
        "MAIL_FROM": "Example <sign-in@example.com>",
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
    inner_port = int(inner_url.rpartition(":")[2])
    site = Site(url, workos_url, process, log_path, environ, inner_port, workos_door)
    try:
        wait_until_up(process, f"{inner_url}/readyz", log_path, verify=certificate or True)
        yield site
    finally:
        end(process)
        mail.close()
        workos.shutdown()
        workos.server_close()


def wait_until_up(
    process: subprocess.Popen[bytes], url: str, log: Path, *, verify: bool | str
) -> None:
    """Returns once the address answers well; fails when the process ends before."""

    def is_up() -> bool:
        assert process.poll() is None, f"{url} did not come up:\n{log.read_text()[-2_000:]}"
        with suppress(requests.RequestException):
            return requests.get(url, timeout=PATIENCE, verify=verify).ok
        return False

    wait_for(is_up, lambda: f"for {url}:\n{log.read_text()[-2_000:]}")


def end(process: subprocess.Popen[Any]) -> None:
    """Ends a process in order, or else without."""
    process.terminate()
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class Sites:
    """The sites that the tests of one process share: started when first asked for, or once gone.

    A site that does not start fails the test that asked for it, and no other.
    """

    def __init__(self, directory: Callable[[], Path]) -> None:
        self._new_directory = directory
        self._running: dict[object, tuple[Site, ExitStack]] = {}
        self._certificate: tuple[str, str] | None = None

    def get(self, settings: Mapping[str, str] = NO_SETTINGS, *, https: bool = False) -> Site:
        """Returns the running site with these settings, behind which WorkOS knows nobody."""
        wanted = (https, *sorted(settings.items()))
        site, running = self._running.get(wanted, (None, ExitStack()))
        if site is None or site.process.poll() is not None:
            running.close()
            certificate, key = self.certificate if https else (None, None)
            site = running.enter_context(
                running_site(self._new_directory(), certificate=certificate, key=key, **settings)
            )
            self._running[wanted] = site, running
        site.forget_at_workos()
        return site

    @property
    def certificate(self) -> tuple[str, str]:
        """The certificate of all that speak https, and its key."""
        if self._certificate is None:
            self._certificate = make_certificate(self._new_directory())
        return self._certificate

    def close(self) -> None:
        """Ends all of them, at once: nobody is being served any more."""
        for site, _ in self._running.values():
            workers = site.workers()
            site.process.kill()
            for pid in map(int, workers):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        for _, running in self._running.values():
            running.close()

"""What gunicorn.conf.py promises, with a real gunicorn in a copy of this tree."""

from __future__ import annotations

import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import requests

from tests.clone import environment, make_clone, run
from tests.machine import ROOT, SECRET_KEY, free_port
from tests.waiting import PATIENCE, wait_for

pytestmark = pytest.mark.server
on_one_gunicorn = pytest.mark.xdist_group("gunicorn")


class Served:
    """gunicorn, up and answering."""

    def __init__(self, clone: Path) -> None:
        self.clone = clone
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"
        self.log = clone / "log"
        (clone / ".env").write_text(
            "WORKOS_API_KEY=sk_test_emulator\nWORKOS_CLIENT_ID=client_emulator\n"
            f"PUBLIC_URL={self.url}\nSECRET_KEY={SECRET_KEY}\nWEB_CONCURRENCY=1\n"
        )
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [clone / ".venv/bin/gunicorn"], cwd=clone, env=environment(), stdout=log, stderr=log
            )

    def is_up(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        with suppress(requests.ConnectionError):
            return self.status() == "ok"
        return False

    def reload(self) -> None:
        """Has it begin again with other workers."""
        self.process.send_signal(signal.SIGHUP)

    def status(self) -> str:
        return str(requests.get(f"{self.url}/healthz", timeout=PATIENCE).json()["status"])


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    served = Served(make_clone(tmp_path_factory.mktemp("clone")))
    try:
        wait_for(served.is_up)
        yield served
    finally:
        served.process.terminate()
        served.process.wait(PATIENCE)


@on_one_gunicorn
def test_a_request_is_one_line_of_the_access_log(served: Served) -> None:
    """LOG-03, and LOG-02: no path forges a line, and no query string is kept."""
    for path in (b"/%0aFORGED%1b[31m%c3%a9", b"/caf\xc3\xa9", b"/auth/callback%3Fcode=canary"):
        with socket.create_connection(("127.0.0.1", served.port)) as visitor:
            visitor.sendall(
                b"GET " + path + b"?code=canary HTTP/1.1\r\n"
                b"Host: localhost\r\nReferer: http://x/?code=canary\r\nConnection: close\r\n\r\n"
            )
            while visitor.recv(4096):
                pass

    wait_for(lambda: '"GET /%0AFORGED%1B%5B31m%C3%A9"' in served.log.read_text())
    wait_for(lambda: "Invalid HTTP request line: …" in served.log.read_text())
    log = served.log.read_text()
    assert "\nFORGED" not in log
    assert "canary" not in log


@on_one_gunicorn
def test_a_reload_brings_the_new_code_and_the_new_settings(served: Served) -> None:
    """What the master has imported or read, new workers would inherit."""
    health = served.clone / "app" / "health.py"
    health.write_text(health.read_text().replace('status="ok"', 'status="reloaded"'))
    with (served.clone / ".env").open("a") as file:
        file.write("LOG_LEVEL=DEBUG\n")
    assert '"event": "request"' not in served.log.read_text()

    served.reload()

    wait_for(lambda: served.status() == "reloaded")
    wait_for(lambda: '"event": "request"' in served.log.read_text())


def test_it_listens_on_this_machine_alone_unless_told(clone: Path) -> None:
    """WEB-10: the port is for the proxy; anybody else there could forge X-Forwarded-For."""
    (clone / ".env").write_text(
        "WORKOS_API_KEY=sk_test_emulator\nWORKOS_CLIENT_ID=client_emulator\n"
        f"SECRET_KEY={SECRET_KEY}\n"
    )

    shown = run(clone, ".venv/bin/python", "-c", BINDS, PORT="8123").stdout

    assert shown.split() == ["127.0.0.1:8123", "0.0.0.0:8123", "[::]:8123"]


# As gunicorn reads it, which three of it would take long to do.
BINDS = """
import os, runpy
for address in ("", "0.0.0.0", "::"):
    os.environ["BIND"] = address
    print(runpy.run_path("gunicorn.conf.py")["bind"])
"""


def test_a_container_listens_on_every_address() -> None:
    """Its port is published, or not, by the machine around it."""
    assert "BIND=0.0.0.0" in (ROOT / "Dockerfile").read_text()


def test_gunicorn_counts_only_with_numbers(clone: Path) -> None:
    (clone / ".env").write_text(
        "WORKOS_API_KEY=sk_test_emulator\nWORKOS_CLIENT_ID=client_emulator\n"
        f"SECRET_KEY={SECRET_KEY}\nWEB_CONCURRENCY=many\n"
    )
    ended = run(clone, ".venv/bin/gunicorn")

    assert ended.returncode != 0
    assert "Error: WEB_CONCURRENCY must be a whole number of 1 or more." in ended.stderr
    assert "Traceback" not in ended.stderr

"""python -m workos_emulator, as a developer runs it."""

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator

import httpx2
import pytest

from bare_http import PATIENCE

pytestmark = pytest.mark.server


@pytest.fixture
def served(environ: dict[str, str]) -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = [sys.executable, "-m", "workos_emulator", "--port", "0"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environ
    ) as process:
        assert process.stdout
        line = process.stdout.readline()
        assert line.startswith("WorkOS emulator: the mailbox is at http://localhost:")
        yield process, line.split()[-1].replace("localhost", "127.0.0.1")
        process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_quietly_until_it_is_told_to_stop(
    served: tuple[subprocess.Popen[str], str], number: signal.Signals
) -> None:
    process, address = served
    with httpx2.Client(base_url=address, timeout=PATIENCE) as browser:
        assert browser.get("/").status_code == 200
        assert browser.get("/passwordless/secret/confirm?code=secret").status_code == 404
        assert browser.get("/", headers={"Host": "rebound.example"}).status_code == 400

    process.send_signal(number)
    output, _ = process.communicate(timeout=PATIENCE)
    assert output == ""
    assert process.returncode == 0


def test_a_busy_port_is_explained_in_one_line(environ: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
        done = subprocess.run(
            [sys.executable, "-m", "workos_emulator"],
            env={**environ, "EMULATOR_PORT": port},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr == (
        f"WorkOS emulator: cannot listen on 127.0.0.1:{port}: Address already in use. "
        "Try another --port.\n"
    )

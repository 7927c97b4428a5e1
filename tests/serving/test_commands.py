"""The commands of the README, run as written, in a copy of this tree."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.attack.conftest import TOKEN, free_port

pytestmark = pytest.mark.server

ROOT = Path(__file__).parents[2]
PARTS = ("app", "emulator", "scripts", "static", "templates")
FILES = ("Makefile", "gunicorn.conf.py", ".env.example", "requirements.txt", "requirements-dev.txt")
SETTINGS = re.compile(
    r"^(WORKOS_|PUBLIC_URL|SECRET_KEY|PORT$|EMULATOR_PORT|SMTP_|EMAIL_|MAIL_|FLASK_|MAKE|LIMIT_)"
)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A fresh copy whose virtual environment is there already, so that nothing is downloaded."""
    for name in PARTS:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in FILES:
        shutil.copy2(ROOT / name, tmp_path / name)
    for name in ("requirements.txt", "requirements-dev.txt"):
        os.utime(tmp_path / name, (0, 0))  # older than what is installed
    venv = tmp_path / ".venv"
    venv.mkdir()
    for part in Path(sys.prefix).iterdir():
        (venv / part.name).symlink_to(part)
    for stamp in ("run", "dev"):  # this copy's own: the tests may run where make installed nothing
        (venv / stamp).unlink(missing_ok=True)
        (venv / stamp).touch()
    return tmp_path


def environment(**settings: str) -> dict[str, str]:
    """Returns this environment without any setting of the application, but with these."""
    kept = {name: value for name, value in os.environ.items() if not SETTINGS.match(name)}
    return {**kept, **settings}


def run(clone: Path, *command: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Runs a command that ends by itself."""
    return subprocess.run(
        command,
        cwd=clone,
        env=environment(**settings),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@dataclass
class Running:
    """`make run`, up and answering."""

    process: subprocess.Popen[str]
    url: str
    mailbox_url: str
    output: Path


@pytest.fixture
def running(clone: Path) -> Iterator[Running]:
    """`make run` on free ports."""
    ports = {"PORT": free_port(), "EMULATOR_PORT": free_port(), "SMTP_PORT": free_port()}
    output = clone / "output"
    with output.open("w") as file:
        process = subprocess.Popen(
            ["make", "run", *(f"{name}={port}" for name, port in ports.items())],
            cwd=clone,
            env=environment(),
            stdout=file,
            stderr=file,
            text=True,
            start_new_session=True,
        )
    try:
        wait_for(lambda: "Ctrl-C" in output.read_text() or process.poll() is not None)
        url, mailbox_url = (f"http://localhost:{ports[name]}" for name in ("PORT", "EMULATOR_PORT"))
        yield Running(process, url, mailbox_url, output)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGINT)
        process.wait(30)


def wait_for(condition: Any) -> None:
    """Returns once the condition holds; fails after 30 seconds."""
    ends_at = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < ends_at, "waited in vain"
        time.sleep(0.05)


def has_ipv6() -> bool:
    with suppress(OSError), socket.create_server(("::1", 0), family=socket.AF_INET6):
        return True
    return False


def is_free(url: str) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", int(url.rpartition(":")[2]))) != 0


def test_make_run_leads_to_a_signed_in_page_both_ways_and_ends_cleanly(running: Running) -> None:
    output = running.output.read_text()
    assert running.url in output
    assert running.mailbox_url in output

    for way in ("magic-auth", "magic-link"):
        with requests.Session() as browser:
            sign_in(running, browser, way)
            account = browser.get(f"{running.url}/account", timeout=10)
            assert f"{way}@example.com" in account.text

    os.killpg(running.process.pid, signal.SIGINT)
    running.process.wait(15)
    wait_for(lambda: is_free(running.url) and is_free(running.mailbox_url))
    assert "Traceback" not in running.output.read_text()


@pytest.mark.parametrize("signals", [[signal.SIGINT] * 2, [signal.SIGHUP], [signal.SIGTERM]])
def test_nothing_goes_on_after_two_ctrl_c_a_closed_window_or_a_kill(
    running: Running, signals: list[signal.Signals]
) -> None:
    script = child_of(running.process.pid, "scripts.develop")
    for number in signals:
        os.kill(script, number)
        time.sleep(0.05)  # what a second Ctrl-C takes, at least

    running.process.wait(15)
    wait_for(lambda: is_free(running.url) and is_free(running.mailbox_url))
    assert "Traceback" not in running.output.read_text()


def child_of(parent: int, name: str) -> int:
    listing = subprocess.run(
        ["ps", "-A", "-ww", "-o", "ppid=,pid=,args="], capture_output=True, text=True, check=True
    ).stdout
    rows = [row.split(maxsplit=2) for row in listing.splitlines()]
    [pid] = [int(pid) for ppid, pid, args in rows if int(ppid) == parent and name in args]
    return pid


def sign_in(running: Running, browser: requests.Session, way: str) -> None:
    page = browser.get(f"{running.url}/sign-in", timeout=10)
    email = f"{way}@example.com"
    sent = submit(browser, f"{running.url}/auth/{way}", page, email=email)
    mail: Any = requests.get(f"{running.mailbox_url}/_emulate/mailbox", timeout=5).json()[0]
    if mail["one_time_code"]:
        url = f"{running.url}/auth/magic-auth/verify"
        submit(browser, url, sent, one_time_code=mail["one_time_code"])
    else:
        browser.get(mail["links"][0], timeout=10)


def submit(
    browser: requests.Session, url: str, page: requests.Response, **fields: str
) -> requests.Response:
    found = TOKEN.search(page.text)
    assert found
    return browser.post(url, data={"csrf_token": found[1], **fields}, timeout=10)


def test_the_env_file_is_private_has_a_fresh_key_and_is_kept(running: Running, clone: Path) -> None:
    file = clone / ".env"
    found = re.search(r"^SECRET_KEY=([\w-]{64})$", file.read_text(), re.M)

    assert found
    assert file.stat().st_mode & 0o077 == 0
    assert found[1] not in running.output.read_text()


def test_no_query_string_reaches_the_terminal(running: Running) -> None:
    """LOG-02: the development server would print `code` and `state` of each callback."""
    requests.get(f"{running.url}/auth/callback?code=canary&state=canary", timeout=10)

    wait_for(lambda: "/auth/callback" in running.output.read_text())
    assert "canary" not in running.output.read_text()


def test_if_one_part_ends_so_does_the_other_and_the_reason_is_said(running: Running) -> None:
    listing = subprocess.run(
        ["ps", "-A", "-ww", "-o", "pid=,args="], capture_output=True, text=True, check=True
    ).stdout
    port = running.mailbox_url.rpartition(":")[2]
    [line] = [row for row in listing.splitlines() if f"emulator --port {port}" in row]
    os.kill(int(line.split()[0]), signal.SIGTERM)

    assert running.process.wait(15) != 0
    assert "the emulator has ended by itself" in running.output.read_text()
    wait_for(lambda: is_free(running.url))


@pytest.mark.parametrize("variable", ["PORT", "EMULATOR_PORT", "SMTP_PORT"])
def test_a_busy_port_is_explained_in_one_line(clone: Path, variable: str) -> None:
    ports = {name: str(free_port()) for name in ("PORT", "EMULATOR_PORT", "SMTP_PORT")}
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ports[variable] = str(taken.getsockname()[1])
        ended = run(clone, "make", "run", *(f"{name}={port}" for name, port in ports.items()))

    [error] = [line for line in ended.stderr.splitlines() if line.startswith("Error")]
    assert f"port {ports[variable]} is in use" in error
    assert f"make run {variable}=" in error
    assert "Traceback" not in ended.stderr + ended.stdout


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no ::1")
def test_a_port_of_the_other_localhost_is_busy_too(clone: Path) -> None:
    """Browsers ask ::1 first: the person would meet somebody else's page."""
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as taken:
        port = taken.getsockname()[1]
        ended = run(clone, "make", "run", f"PORT={port}", f"EMULATOR_PORT={free_port()}")

    assert f"Error: port {port} is in use" in ended.stderr


def test_the_real_workos_without_the_emulators_mailbox_is_explained(clone: Path) -> None:
    """Whoever changes one line of .env too few."""
    example = (clone / ".env.example").read_text()
    key = "SECRET_KEY=Zk4-mTqS9x_Lr7vWb2NcYd8HfJp3Ga6Ue0Ri5Ko1"
    lines = [key if line == "SECRET_KEY=" else line for line in example.splitlines()]
    kept = [line for line in lines if not line.startswith("WORKOS_BASE_URL")]
    (clone / ".env").write_text("\n".join(kept))

    ended = run(clone, "make", "run", f"PORT={free_port()}", f"SMTP_PORT={free_port()}")

    assert ended.returncode != 0
    assert "Remove EMAIL_DELIVERY, SMTP_URL and MAIL_FROM" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_port_that_is_none_is_called_by_its_name(clone: Path) -> None:
    ended = run(clone, "make", "run", "PORT=abc")

    assert "PORT is not a port" in ended.stderr
    assert "Traceback" not in ended.stderr


COMMANDS = {
    "make run": ("make", "run"),
    "flask run": (".venv/bin/flask", "run"),
    "flask routes": (".venv/bin/flask", "routes"),
    "gunicorn": (".venv/bin/gunicorn",),
    "make serve": ("make", "serve"),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_wrong_settings_are_explained_on_one_screen(clone: Path, command: str) -> None:
    """SEC-01: each way to start names every problem, and shows no traceback."""
    (clone / ".env").write_text("WORKOS_API_KEY=nonsense\nSECRET_KEY=canary\nLOG_LEVEL=LOUD\n")
    ended = run(clone, *COMMANDS[command])

    output = ended.stdout + ended.stderr
    assert ended.returncode != 0
    for name in ("WORKOS_API_KEY", "WORKOS_CLIENT_ID", "SECRET_KEY", "LOG_LEVEL"):
        assert name in output
    assert "Traceback" not in output
    assert "canary" not in output
    assert len(output.splitlines()) < 24


def test_debug_with_a_live_key_is_refused_however_it_is_switched_on(clone: Path) -> None:
    """SEC-01."""
    key = "Zk4-mTqS9x_Lr7vWb2NcYd8HfJp3Ga6Ue0Ri5Ko1"
    (clone / ".env").write_text(
        "WORKOS_API_KEY=sk_live_1\nWORKOS_CLIENT_ID=client_1\n"
        f"PUBLIC_URL=https://app.example.com\nSECRET_KEY={key}\n"
    )

    for command in (("run", "--debug"), ("--debug", "run")):
        ended = run(clone, ".venv/bin/flask", *command)
        assert ended.returncode != 0
        assert "FLASK_DEBUG is on" in ended.stderr


def test_make_help_names_every_command(clone: Path) -> None:
    told = run(clone, "make").stdout

    for target in re.findall(r"^([a-z]\w*):", (clone / "Makefile").read_text(), re.M):
        assert f"make {target}" in told


def test_every_make_command_in_the_readme_exists() -> None:
    readme = (ROOT / "README.md").read_text()
    targets = set(re.findall(r"^([a-z]\w*):", (ROOT / "Makefile").read_text(), re.M))

    assert set(re.findall(r"`?make (\w+)", readme)) - {"it"} <= targets
    for path in re.findall(r"\]\(([\w./-]+)\)", readme):
        assert (ROOT / path).exists(), path

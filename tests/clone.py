"""A copy of this tree, for the commands that people run in theirs, and `make run` in it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.machine import ROOT, free_port
from tests.waiting import PATIENCE, wait_for

PARTS = ("app", "doctor", "emulator", "scripts", "static", "templates")
LOCKS = ("requirements.txt", "requirements-emulator.txt", "requirements-dev.txt")
FILES = ("Makefile", "gunicorn.conf.py", ".env.example", ".flaskenv", "emulator.toml", *LOCKS)
SETTINGS = re.compile(
    r"^(WORKOS_|PUBLIC_URL|SECRET_KEY|PORT$|BIND$|EMULATOR_PORT|SMTP_|EMAIL_|MAIL_|FLASK_|MAKE|LIMIT_)"
)


def make_clone(directory: Path) -> Path:
    """Copies this tree, with a virtual environment, so that nothing is downloaded."""
    being_written = shutil.ignore_patterns("*.pyc.*")
    for name in PARTS:  # with what is compiled already, which is told by time and size
        shutil.copytree(ROOT / name, directory / name, ignore=being_written)
    for name in FILES:
        shutil.copy2(ROOT / name, directory / name)
    for name in LOCKS:
        os.utime(directory / name, (0, 0))  # older than what is installed
    venv = directory / ".venv"
    venv.mkdir()
    for part in Path(sys.prefix).iterdir():
        (venv / part.name).symlink_to(part)
    for stamp in ("run", "dev"):  # this copy's own: the tests may run where make installed nothing
        (venv / stamp).unlink(missing_ok=True)
        (venv / stamp).touch()
    return directory


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
        timeout=PATIENCE,
        check=False,
    )


@dataclass
class Running:
    """`make run`, up and answering."""

    clone: Path
    process: subprocess.Popen[str]
    url: str
    mailbox_url: str
    output: Path


class SharedRun:
    """The one `make run` that the tests of one process share: started when first asked for."""

    def __init__(self, new_directory: Callable[[], Path]) -> None:
        self._new_directory = new_directory
        self._closing = ExitStack()
        self._running: Running | None = None

    def get(self) -> Running:
        """Returns it, up and answering."""
        if self._running is None or self._running.process.poll() is not None:
            self.close()
            clone = make_clone(self._new_directory())
            self._running = self._closing.enter_context(make_run(clone))
        return self._running

    def close(self) -> None:
        """Ends it."""
        self._running = None
        self._closing.close()


def is_ready(running: Running) -> bool:
    """Whether `make run` has said that all is up."""
    return "Ctrl-C" in running.output.read_text()


@contextmanager
def make_run(clone: Path, is_up: Callable[[Running], bool] = is_ready) -> Iterator[Running]:
    """Runs `make run` on free ports until it is up, and ends it after the block."""
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
    url, mailbox_url = (f"http://localhost:{ports[name]}" for name in ("PORT", "EMULATOR_PORT"))
    running = Running(clone, process, url, mailbox_url, output)
    try:
        wait_for(lambda: is_up(running) or process.poll() is not None)
        assert process.poll() is None, output.read_text()
        yield running
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGINT)
        process.wait(PATIENCE)

"""Runs the application and the emulator together: what `make run` does."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from urllib.parse import urlsplit

from app.config import Config
from app.dangers import LOOPBACK
from app.environment import ConfigError, load_env
from app.mail.smtp import SUBMISSION_PORT

DEFAULT_PORT = 5000
RUNNING = Path("instance/make-run.json")  # while it runs: its ports, for the doctor
EMULATOR_PATH = "emulator"  # where its package is, because it is not installed
SEED = Path("emulator.toml")  # who and what is there at first
START_TIMEOUT = 30  # seconds until both must answer
STOP_TIMEOUT = 5  # seconds that each has to end after Ctrl-C


@dataclass
class Part:
    """One of the processes that run together."""

    name: str
    port: int
    process: subprocess.Popen[bytes]

    def answers(self) -> bool:
        """Whether something listens on its port."""
        return _answers("127.0.0.1", self.port)

    def stop(self) -> None:
        """Ends it, and everything that it started."""
        if sys.platform == "win32":  # which has no groups of processes
            tree = ["taskkill", "/F", "/T", "/PID", str(self.process.pid)]
            subprocess.run(tree, capture_output=True, check=False)  # noqa: S603 # our own words
            return
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGTERM)
        try:
            self.process.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def main() -> None:
    """Starts both, says where they are, and ends both."""
    # A flag, not an exception: a second Ctrl-C, or one while starting, would leave a part running.
    end = Event()
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):  # the last: a closed window, but not on Windows
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda *_: end.set())
    make_env_file(Path())
    try:
        load_env()
        # Both read them: the emulator signs with them, and the application believes nothing else.
        os.environ.setdefault("WORKOS_WEBHOOK_SECRET", secrets.token_urlsafe(24))
        os.environ.setdefault("WORKOS_ACTION_SECRET", secrets.token_urlsafe(24))
        config = Config.from_env()
    except ConfigError as error:
        sys.exit(f"Error: {error.message}")
    parts: list[Part] = []
    try:
        _start(config, parts, end)
        _wait_until_up(parts, end)
        with _noted_ports(config):
            if not end.is_set():
                print(_where(config), flush=True)
            _watch(parts, end)
    finally:
        for part in parts:
            part.stop()


def make_env_file(directory: Path) -> None:
    """Makes `.env` from `.env.example` with a fresh key, unless there is one already."""
    path = directory / ".env"
    if path.exists():
        return
    example = (directory / ".env.example").read_text()
    key = f"SECRET_KEY={secrets.token_urlsafe(48)}"
    lines = [key if line == "SECRET_KEY=" else line for line in example.splitlines()]
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write("\n".join(lines) + "\n")
    print("Made .env from .env.example, with a fresh SECRET_KEY.", flush=True)


def _start(config: Config, parts: list[Part], end: Event) -> None:
    app_port = _port_of(config.public_url)
    _require_free(app_port, "PORT")
    if _is_local(config.workos_base_url):
        port = _port_of(config.workos_base_url)
        _require_free(port, "EMULATOR_PORT")
        uris = [part for uri in config.redirect_uris for part in ("--redirect-uri", uri)]
        webhook = ["--webhook-url", f"{config.public_url}/webhooks/workos"]
        action_url = ["--action-url", f"{config.public_url}/webhooks/actions"]
        ports = ["--port", str(port), *_mail_server(config)]
        seed = ["--seed", str(SEED)] if SEED.exists() else []
        emulator = ("workos_emulator", *ports, *webhook, *action_url, *seed, *uris)
        parts.append(_run("the emulator", port, *emulator, path=EMULATOR_PATH))
        _wait_until_up(parts, end)  # or `flask run` would warn that nobody is there
    else:
        _require_mail_server(config)
    # Reloads when code changes; the debugger stays off, because it runs anything a page sends.
    debug = () if config.is_live else ("--debug", "--no-debugger")
    flask = ("flask", "run", "--port", str(app_port), *debug)
    parts.append(_run("the application", app_port, *flask))


@contextmanager
def _noted_ports(config: Config) -> Iterator[None]:
    ports = {"PORT": _port_of(config.public_url)}
    if _is_local(config.workos_base_url):
        ports["EMULATOR_PORT"] = _port_of(config.workos_base_url)
    if _is_local(config.smtp_url or ""):
        ports["SMTP_PORT"] = urlsplit(config.smtp_url or "").port or SUBMISSION_PORT
    RUNNING.parent.mkdir(mode=0o700, exist_ok=True)
    RUNNING.write_text(json.dumps(ports))
    try:
        yield
    finally:
        RUNNING.unlink(missing_ok=True)


def _mail_server(config: Config) -> list[str]:
    url = config.smtp_url or ""
    if not (config.mails_itself and _is_local(url)):
        return []
    port = urlsplit(url).port or SUBMISSION_PORT
    _require_free(port, "SMTP_PORT")
    return ["--smtp-port", str(port)]


def _require_mail_server(config: Config) -> None:
    if not (config.mails_itself and _is_local(config.smtp_url or "")):
        return
    url = urlsplit(config.smtp_url or "")
    if not _answers(url.hostname or "", url.port or SUBMISSION_PORT):
        sys.exit(
            "Error: SMTP_URL points to the emulator's mailbox, but with the real WorkOS there is "
            "no emulator.\nRemove EMAIL_DELIVERY, SMTP_URL and MAIL_FROM from .env, or name a mail "
            "server of your own."
        )


def _run(name: str, port: int, module: str, *arguments: str, path: str = "") -> Part:
    command = [sys.executable, "-m", module, *arguments]
    paths = filter(None, (path, os.environ.get("PYTHONPATH")))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    # A session of its own: Ctrl-C reaches this script alone, which then ends all of it in order.
    process = subprocess.Popen(command, start_new_session=True, env=environment)  # noqa: S603 # our own words
    return Part(name, port, process)


def _wait_until_up(parts: list[Part], end: Event) -> None:
    ends_at = time.monotonic() + START_TIMEOUT
    while not end.wait(0.1) and not all(part.answers() for part in parts):
        _require_alive(parts)
        if time.monotonic() > ends_at:
            sys.exit("Error: it did not start within half a minute; see the lines above.")


def _watch(parts: list[Part], end: Event) -> None:
    while not end.wait(0.5):
        _require_alive(parts)


def _require_alive(parts: list[Part]) -> None:
    for part in parts:
        if part.process.poll() is not None:
            sys.exit(f"Error: {part.name} has ended by itself; see the lines above.")


def _require_free(port: int, variable: str) -> None:
    if not _is_free(port):
        hint = ""
        if port == 5000 and sys.platform == "darwin":
            hint = " (AirPlay Receiver uses it on macOS)"
        sys.exit(f"Error: port {port} is in use{hint}. Try: make run {variable}={port + 1}")


def _is_free(port: int) -> bool:
    # A program on ::1, or on macOS on all addresses, lets us bind and yet is asked before us.
    if any(_answers(host, port) for host in ("127.0.0.1", "::1")):
        return False
    with suppress(OSError), socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))
        return True
    return False


def _answers(host: str, port: int) -> bool:
    with suppress(OSError), socket.create_connection((host, port), timeout=1):
        return True
    return False


def _port_of(url: str) -> int:
    # Behind a developer's proxy, PUBLIC_URL does not say where to listen.
    asked = int(os.environ.get("PORT") or DEFAULT_PORT)
    return (urlsplit(url).port or asked) if _is_local(url) else asked


def _is_local(url: str) -> bool:
    return urlsplit(url).hostname in LOOPBACK


def _where(config: Config) -> str:
    if _is_local(config.workos_base_url):
        how = "and sign in with any address."
        second = ("Read the mail at", config.workos_base_url, "which shows it by itself.")
    else:
        how = "and sign in with an address whose mail you can read."
        second = ("It talks to", config.workos_base_url, "so mail is really sent.")
    lines = (
        ("Open", config.public_url, how),
        second,
        ("Press", "Ctrl-C", "here to end it."),
    )
    width = max(len(place) for _, place, _ in lines)
    return "\n".join(("", *(f"  {do:<16}  {at:<{width}}  {note}" for do, at, note in lines), ""))


if __name__ == "__main__":
    main()

"""A Redis with a replica, and what leads to whichever of them is the primary."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import redis

from tests.certificate import make_certificate
from tests.machine import free_port
from tests.waiting import wait_for

PASSWORD = "a-password-of-tests"


class Node:
    """A redis-server on a port of this machine, that keeps nothing."""

    def __init__(
        self, directory: Path, *options: str, certificate: tuple[str, str] | None = None
    ) -> None:
        program = shutil.which("redis-server")
        if not program:
            pytest.skip("redis-server is not installed")
        self.port = free_port()
        self._certificate = certificate
        listening = ["--port", str(self.port)]
        if certificate:
            listening = ["--port", "0", "--tls-port", str(self.port), "--tls-replication", "yes"]
            listening += ["--tls-cert-file", certificate[0], "--tls-key-file", certificate[1]]
            listening += ["--tls-ca-cert-file", certificate[0], "--tls-auth-clients", "no"]
        self._log = directory / f"{self.port}.log"
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [program, *options, *listening, "--bind", "127.0.0.1", "--dir", str(directory)],
                stdout=log,
                stderr=log,
            )

    def ask(self, *command: str | int, password: str | None = PASSWORD) -> Any:
        """Returns the answer to a command, None if nobody answers yet."""
        tls: dict[str, Any] = {}
        if self._certificate:
            tls = {"ssl": True, "ssl_ca_certs": self._certificate[0]}
        with (
            suppress(redis.ConnectionError, redis.TimeoutError),
            redis.Redis(port=self.port, password=password, decode_responses=True, **tls) as client,
        ):
            return client.execute_command(*command)

    def stop(self) -> None:
        """Lets it hang."""
        os.kill(self.process.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        """Ends its hanging."""
        os.kill(self.process.pid, signal.SIGCONT)

    def kill(self) -> None:
        """Ends it without warning."""
        self.process.kill()
        self.process.wait()


def make_pair(directory: Path, *, tls: bool = False) -> tuple[Node, Node]:
    """Returns a primary, and a replica that has all that it has; with TLS, on one certificate."""
    certificate = make_certificate(directory) if tls else None
    options = ["--save", "", "--requirepass", PASSWORD, "--masterauth", PASSWORD]
    options += ["--repl-diskless-sync-delay", "0"]
    nodes = []
    for name in ("one", "other"):
        (directory / name).mkdir()
        nodes.append(Node(directory / name, *options, certificate=certificate))
    primary, replica = nodes
    wait_for(lambda: primary.ask("PING") and replica.ask("PING"))
    replica.ask("REPLICAOF", "127.0.0.1", primary.port)
    wait_for(lambda: replica.ask("INFO", "replication")["master_link_status"] == "up")
    # Until the replica has answered once, the primary holds back what follows.
    primary.ask("SET", "arrives", "1")
    wait_for(lambda: replica.ask("GET", "arrives"))
    return primary, replica


def make_sentinel(directory: Path, primary: Node) -> Node:
    """Returns a Sentinel that promotes the replica half a second after the primary is gone."""
    settings = directory / "sentinel.conf"
    settings.write_text(
        f"sentinel monitor signin 127.0.0.1 {primary.port} 1\n"
        f"sentinel auth-pass signin {PASSWORD}\n"
        "sentinel down-after-milliseconds signin 500\nsentinel failover-timeout signin 5000\n"
    )
    sentinel = Node(directory, str(settings), "--sentinel")
    found = ("SENTINEL", "REPLICAS", "signin")
    wait_for(lambda: sentinel.ask("PING", password=None))
    wait_for(lambda: sentinel.ask(*found, password=None))
    return sentinel


class Endpoint:
    """The name of a managed Redis: connections lead to where it points when they are made."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.loses: re.Pattern[bytes] | None = None  # the command whose next answer is lost
        self.lost = 0  # answers
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._threads: list[threading.Thread] = []
        self._start(self._serve)

    def close(self) -> None:
        """Ends, once nobody is at the other end of its connections."""
        with self._listener:
            self._listener.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()

    def _start(self, what: Callable[..., None], *arguments: socket.socket) -> None:
        thread = threading.Thread(target=what, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                self._start(self._lead, self._listener.accept()[0])

    def _lead(self, here: socket.socket) -> None:
        address, is_lost = ("127.0.0.1", self.node.port), threading.Event()

        def passes(command: bytes) -> bool:
            if self.loses and self.loses.search(command):
                self.loses, self.lost = None, self.lost + 1
                is_lost.set()
            return True

        def comes_back(_: bytes) -> bool:
            return not is_lost.is_set()

        with here, suppress(OSError), socket.create_connection(address) as there:
            back = threading.Thread(target=_pass_on, args=(there, here, comes_back), daemon=True)
            back.start()
            _pass_on(here, there, passes)
            back.join()


def _pass_on(source: socket.socket, target: socket.socket, passes: Callable[[bytes], bool]) -> None:
    with suppress(OSError):
        while (data := source.recv(65_536)) and passes(data):
            target.sendall(data)
    for end in (source, target):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)

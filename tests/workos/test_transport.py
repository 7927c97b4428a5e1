"""The application's own transport, against servers that misbehave."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress

import httpx2
import pytest
from workos import TransportConnectError, TransportError, TransportTimeout

from app.workos_api.client import MAX_REPLY, Transport
from tests.attack.conftest import free_port

TIMEOUT = 0.3  # seconds
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
Behaviour = Callable[[socket.socket], None]


class Server:
    """Takes connections one after the other, and treats each in the same way."""

    def __init__(self, behave: Behaviour) -> None:
        self.connections = 0
        self._behave = behave
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(5)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/canary?token=canary"
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                with connection, suppress(OSError):
                    connection.settimeout(5)
                    connection.recv(65_536)
                    self._behave(connection)

    def close(self) -> None:
        """Ends it."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()


@pytest.fixture
def transport() -> Iterator[Transport]:
    transport = Transport(httpx2.Client(follow_redirects=False))
    yield transport
    transport.close()


def wait_for_the_end(connection: socket.socket) -> None:
    with suppress(OSError):
        while connection.recv(1):
            pass


def hang(connection: socket.socket) -> None:
    wait_for_the_end(connection)


def drip(connection: socket.socket) -> None:
    connection.sendall(HEAD + b"Content-Length: 100000\r\n\r\n")
    pause = threading.Event()
    while True:  # until the other end has had enough
        connection.sendall(b" ")
        pause.wait(0.02)


def redirect(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n\r\n")


def flood(connection: socket.socket) -> None:
    connection.sendall(HEAD + b"Content-Length: 9999999\r\n\r\n")
    for _ in range(20):
        connection.sendall(b" " * (MAX_REPLY // 10))


def hang_up(connection: socket.socket) -> None:
    connection.sendall(HEAD + b"Content-Length: 100\r\n\r\n{")


def nonsense(connection: socket.socket) -> None:
    connection.sendall(b"\x00\x01\x02\r\n\r\n")


@pytest.mark.parametrize(
    ("behave", "expected"),
    [
        (hang, TransportTimeout),
        (drip, TransportTimeout),
        (redirect, TransportError),
        (flood, TransportError),
        (hang_up, TransportError),
        (nonsense, TransportError),
    ],
)
def test_a_server_that_misbehaves_is_left_after_one_try(
    transport: Transport, behave: Behaviour, expected: type[Exception]
) -> None:
    """LIM-05, LOG-02: in time, once, and without a word about what was asked."""
    server = Server(behave)
    try:
        with pytest.raises(expected) as caught:
            transport.request("POST", server.url, headers={}, content=b"canary", timeout=TIMEOUT)
    finally:
        server.close()

    assert server.connections == 1
    assert "canary" not in str(caught.value)


def test_a_server_that_is_not_there(transport: Transport) -> None:
    with pytest.raises(TransportConnectError):
        transport.request(
            "GET", f"http://127.0.0.1:{free_port()}/", headers={}, content=None, timeout=TIMEOUT
        )


def test_a_good_answer_comes_through(transport: Transport) -> None:
    server = Server(lambda connection: connection.sendall(HEAD + b"Content-Length: 2\r\n\r\n{}"))
    try:
        reply = transport.request("GET", server.url, headers={}, content=None, timeout=TIMEOUT)
    finally:
        server.close()

    assert (reply.status_code, reply.json()) == (200, {})


def test_certificates_are_verified(transport: Transport) -> None:
    """SEC-11."""
    verifies = httpx2.Client().__dict__.get("_transport")
    assert verifies is not None
    context = verifies._pool._ssl_context
    assert (context.check_hostname, context.verify_mode.name) == (True, "CERT_REQUIRED")

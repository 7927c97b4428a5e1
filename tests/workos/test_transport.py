"""The application's own transport, against servers that misbehave."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path

import httpx2
import pytest
from flask import Flask
from workos import TransportConnectError, TransportError, TransportTimeout

from app import create_app
from app.config import Config
from app.workos_api.client import make_client
from app.workos_api.transport import MAX_REPLY, Transport, make_http
from tests.certificate import make_certificate
from tests.machine import free_port
from tests.waiting import PATIENCE
from tests.walk import Visitor
from tests.workos.replies import MAGIC_AUTH

SHORT = 0.3  # seconds, for what is to take too long
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
Behaviour = Callable[[socket.socket], None]


class Server:
    """Takes connections one after the other, and treats each in the same way."""

    def __init__(self, behave: Behaviour, *, tls: ssl.SSLContext | None = None) -> None:
        self.connections = 0
        self.heard = b""
        self._behave = behave
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/canary?token=canary"
        self._last: socket.socket | None = None
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            connection, address = self._listener.accept()
            with connection, suppress(OSError):
                if self._last and address == self._last.getsockname():
                    return
                self.connections += 1
                self._treat(connection)

    def _treat(self, connection: socket.socket) -> None:
        connection.settimeout(PATIENCE)
        if self._tls:
            connection = self._tls.wrap_socket(connection, server_side=True)
        with connection:
            self.heard += connection.recv(65_536)
            self._behave(connection)

    def close(self) -> None:
        """Ends it, once it has seen all who came before."""
        with socket.socket() as self._last:
            self._last.bind(("127.0.0.1", 0))
            self._last.connect(("127.0.0.1", self.port))
            self._thread.join()
        self._listener.close()


@pytest.fixture
def transport() -> Iterator[Transport]:
    transport = Transport(httpx2.Client(follow_redirects=False))
    yield transport
    transport.close()


@pytest.fixture
def connected(make_config: Callable[..., Config]) -> Iterator[Callable[[str], Flask]]:
    """Makes applications that ask this address by a transport of their own, closed at the end."""
    with ExitStack() as at_the_end:

        def make(workos_base_url: str) -> Flask:
            config = make_config(workos_base_url=workos_base_url)
            transport = at_the_end.enter_context(closing(Transport(make_http())))
            return create_app(config, workos=make_client(config, transport))

        yield make


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


def gibberish(connection: socket.socket) -> None:
    connection.sendall(b"\x00\x01\x02\r\n\r\n")


@pytest.mark.parametrize(
    ("behave", "expected", "timeout"),
    [
        (hang, TransportTimeout, SHORT),
        (drip, TransportTimeout, SHORT),
        (redirect, TransportError, PATIENCE),
        (flood, TransportError, PATIENCE),
        (hang_up, TransportError, PATIENCE),
        (gibberish, TransportError, PATIENCE),
    ],
)
def test_a_server_that_misbehaves_is_left_after_one_try(
    transport: Transport, behave: Behaviour, expected: type[Exception], timeout: float
) -> None:
    """LIM-05, LOG-02: in time, once, and without a word about what was asked."""
    server = Server(behave)
    try:
        with pytest.raises(expected) as caught:
            transport.request("POST", server.url, headers={}, content=b"canary", timeout=timeout)
    finally:
        server.close()

    assert server.connections == 1
    assert "canary" not in str(caught.value)


def test_a_server_that_is_not_there(transport: Transport) -> None:
    with pytest.raises(TransportConnectError):
        transport.request(
            "GET", f"http://127.0.0.1:{free_port()}/", headers={}, content=None, timeout=PATIENCE
        )


def test_a_good_answer_comes_through(transport: Transport) -> None:
    server = Server(lambda connection: connection.sendall(HEAD + b"Content-Length: 2\r\n\r\n{}"))
    try:
        reply = transport.request("GET", server.url, headers={}, content=None, timeout=PATIENCE)
    finally:
        server.close()

    assert (reply.status_code, reply.json()) == (200, {})


@pytest.mark.parametrize("is_trusted", [False, True])
def test_certificates_are_verified(
    connected: Callable[[str], Flask],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    is_trusted: bool,
) -> None:
    """SEC-11: a server that is not trusted learns neither what would be asked nor our key."""
    certificate, key = make_certificate(tmp_path)
    if is_trusted:
        monkeypatch.setenv("SSL_CERT_FILE", certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    body = json.dumps(MAGIC_AUTH).encode()
    answer = HEAD + f"Content-Length: {len(body)}\r\n\r\n".encode() + body

    def send_code(connection: socket.socket) -> None:
        while not server.heard.endswith(b"}"):  # the body may come later than the head
            server.heard += connection.recv(65_536)
        connection.sendall(answer)

    server = Server(send_code, tls=context)
    app = connected(f"https://localhost:{server.port}")
    try:
        page = Visitor(app).ask_for_code()
    finally:
        server.close()

    assert page.status_code == (303 if is_trusted else 503)
    assert bool(server.heard) is is_trusted


@pytest.mark.parametrize("proxy_scheme", ["http", "socks5"])
def test_the_proxy_of_a_company_is_not_asked_for_this_machine(
    connected: Callable[[str], Flask], monkeypatch: pytest.MonkeyPatch, proxy_scheme: str
) -> None:
    """It would look for the emulator on its own machine."""
    body = json.dumps(MAGIC_AUTH).encode()
    head = HEAD + f"Content-Length: {len(body)}\r\n\r\n".encode()
    emulator = Server(lambda connection: connection.sendall(head + body))
    proxy = Server(hang_up)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, f"{proxy_scheme}://127.0.0.1:{proxy.port}")
    app = connected(f"http://localhost:{emulator.port}")
    try:
        page = Visitor(app).ask_for_code()
    finally:
        emulator.close()
        proxy.close()

    assert page.status_code == 303
    assert proxy.connections == 0


def test_the_proxy_of_a_company_is_asked_for_workos(
    connected: Callable[[str], Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    """SEC-11: and learns no more than the name of the server."""
    proxy = Server(lambda connection: connection.sendall(b"HTTP/1.1 502 Bad Gateway\r\n\r\n"))
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
    app = connected("https://api.workos.com")
    try:
        page = Visitor(app).ask_for_code()
    finally:
        proxy.close()

    assert page.status_code == 503
    assert proxy.heard.startswith(b"CONNECT api.workos.com:443 ")
    assert b"sk_test" not in proxy.heard

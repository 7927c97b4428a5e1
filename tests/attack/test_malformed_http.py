"""Malformed HTTP, byte by byte, against a real gunicorn."""

from __future__ import annotations

import socket

import pytest

from tests.site import Site
from tests.waiting import PATIENCE

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("four workers")]

GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n"
POST = b"POST /auth/magic-auth HTTP/1.1\r\nHost: localhost\r\n"
FORM = b"Content-Type: application/x-www-form-urlencoded\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
CHUNK = b"4000\r\n" + b"a" * 0x4000 + b"\r\n"
MALFORMED = {
    "no method": b"/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "no version": b"GET /\r\nHost: localhost\r\n\r\n",
    "version 3": b"GET / HTTP/3.0\r\nHost: localhost\r\n\r\n",
    "nonsense": b"\x00\x01\x02\x03\r\n\r\n",
    "tls hello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "space in header name": GET + b"X Y: 1\r\n\r\n",
    "space before colon": GET + b"Content-Length : 5\r\n\r\nhello",
    "header without colon": GET + b"nonsense\r\n\r\n",
    "folded header": GET + b"X: 1\r\n\t2\r\n\r\n",
    "nul in header": GET + b"X: a\x00b\r\n\r\n",
    "long request line": b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "long header": GET + b"X: " + b"a" * 70_000 + b"\r\n\r\n",
    "many headers": GET + b"X: 1\r\n" * 500 + b"\r\n",
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "other host": b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    "absolute form": b"GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n",
    "nonsense host": b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
    "two lengths": POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
    "negative length": POST + b"Content-Length: -1\r\n\r\n",
    "length in hex": POST + b"Content-Length: 0x5\r\n\r\nhello",
    "length and chunks": POST + b"Content-Length: 5\r\n" + CHUNKED + b"\r\n0\r\n\r\n",
    "unknown coding": POST + b"Transfer-Encoding: cow\r\n\r\n0\r\n\r\n",
    "chunked twice": POST + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    "large body": POST + FORM + b"Content-Length: 30000\r\n\r\n" + b"a" * 30_000,
    "large chunked body": POST + FORM + CHUNKED + b"\r\n" + CHUNK + CHUNK + b"0\r\n\r\n",
}
MALFORMED |= {
    f"chunk of size {size!r}": POST + FORM + CHUNKED + b"\r\n" + size + b"\r\n\r\n"
    for size in (b"zz", b"-1", b"5;\x00", b"5\r\nhello, and more")
}
TOO_LARGE = ("large body", "large chunked body")
FOLLOW_UP = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


def statuses_of(site: Site, data: bytes) -> list[int]:
    """Sends bytes, and returns the status of each answer until the server closes."""
    with socket.create_connection(("127.0.0.1", site.port), timeout=PATIENCE) as connection:
        received = b""
        try:
            connection.sendall(data)
            while part := connection.recv(65_536):
                received += part
        except (ConnectionResetError, BrokenPipeError):
            pass  # the server closed before it had read everything, as it may
    return [
        int(line.split()[1])
        for line in received.split(b"\r\n")
        if line.startswith(b"HTTP/1.") and len(line.split()) > 1
    ]


@pytest.mark.parametrize("name", MALFORMED)
def test_malformed_http_gets_a_4xx_or_is_hung_up_on(site: Site, name: str) -> None:
    """WEB-12, WEB-13: never a 2xx, never a 5xx of ours, and nothing leaks into what follows."""
    statuses = statuses_of(site, MALFORMED[name] + FOLLOW_UP)

    own, later = statuses[:1], statuses[1:]
    assert all(400 <= status < 500 or status in (501, 505) for status in own), statuses
    assert name not in TOO_LARGE or own == [413]
    assert later in ([], [200]), statuses
    assert statuses_of(site, FOLLOW_UP) == [200]

"""Many people at once from one thread, each request on a connection of its own.

That is how docs/nginx.conf asks, and so are the headers.
"""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlencode

from bench.subjects import HOST

PATIENCE = 60.0  # seconds after which what has not answered is given up
PROXIED = (
    f"Host: {HOST}\r\nX-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: https\r\n"
    f"Referer: https://{HOST}/\r\nAccept: application/json\r\nConnection: close\r\n"
)


class Answer(NamedTuple):
    """What came back: status 0 if nothing did; `seconds` since it was due, sent or not."""

    status: int
    seconds: float
    text: str = ""

    def headers(self, name: str) -> list[str]:
        """Returns the values of each header of this name."""
        head = self.text.partition("\r\n\r\n")[0].split("\r\n")[1:]
        found = (line.partition(": ") for line in head)
        return [value for key, _, value in found if key.lower() == name.lower()]


@dataclass
class Exchange:
    """One request under way."""

    number: int
    due: float
    received: bytes = b""


def get(path: str, cookies: str = "") -> bytes:
    """Returns the bytes of a GET request."""
    return f"GET {path} HTTP/1.1\r\n{PROXIED}Cookie: {cookies}\r\n\r\n".encode()


def post(path: str, cookies: str = "", **fields: str) -> bytes:
    """Returns the bytes of a POST request with a form."""
    form = urlencode(fields)
    kind = "Content-Type: application/x-www-form-urlencoded"
    head = f"{PROXIED}Cookie: {cookies}\r\n{kind}\r\nContent-Length: {len(form)}"
    return f"POST {path} HTTP/1.1\r\n{head}\r\n\r\n{form}".encode()


def play(
    port: int, requests: Sequence[bytes], *, people: int = 0, rate: float = 0.0
) -> list[Answer]:
    """Sends all and returns their answers, in the same order.

    At most so many `people` ask at once, each the next when the last is answered; or they come at
    a fixed `rate` a second, however long the ones before take: one after the other, a page that
    hangs for seconds would be a single slow one of hundreds, and no percentile would show it.
    With neither, all ask at once.
    """
    answers = [Answer(0, PATIENCE)] * len(requests)
    started = time.perf_counter()
    opened = waiting = 0
    with selectors.DefaultSelector() as selector:
        while opened < len(requests) or waiting:
            now = time.perf_counter()
            due = started + opened / rate if rate else now
            if opened < len(requests) and due <= now and not 0 < people <= waiting:
                selector.register(connecting(port), selectors.EVENT_WRITE, Exchange(opened, due))
                opened, waiting = opened + 1, waiting + 1
                continue
            if now - started > PATIENCE:
                break
            for key, events in selector.select(due - now if due > now else 1.0):
                assert isinstance(key.fileobj, socket.socket)
                if events & selectors.EVENT_WRITE:
                    key.fileobj.send(requests[key.data.number])
                    selector.modify(key.fileobj, selectors.EVENT_READ, key.data)
                elif answer := received(key.fileobj, key.data):
                    answers[key.data.number] = answer
                    waiting -= 1
                    selector.unregister(key.fileobj)
                    key.fileobj.close()
        for key in list(selector.get_map().values()):
            assert isinstance(key.fileobj, socket.socket)
            key.fileobj.close()
    return answers


def connecting(port: int) -> socket.socket:
    """Returns a connection under way."""
    connection = socket.socket()
    connection.setblocking(False)
    connection.connect_ex(("127.0.0.1", port))
    return connection


def received(connection: socket.socket, exchange: Exchange) -> Answer | None:
    """Takes in what has come; returns the answer once the server has closed."""
    try:
        if more := connection.recv(65_536):
            exchange.received += more
            return None
    except OSError:  # reset
        exchange.received = b""
    took = time.perf_counter() - exchange.due
    text = exchange.received.decode(errors="replace")
    return Answer(int(text[9:12]) if text.startswith("HTTP/1.") else 0, took, text)

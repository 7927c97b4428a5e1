"""Requests that nobody foresaw, each made from a seed, and what must be true of every answer."""

from __future__ import annotations

import json
import re
import socket
import ssl
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from urllib.parse import parse_qsl, quote, urlsplit

from flask import Flask

from app.web.headers import HEADERS
from tests.attack import odd
from tests.attack.odd import CANARY
from tests.site import Browser, Site
from tests.waiting import PATIENCE

TOGETHER = 250  # requests that share one set of real cookies, tokens and codes
AT_ONCE = 8
LONGEST = 15 * 60  # seconds for a run; on a slow machine it then ends with fewer requests


@dataclass
class Target:
    """Where requests go."""

    site: Site
    name: str  # of the test, to replay one
    doors: Sequence[tuple[str, str]]  # method and path
    certificate: str | None = None
    logs: Sequence[Path] = ()  # beside the application's

    def __post_init__(self) -> None:
        self._tls = (
            ssl.create_default_context(cafile=self.certificate) if self.certificate else None
        )

    def browser(self) -> Browser:
        """Returns a browser with nothing in it yet."""
        browser = Browser(self.site)
        if self.certificate:
            browser.http.trust_env = False  # or the certificates of the environment would win
            browser.http.verify = self.certificate
            browser.http.headers["Referer"] = f"{self.site.url}/"
        return browser

    def ask(self, request: bytes) -> bytes:
        """Sends bytes, and returns what comes back until the server closes."""
        received = b""
        address = ("127.0.0.1", self.site.port)
        with suppress(OSError), socket.create_connection(address, PATIENCE) as plain:
            secure = self._tls and self._tls.wrap_socket(plain, server_hostname="localhost")
            with secure or plain as connection:
                with suppress(OSError):  # the server may answer before it has read everything
                    connection.sendall(request)
                    if not secure:
                        connection.shutdown(socket.SHUT_WR)
                while part := connection.recv(65_536):
                    received += part
        return received.removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n")


def doors_of(app: Flask) -> list[tuple[str, str]]:
    """Returns every method and path that the application knows, and some that it does not."""
    known = {
        (method, re.sub(r"<[^>]+>", "x", rule.rule))
        for rule in app.url_map.iter_rules()
        for method in rule.methods or ()
    }
    return sorted({*known, ("GET", "/static/base.css"), ("GET", "/nowhere")})


@dataclass
class Material:
    """What real people have just now, to be sent on, cut and mixed."""

    cookies: list[str]
    tokens: list[str]
    texts: list[str]

    @classmethod
    def gathered(cls, target: Target, label: str) -> Material:
        """Has one person sign in, and another wait for a code and for a link."""
        signed_in, waiting = target.browser(), target.browser()
        signed_in.sign_in_by_code(f"{CANARY}-in-{label}@example.com")
        email = f"{CANARY}-waiting-{label}@example.com"
        waiting.post("/auth/magic-auth", email=email)
        texts = [str(waiting.mail_to(email)["one_time_code"]), email]
        link = dict(parse_qsl(urlsplit(waiting.callback_of_link(email)).query))
        jars = [browser.http.cookies.get_dict() for browser in (signed_in, waiting)]
        tokens = [browser.token() for browser in (signed_in, waiting)]
        for browser in (signed_in, waiting):
            browser.http.close()
        cookies = ["; ".join(f"{name}={value}" for name, value in jar.items()) for jar in jars]
        return cls(cookies, tokens, [*texts, link["code"], link["state"]])

    def secrets(self) -> set[str]:
        """Returns what no log may have."""
        values = [pair.partition("=")[2] for jar in self.cookies for pair in jar.split("; ")]
        return {*values, *self.tokens, *self.texts}


class Writer:
    """Writes one request, whole or broken, always the same from the same chance."""

    def __init__(self, chance: Random, target: Target, material: Material) -> None:
        self._chance, self._target, self._material = chance, target, material

    def request(self) -> bytes:
        """Returns its bytes."""
        chance = self._chance
        who = chance.randrange(len(self._material.cookies))
        headers = {
            "Host": urlsplit(self._target.site.url).netloc,
            "Connection": "close",
            "Referer": f"{self._target.site.url}/",
            "X-CSRFToken": self._material.tokens[who],
        }
        if chance.random() < 0.7:
            headers["Cookie"] = self._changed(self._material.cookies[who], 0.3)
        for name in chance.sample(list(odd.HEADERS), chance.choice((0, 0, 1, 2, 3))):
            headers[name] = chance.choice(odd.HEADERS[name])
        method, path = chance.choice(self._target.doors)
        if chance.random() < 0.1:
            method = chance.choice(odd.METHODS)
        has_body = method == "POST" or chance.random() < 0.1
        body = self._framed(self._body(headers), headers) if has_body else b""
        version = chance.choice(["HTTP/1.1"] * 30 + ["HTTP/1.0", "HTTP/9.9", "http/1.1"])
        lines = [f"{method} {self._path(path)} {version}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        head = "\r\n".join((*lines, "", "")).encode("latin-1", "replace")
        if chance.random() < 0.03:
            place = chance.randrange(self._breakable(head))
            head = head[:place] + chance.randbytes(chance.randrange(1, 8)) + head[place + 1 :]
        return head + body

    def _breakable(self, head: bytes) -> int:
        # A longer Content-Length would have nginx wait a minute for the rest: over TLS one cannot
        # say "this was all" and still listen.
        return head.index(b"\r\n") if self._target.certificate else len(head)

    def _path(self, path: str) -> str:
        chance = self._chance
        if chance.random() < 0.1:
            path += chance.choice(odd.BEHIND_PATHS)
        if chance.random() < 0.05:
            other = (f"//evil.example{path}", path.upper(), f"http://evil.example{path}", "*")
            path = chance.choice(other)
        if chance.random() < 0.5:
            path += "?" + chance.choice("&&&;").join(self._pairs())
        return path

    def _pairs(self) -> list[str]:
        safe = "%" if self._chance.random() < 0.3 else ""
        return [
            f"{name}={quote(value.encode('utf-8', 'surrogatepass'), safe=safe)}"
            for name, value in self._fields()
        ]

    def _fields(self) -> list[tuple[str, str]]:
        names = self._chance.choices(odd.FIELDS, k=self._chance.randrange(1, 6))
        return [(name, self._text(name)) for name in names]

    def _text(self, name: str) -> str:
        chance = self._chance
        if name == "csrf_token" and chance.random() < 0.9:
            return chance.choice(self._material.tokens)
        if chance.random() < 0.4:
            return self._changed(chance.choice(self._material.texts), 0.5)
        return chance.choice(odd.TEXTS)

    def _changed(self, text: str, share: float) -> str:
        chance = self._chance
        if not text or chance.random() > share:
            return text
        place = chance.randrange(len(text))
        rest = text[place + chance.choice((0, 1, len(text))) :]
        return text[:place] + chance.choice([*odd.INTO_TEXTS, text]) + rest

    def _body(self, headers: dict[str, str]) -> bytes:
        chance = self._chance
        kind = headers["Content-Type"] = chance.choice(odd.KINDS[:3] * 4 + odd.KINDS)
        if chance.random() < 0.15:
            return chance.choice(odd.BODIES)
        if "json" in kind:
            body = dict(self._fields()) | {
                name: chance.choice(odd.JSON_VALUES)
                for name in odd.FIELDS
                if chance.random() < 0.05
            }
            return json.dumps(body).encode("utf-16" if "utf-16" in kind else "utf-8")
        if "boundary" in kind:
            file = chance.choice(("", '; filename="x"'))
            parts = [
                f'--b\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n{value}\r\n'
                for name, value in self._fields()
            ]
            end = chance.choice(("--b--\r\n", "--b", "--b\r\n\r\n", ""))
            return "".join((*parts, end)).encode("utf-8", "surrogatepass")
        return "&".join(self._pairs()).encode()

    def _framed(self, body: bytes, headers: dict[str, str]) -> bytes:
        chance, is_whole = self._chance, self._target.certificate  # see _breakable
        if chance.random() < 0.15:
            headers.setdefault("Transfer-Encoding", "chunked")
            size = chance.choice((7, 1_000)) if len(body) < 5_000 else 100_000
            parts = [body[start : start + size] for start in range(0, len(body), size)]
            end = chance.choice([b"0\r\n\r\n"] * 8 + [b"zz\r\n\r\n", b"" if not is_whole else b"z"])
            return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + end
        lie = chance.choice([0] * 8 + [-1, 1 if not is_whole else 0])
        headers.setdefault("Content-Length", str(max(0, len(body) + lie)))
        return body


def complaint_about(answer: bytes) -> str | None:
    """Returns what is wrong with an answer, if anything is; hanging up without one is allowed."""
    head, _, body = answer.partition(b"\r\n\r\n")
    names = {line.partition(b":")[0].decode("latin-1").lower() for line in head.split(b"\r\n")[1:]}
    status = status_of(answer)
    if b"Traceback" in body or f"<{CANARY}>".encode() in body or "x-canary" in names:
        return "something that should not be there"
    if not status:
        return None
    # gunicorn and nginx answer by themselves what is no request, or one that they do not take.
    is_ours = "x-request-id" in names or b"\r\nServer: gunicorn\r\n" in head
    missing = [name for name in HEADERS if name.lower() not in names]
    if is_ours:
        is_well = not missing and (status < 500 or ("x-request-id" in names and status != 500))
    else:
        is_well = 400 <= status < 500 or status in (501, 505)
    return None if is_well else f"a {status}, without {', '.join(missing) or 'a name'}"


def status_of(answer: bytes) -> int:
    """Returns the status of an answer, 0 if it has none."""
    found = re.match(rb"HTTP/1\.[01] (\d{3}) ", answer)
    return int(found[1]) if found else 0


class Log:
    """A log, from now on."""

    def __init__(self, path: Path) -> None:
        self._path, self._at = path, path.stat().st_size

    def complaints(self, secrets: set[str]) -> Iterator[str]:
        """Yields what should not be in what it has said since it was last asked."""
        with self._path.open("rb") as file:
            file.seek(self._at)
            said = file.read()
        self._at += len(said)
        # A short code may be part of a random id.
        codes = [rf"(?<!\w){one}(?!\w)" for one in secrets if one.isdigit()]
        words = "|".join(
            [CANARY, *codes, *(re.escape(one) for one in secrets if not one.isdigit())]
        )
        for line in said.decode(errors="replace").splitlines():
            if "Traceback" in line or '"sys_crash"' in line:
                yield f"a crash in the log: {line[:600]}"
            elif found := re.search(words, line):
                yield f"{found[0]} in the log: {line[:600]}"


def run(target: Target, *, seed: str, count: int, only: int | None = None) -> list[str]:
    """Sends `count` requests, or one of them alone; returns what is wrong, prints how it went."""
    started_at = time.monotonic()
    statuses: Counter[int] = Counter()
    found: list[str] = []
    logs = [Log(path) for path in (target.site.log, *target.logs)]
    earlier: set[str] = set()  # whose lines may come late
    numbers = range(count) if only is None else range(only, only + 1)
    for first in range(numbers.start - numbers.start % TOGETHER, numbers.stop, TOGETHER):
        if time.monotonic() - started_at > LONGEST:
            break
        material = Material.gathered(target, f"{seed}-{first}")
        chosen = [number for number in range(first, first + TOGETHER) if number in numbers]
        requests = [Writer(Random(f"{seed}/{n}"), target, material).request() for n in chosen]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            answers = list(pool.map(target.ask, requests))
        statuses.update(map(status_of, answers))
        for number, request, answer in zip(chosen, requests, answers, strict=True):
            if complaint := complaint_about(answer):
                again = f"-m fuzz -k {target.name} --seed {seed} --replay {number}"
                found.append(
                    f"{complaint}\n  again: .venv/bin/python -m pytest -s {again}\n"
                    f"  sent: {request[:2_000]!r}\n  got: {answer[:600]!r}"
                )
        for log in logs:
            complaints = log.complaints(material.secrets() | earlier)
            found += [f"{one}\n  after {chosen[0]} to {chosen[-1]}" for one in complaints]
        earlier = material.secrets()
    took = time.monotonic() - started_at
    print(f"{target.name}: {statuses.total()} in {took:.0f} s: {dict(sorted(statuses.items()))}")
    return found

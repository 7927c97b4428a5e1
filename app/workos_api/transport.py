"""How calls travel: within a time limit for the whole call, and without following redirects.

Through the proxy that HTTPS_PROXY names, but never so to this machine: a company's proxy finds
nothing here.
"""

from __future__ import annotations

import time

import httpx2
from workos import HTTPResponse, TransportConnectError, TransportError, TransportTimeout

MAX_REPLY = 1_000_000  # bytes
DIRECT = dict.fromkeys(("all://localhost", "all://127.0.0.1", "all://[::1]"))
CONNECTIONS = httpx2.Limits(max_connections=64, max_keepalive_connections=16)


def make_http() -> httpx2.Client:
    """Returns an HTTP client that follows no redirects, and asks this machine without a proxy."""
    try:
        return httpx2.Client(mounts=DIRECT, limits=CONNECTIONS)
    except (ImportError, ValueError, httpx2.InvalidURL):
        # Of no use, and so refused by from_env() unless WorkOS is on this machine.
        return httpx2.Client(trust_env=False, limits=CONNECTIONS)


class Transport:
    """An `HTTPBackend` whose time-out covers the whole call, even to a slow server."""

    def __init__(self, http: httpx2.Client) -> None:
        self._http = http

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: dict[str, str],
        content: bytes | None,
        timeout: float,
    ) -> HTTPResponse:
        """Makes one call; raises TransportError for anything that is not a whole answer."""
        ends_at = time.monotonic() + timeout
        try:
            with self._http.stream(
                method, url, headers=headers, content=content, timeout=timeout
            ) as reply:
                if reply.is_redirect:
                    raise TransportError("unexpected redirect")
                body = self._read(reply, ends_at)
        except httpx2.TimeoutException as error:
            raise TransportTimeout(type(error).__name__) from None
        except (httpx2.ConnectError, httpx2.ProxyError) as error:
            raise TransportConnectError(type(error).__name__) from None
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise TransportError(type(error).__name__) from None
        return HTTPResponse(reply.status_code, reply.headers, body, method, url)

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    @staticmethod
    def _read(reply: httpx2.Response, ends_at: float) -> bytes:
        body = bytearray()
        for chunk in reply.iter_bytes():
            body += chunk
            if time.monotonic() > ends_at:
                raise TransportTimeout("the answer came too slowly")
            if len(body) > MAX_REPLY:
                raise TransportError("the answer is too large")
        return bytes(body)

"""How calls travel: within a time limit for the whole call, and without following redirects."""

from __future__ import annotations

import time

import httpx2
from workos import HTTPResponse, TransportConnectError, TransportError, TransportTimeout

MAX_REPLY = 1_000_000  # bytes
CONNECTIONS = httpx2.Limits(max_connections=64, max_keepalive_connections=16)


def make_transport() -> Transport:
    """Returns a transport that follows no redirects, with its own pool of connections."""
    return Transport(httpx2.Client(follow_redirects=False, limits=CONNECTIONS))


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
        except httpx2.ConnectError as error:
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

"""What WorkOS asks of the application by itself: webhooks and Actions, over HTTP."""

from functools import cache

import httpx2


def post(url: str, body: bytes, headers: dict[str, str], timeout: float) -> httpx2.Response:
    """Posts to a receiver; raises httpx2.HTTPError, or InvalidURL."""
    return _client().post(url, content=body, headers=headers, timeout=timeout)


@cache
def _client() -> httpx2.Client:
    # One for all, because to read the certificates of this machine takes ten times as long as the
    # rest. It keeps no connection: the receiver may close it while the next event is on its way.
    # Proxies of the environment are not for a receiver on this machine.
    limits = httpx2.Limits(max_keepalive_connections=0)
    return httpx2.Client(trust_env=False, limits=limits)

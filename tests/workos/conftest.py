"""The application on a small `requests`-based backend, so that `responses` sees each byte."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests
import responses
from flask import Flask
from workos import (
    HTTPResponse,
    TransportConnectError,
    TransportError,
    TransportTimeout,
    WorkOSClient,
)

from app import create_app
from app.config import Config
from tests.walk import MUCH_MAIL, Visitor

API = "https://api.workos.com"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


class RequestsBackend:
    """The transport of `requests`, as the SDK wants it."""

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: dict[str, str],
        content: bytes | None,
        timeout: float,
    ) -> HTTPResponse:
        """Makes one call, with the errors that the SDK knows."""
        try:
            reply = requests.request(
                method, url, headers=headers, data=content, timeout=timeout, allow_redirects=False
            )
        except requests.Timeout:
            raise TransportTimeout("slow") from None
        except requests.ConnectionError:
            raise TransportConnectError("refused") from None
        except requests.RequestException:
            raise TransportError("broken") from None
        return HTTPResponse(reply.status_code, reply.headers, reply.content, method, url)

    def close(self) -> None:
        """Has nothing to close."""


@pytest.fixture
def config(make_config: object) -> Config:
    """Settings for the real address of WorkOS."""
    assert callable(make_config)
    config = make_config(
        workos_api_key="sk_test_wire",
        workos_client_id="client_wire",
        workos_base_url=API,
        **MUCH_MAIL,
    )
    assert isinstance(config, Config)
    return config


@pytest.fixture
def workos(config: Config) -> WorkOSClient:
    """The real SDK over `requests`."""
    return WorkOSClient(
        api_key=config.workos_api_key,
        client_id=config.workos_client_id,
        base_url=config.workos_base_url,
        max_retries=0,
        http_client=RequestsBackend(),
    )


@pytest.fixture
def app(config: Config, workos: WorkOSClient) -> Flask:
    """The application under test."""
    return create_app(config, workos=workos)


@pytest.fixture
def visitor(app: Flask) -> Visitor:
    """Somebody at the front door."""
    visitor = Visitor(app)
    visitor.client.environ_base["HTTP_USER_AGENT"] = FIREFOX
    return visitor


@pytest.fixture
def another_visitor(app: Flask) -> Visitor:
    """Somebody else, elsewhere, in another browser."""
    return Visitor(app, address="198.51.100.7")


@pytest.fixture
def api() -> Iterator[responses.RequestsMock]:
    """WorkOS, where every expected call is named, and any other fails."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock

"""The application as in production, and people who attack it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.redis_server import RedisServer
from tests.site import Browser, Site, Sites


@pytest.fixture
def site(sites: Sites) -> Site:
    """Four workers that share one database."""
    return sites.get()


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """The one that the tests of this process share; a test that stops it starts it again."""
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    yield server
    server.kill()


@pytest.fixture
def browser(site: Site) -> Iterator[Browser]:
    """A browser with nothing in it yet."""
    browser = Browser(site)
    yield browser
    browser.http.close()

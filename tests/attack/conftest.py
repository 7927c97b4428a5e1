"""The application as in production, and people who attack it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.site import Browser, Site, Sites


@pytest.fixture
def site(sites: Sites) -> Site:
    """Four workers that share one database."""
    return sites.get()


@pytest.fixture
def browser(site: Site) -> Iterator[Browser]:
    """A browser with nothing in it yet."""
    browser = Browser(site)
    yield browser
    browser.http.close()

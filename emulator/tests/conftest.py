"""The emulator as its two kinds of callers meet it: through the real SDK, and over bare HTTP."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from flask import Flask
from workos import WorkOSClient

import workos_emulator
from bare_http import BASE_URL, CALLBACK, OTHER_CALLBACK, BareHttp
from workos_emulator.pytest_plugin import WorkOSEmulator


@pytest.fixture
def workos_emulator_settings() -> dict[str, Any]:
    """Settings with an address that the tests can name."""
    return {"redirect_uris": [CALLBACK, OTHER_CALLBACK], "base_url": BASE_URL}


@pytest.fixture
def emulator(workos_emulator: WorkOSEmulator) -> Flask:
    """The WSGI application."""
    return workos_emulator.app


@pytest.fixture
def workos(workos_emulator: WorkOSEmulator) -> WorkOSClient:
    """The real SDK."""
    return workos_emulator.client()


@pytest.fixture
def environ() -> dict[str, str]:
    """The environment of a process that finds the package where this one did."""
    return {**os.environ, "PYTHONPATH": str(Path(workos_emulator.__file__).parents[1])}


@pytest.fixture
def http(emulator: Flask) -> Iterator[BareHttp]:
    """Bare requests."""
    transport = httpx2.WSGITransport(app=emulator)
    key = {"Authorization": "Bearer sk_test_emulator"}
    with (
        httpx2.Client(transport=transport, base_url=BASE_URL, headers=key) as api,
        httpx2.Client(transport=transport, base_url=BASE_URL) as browser,
    ):
        yield BareHttp(api, browser)

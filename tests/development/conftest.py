"""A developer, on the machine where the application runs."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.walk import Visitor


@pytest.fixture
def visitor(app: Flask, emulator: Flask) -> Visitor:
    """Somebody in front of this machine."""
    return Visitor(app, emulator, address="127.0.0.1")

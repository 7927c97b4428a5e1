"""Requests that nobody foresaw, sent to four workers; through nginx: tests/serving/test_nginx.py.

`make fuzz` sends more of them, and `make fuzz PYTEST="--seed 7"` others. A failure says how to send
one again.
"""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from tests.attack import fuzz
from tests.site import Site

pytestmark = [pytest.mark.server, pytest.mark.fuzz, pytest.mark.xdist_group("four workers")]


def test_gunicorn_answers_whatever_is_sent(site: Site, app: Flask, fuzzing: dict[str, Any]) -> None:
    """WEB-04, WEB-05, WEB-13, LOG-02, LOG-04, LOG-05."""
    target = fuzz.Target(site, "gunicorn", fuzz.doors_of(app))

    found = fuzz.run(target, **fuzzing)
    assert not found, "\n\n".join(found[:10])

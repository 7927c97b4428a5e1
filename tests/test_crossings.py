"""How often a request crosses between the modules of the house: what is read once is handed on."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app.config import Config
from tests.conftest import ROOT
from tests.walk import Visitor

APP = f"{ROOT / 'app'}/"
# As few as were reached. Who needs more should look first at what is asked twice: the settings, the
# store, the keys, the visitor, a cookie, one more round trip to count something.
MOST = {"ask for a code": 33, "type it": 57, "ask for a link": 36, "open it": 65}


SITE = "http://app.example.com"


@pytest.fixture
def config(make_config: Callable[..., Config]) -> Config:
    """As in production: in development, what happens is noted too, for developers to look at."""
    return make_config(public_url=SITE)


@pytest.fixture
def visitor(app: Flask, emulator: Flask) -> Visitor:
    """Somebody there."""
    return Visitor(app, emulator, origin=SITE)


@pytest.fixture
def another_visitor(app: Flask, emulator: Flask) -> Visitor:
    """Somebody else, elsewhere."""
    return Visitor(app, emulator, address="198.51.100.7", origin=SITE)


def test_a_sign_in_crosses_between_modules_only_so_often(
    visitor: Visitor, another_visitor: Visitor
) -> None:
    another_visitor.sign_in_by_code("eve@example.com")  # the first requests open files, and more

    asked, for_code = crossings(post(visitor, "/auth/magic-auth", email="ada@example.com"))
    code = visitor.mailed_code()
    typing = post(visitor, "/auth/magic-auth/verify", page=asked.location, one_time_code=code)
    typed, for_typing = crossings(typing)
    visitor.sign_out()
    _, for_link = crossings(post(visitor, "/auth/magic-link", email="ada@example.com"))
    callback = visitor.open_at_workos(visitor.mailed_link())
    opened, for_opening = crossings(lambda: visitor.get(callback))

    assert (typed.location, opened.location) == ("/", "/")
    found = dict(zip(MOST, (for_code, for_typing, for_link, for_opening), strict=True))
    for name, most in MOST.items():
        assert found[name].total() <= most, "\n".join([name, *map(str, found[name].items())])
    assert min(counted.total() for counted in found.values()) > 20  # or nothing was counted


def post(
    visitor: Visitor, url: str, *, page: str = "/sign-in", **fields: str
) -> Callable[[], TestResponse]:
    """Returns the submission of a form, and nothing that comes before."""
    data = {"csrf_token": visitor.csrf_token(page), **fields}
    return lambda: visitor.client.post(url, base_url=SITE, data=data)


def crossings(act: Callable[[], TestResponse]) -> tuple[TestResponse, Counter[str]]:
    """Returns the answer, and each call that left one file of app/ for another.

    Calls through a library count too, as from the file that called the library.
    """
    found: Counter[str] = Counter()

    def note(frame: FrameType, event: str, _: Any) -> None:
        callee = frame.f_code.co_filename
        if event != "call" or not callee.startswith(APP):
            return
        if callee.startswith(f"{APP}development/"):
            return  # it notes what happens in other applications of this process, never in this one
        if callee == f"{APP}web/flask_session.py":
            return  # a dictionary, to those who use it
        caller = frame.f_back
        while caller and not caller.f_code.co_filename.startswith(APP):
            caller = caller.f_back
        if caller and caller.f_code.co_filename != callee:
            here, there = caller.f_code.co_filename, f"{callee}:{frame.f_code.co_name}"
            found[f"{here} -> {there}".replace(APP, "")] += 1

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        return act(), found
    finally:
        sys.setprofile(before)

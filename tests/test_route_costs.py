"""What each request costs: reads and writes of the store, cookies, calls to WorkOS."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import count

import pytest
import time_machine
from flask import Flask
from werkzeug.test import TestResponse
from workos import WorkOSClient

from app import create_app
from app.config import SETTINGS, Config
from app.stores.database import Database, SQLiteStorage
from app.stores.sqlite_sessions import SQLiteSessionStore
from tests.conftest import HTTPS
from tests.walk import Visitor

# With other forms, what is counted is how little it costs to refuse them.
ASKS_FOR_MAIL = (
    "/auth/magic-auth",
    "/auth/magic-link",
)
EMAIL = {"email": "grace@example.com"}
UNLIMITED = {name.lower(): "100000 per minute" for name in SETTINGS if name.startswith("LIMIT_")}
Found = Counter[str]
Cost = Callable[[Callable[[], TestResponse]], str]


@pytest.fixture
def config(make_config: Callable[..., Config]) -> Config:
    """As in production, and so that nobody meets a limit, which are counted all the same."""
    return make_config(public_url=HTTPS, **UNLIMITED)


@pytest.fixture
def found() -> Found:
    """What has been counted."""
    return Counter()


@pytest.fixture
def app(config: Config, workos: WorkOSClient, found: Found) -> Iterator[Flask]:
    """The application, at one moment: what is done once a minute is not done in between."""

    def note(statement: str) -> None:
        word = statement.split(maxsplit=1)[0]
        if word == "SELECT":
            found["read"] += 1
        elif word == "BEGIN" or (word != "COMMIT" and not database.connection().in_transaction):
            found["write"] += 1  # of several statements in one transaction, the first

    database = Database(config.database_path)
    database.check()  # sweeps, too
    database.connection().set_trace_callback(note)
    stores = SQLiteSessionStore(database), SQLiteStorage(database)
    with time_machine.travel(time.time(), tick=False):
        yield create_app(config, workos=workos, stores=stores)


@pytest.fixture
def visitor(app: Flask, emulator: Flask) -> Visitor:
    """Somebody there."""
    return Visitor(app, emulator, origin=HTTPS)


@pytest.fixture
def cost(visitor: Visitor, found: Found) -> Cost:
    """Tells what a request costs."""

    def count_all(ask: Callable[[], TestResponse]) -> str:
        calls = len(visitor.api_calls())
        found.clear()
        with ask() as answer:
            found["cookie"] = len(answer.headers.getlist("Set-Cookie"))
        counted = {what: found[what] for what in ("read", "write", "cookie")}
        counted["call"] = len(visitor.api_calls()) - calls
        said = [f"{n} {what}{'s' * (n > 1)}" for what, n in counted.items() if n]
        return ", ".join(said) or "nothing"

    return count_all


def form(visitor: Visitor, path: str, **fields: str) -> Callable[[], TestResponse]:
    """Returns the submission of a form, and nothing that comes before."""
    data = {"csrf_token": visitor.api_session().json["csrf_token"], **fields}
    headers = {"Referer": f"{HTTPS}/"}
    return lambda: visitor.client.post(path, base_url=HTTPS, data=data, headers=headers)


@pytest.mark.docs
def test_what_each_request_costs_is_in_the_documents(
    app: Flask, visitor: Visitor, cost: Cost, generated: Callable[[str, str, str], None]
) -> None:
    numbers = count()

    def ask(method: str, path: str, *, is_signed_in: bool) -> str:
        visitor.forget_cookies()
        if is_signed_in:
            visitor.sign_in_by_code(f"ada{next(numbers)}@example.com")  # WorkOS has limits, too
        fields = EMAIL if path in ASKS_FOR_MAIL else {}
        is_get = method == "GET"
        return cost((lambda: visitor.get(path)) if is_get else form(visitor, path, **fields))

    rows = [("Request", "Signed out", "Signed in"), ("---", "---", "---")]
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        path = re.sub("<[^>]+>", "base.css" if rule.endpoint == "static" else "x", rule.rule)
        for method in sorted({"GET", "POST"} & {*(rule.methods or ())}):
            out, inside = (ask(method, path, is_signed_in=yes) for yes in (False, True))
            rows.append((f"`{method} {rule.rule}`", out, inside))
    table = "".join(f"| {' | '.join(row)} |\n" for row in rows)
    generated("docs/performance.md", "costs", table)


@pytest.mark.docs
def test_what_typing_a_code_costs_is_in_the_documents(
    visitor: Visitor, cost: Cost, generated: Callable[[str, str, str], None]
) -> None:
    visitor.ask_for_code()
    type_it = form(visitor, "/auth/magic-auth/verify", one_time_code=visitor.mailed_code())

    generated("docs/performance.md", "code", f"Typing the right code: {cost(type_it)}.\n")


@pytest.mark.docs
def test_what_opening_a_link_costs_is_in_the_documents(
    visitor: Visitor, cost: Cost, generated: Callable[[str, str, str], None]
) -> None:
    visitor.ask_for_link()
    callback = visitor.open_at_workos(visitor.mailed_link())

    said = cost(lambda: visitor.get(callback))
    generated("docs/performance.md", "link", f"Opening a Magic Link: {said}.\n")

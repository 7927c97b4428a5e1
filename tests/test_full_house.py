"""All the threads that may wait for WorkOS do: what everybody else meets meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from typing import Any

import pytest
import time_machine
from flask import Flask, request

from app import create_app
from app.config import Config
from app.guards import login_required
from app.workos_api.client import take_place
from tests.waiting import PATIENCE, wait_for
from tests.walk import Visitor, heading

FULL = "Too many people are signing in right now"


@pytest.fixture
def config(make_config: Callable[..., Config]) -> Config:
    """One thread, and budgets that are gone with the first mail and the second try."""
    return make_config(
        threads=1, limit_send_per_address="1 per hour", limit_verify_per_visitor="2 per minute"
    )


@pytest.fixture
def full(app: Flask) -> Callable[[], Any]:
    """Somebody who waits for WorkOS in the only place until the block ends."""

    @contextmanager
    def somebody_waits() -> Iterator[None]:
        is_full, is_over = Event(), Event()

        def wait() -> None:
            with app.test_request_context():
                take_place()
                is_full.set()
                is_over.wait(PATIENCE)

        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(wait)
            assert is_full.wait(PATIENCE)
            yield
            is_over.set()
            waiting.result()

    return somebody_waits


def test_who_asks_for_a_code_is_told_when_to_come_back_and_it_does_not_count(
    visitor: Visitor, full: Callable[[], Any]
) -> None:
    """LIM-11."""
    with full():
        for _ in range(3):
            answer = visitor.ask_for_code()
            assert (answer.status_code, heading(answer)) == (503, FULL)
            assert int(answer.headers["Retry-After"]) > 0
    assert not visitor.mailbox()

    visitor.sign_in_by_code()
    assert visitor.is_signed_in()


def test_a_code_that_was_typed_in_vain_still_has_all_its_tries(
    visitor: Visitor, full: Callable[[], Any]
) -> None:
    """LIM-11."""
    visitor.ask_for_code()
    code = visitor.mailed_code()
    with full():
        answers = [visitor.type_code(code).status_code for _ in range(12)]

    assert answers == [503] * 12
    assert visitor.type_code(code).status_code == 303
    assert visitor.is_signed_in()


def test_a_link_that_was_opened_in_vain_can_be_opened_again(
    visitor: Visitor, full: Callable[[], Any]
) -> None:
    """LIM-11."""
    visitor.ask_for_link()
    callback = visitor.open_at_workos(visitor.mailed_link())
    with full():
        refused = [visitor.get(callback) for _ in range(3)][-1]
    assert (refused.status_code, heading(refused)) == (503, FULL)
    assert "Try again</a>" in refused.text

    assert visitor.get(callback).location == "/"
    assert visitor.is_signed_in()


def test_people_who_are_signed_in_do_not_wait_and_are_refreshed_later(
    visitor: Visitor, full: Callable[[], Any]
) -> None:
    """LIM-06, LIM-11: nothing has been asked, so no token is in doubt."""
    with time_machine.travel("2026-05-01T12:00:00Z", tick=False) as clock:
        visitor.sign_in_by_code()
        asked = len(visitor.api_calls())
        clock.shift(300)
        with full():
            assert visitor.get("/account").status_code == 200
        assert len(visitor.api_calls()) == asked
        clock.shift(60)
        assert visitor.get("/account").status_code == 200
        assert len(visitor.api_calls()) == asked + 1


def test_a_place_is_free_again_after_a_failure(visitor: Visitor) -> None:
    emulator = visitor.emulator.test_client()
    hook = {"method": "POST", "path": "/user_management/magic_auth", "status": 500}
    assert emulator.post("/_emulate/hooks", json=hook).status_code == 201
    assert visitor.ask_for_code("bob@example.com").status_code == 502
    emulator.delete("/_emulate/hooks")

    assert visitor.ask_for_code("cyd@example.com").status_code == 303


def test_a_place_is_free_again_where_a_teardown_of_the_applications_own_fails(
    app: Flask, visitor: Visitor
) -> None:
    @app.teardown_request
    def fail(_: BaseException | None) -> None:
        assert request.method != "POST"

    for name in ("bob", "cyd"):
        with pytest.raises(AssertionError):
            visitor.ask_for_code(f"{name}@example.com")

    assert len(visitor.mailbox()) == 2


def test_one_person_who_opens_many_pages_leaves_half_the_places_to_others(
    make_config: Callable[..., Config], connect: Callable[[Config], Any], emulator: Flask
) -> None:
    """LIM-12: pages for which a slow WorkOS is asked, as often as somebody likes."""
    config, is_over = make_config(threads=8), Event()
    app = create_app(config, workos=connect(config))
    waiting: list[str] = []

    @app.get("/slow")
    @login_required
    def slow() -> str:
        take_place()
        waiting.append(request.path)
        is_over.wait(PATIENCE)
        return ""

    ada, eve = Visitor(app, emulator), Visitor(app, emulator, address="198.51.100.7")
    ada.sign_in_by_code()
    cookies = "; ".join(f"{name}={value}" for name, value in ada.cookies().items())
    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(ada.get_with_cookies, "/slow", cookies) for _ in range(8)]
        try:
            wait_for(lambda: len(waiting) + sum(one.done() for one in asked) == len(asked))
            eve.sign_in_by_code("eve@example.com")
        finally:
            is_over.set()
    statuses = [one.result().status_code for one in asked]

    assert eve.is_signed_in()
    assert sorted(statuses) == [200] * 4 + [503] * 4
    assert ada.get("/slow").status_code == 200

"""How often something may be asked."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask
from limits import parse
from limits.errors import StorageError
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from app import create_app
from app.config import Config
from app.stores.database import Database, SQLiteStorage
from app.stores.sqlite_sessions import SQLiteSessionStore
from tests.walk import ADA, Visitor, heading

NOON = "2026-05-01T12:00:00Z"


@pytest.fixture
def config(make_config: Any) -> Any:
    """Small numbers, so that each limit can be reached alone."""
    return make_config(
        limit_send_per_address="4 per minute; 5 per hour",
        limit_send_per_address_and_network="2 per minute; 3 per hour",
        limit_send_per_visitor="4 per minute",
        limit_send_per_network="5 per minute",
        limit_send_total="6 per minute",
        limit_verify_per_visitor="7 per minute",
    )


def test_one_network_has_one_address_mailed_only_so_often(
    app: Flask, emulator: Flask, visitor: Visitor, another_visitor: Visitor
) -> None:
    """LIM-01, LIM-04, AUT-13: by any door; others can still ask for it, and its owner is one."""
    neighbour = Visitor(app, emulator, address="203.0.113.200")
    assert visitor.ask_for_code().status_code == 303
    assert neighbour.ask_for_link().status_code == 303

    for ask in (visitor.ask_for_code, visitor.ask_for_link, neighbour.ask_for_code):
        assert heading(ask()) == "Too many requests"
    assert another_visitor.ask_for_link().status_code == 303
    assert len(visitor.mailbox()) == 3


def test_one_address_gets_only_so_much_mail(app: Flask, emulator: Flask) -> None:
    """LIM-01, AUT-13: from anybody, by any door."""
    strangers = [Visitor(app, emulator, address=f"192.0.{number}.1") for number in range(5)]

    statuses = [stranger.ask_for_link().status_code for stranger in strangers]

    assert statuses == [303] * 4 + [429]


@pytest.mark.parametrize("spelling", ["ADA@example.com", " ada@EXAMPLE.com", "Ada@Example.Com"])
def test_an_address_is_one_however_it_is_spelled(visitor: Visitor, spelling: str) -> None:
    """WEB-14."""
    visitor.ask_for_code(ADA)
    visitor.ask_for_code(spelling)

    assert visitor.ask_for_code(ADA).status_code == 429


def test_the_page_says_how_long_to_wait_and_so_does_the_header(visitor: Visitor) -> None:
    """LIM-02: in words of ours, not in the notation of the setting."""
    with time_machine.travel(NOON, tick=False) as clock:
        for _ in range(2):
            visitor.ask_for_code()
        clock.shift(15)
        refused = visitor.ask_for_code()

        assert refused.status_code == 429
        assert refused.headers["Retry-After"] == "46"
        assert "Try again in <strong>46 seconds</strong>" in refused.text
        assert "per 1 minute" not in refused.text
        clock.shift(46)
        assert visitor.ask_for_code().status_code == 303


def test_a_program_learns_how_long_to_wait(visitor: Visitor) -> None:
    for _ in range(2):
        visitor.ask_for_code()

    answer: Any = visitor.post_json("/auth/magic-auth", {"email": ADA}).json

    assert answer["error"] == "too_many_requests"
    assert 0 < answer["retry_after"] <= 61


def test_an_hour_has_its_own_limit(visitor: Visitor) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        for status in (303, 303, 303, 429):
            assert visitor.ask_for_code().status_code == status
            clock.shift(61)


def test_one_visitor_cannot_mail_everybody(visitor: Visitor, another_visitor: Visitor) -> None:
    """LIM-01, and a visitor who is turned away uses up nobody else's share (LIM-04)."""
    for number in range(4):
        assert visitor.ask_for_code(f"a{number}@example.com").status_code == 303
    for _ in range(3):
        assert visitor.ask_for_code("victim@example.com").status_code == 429

    assert another_visitor.ask_for_code("victim@example.com").status_code == 303


def test_many_visitors_together_cannot_either(app: Flask, emulator: Flask) -> None:
    """LIM-01."""
    statuses = [
        Visitor(app, emulator, address=f"192.0.{number}.1")
        .ask_for_code(f"a{number}@example.com")
        .status_code
        for number in range(8)
    ]

    assert statuses == [303] * 6 + [429] * 2


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-IP", "Forwarded"])
def test_a_forged_address_gains_nothing(visitor: Visitor, header: str) -> None:
    """WEB-10."""
    token = visitor.csrf_token()
    statuses = [
        visitor.client.post(
            "/auth/magic-auth",
            data={"csrf_token": token, "email": f"a{number}@example.com"},
            headers={header: f"192.0.2.{number}"},
        ).status_code
        for number in range(5)
    ]

    assert statuses == [303] * 4 + [429]


def test_one_ipv6_site_is_one_visitor(app: Flask, emulator: Flask) -> None:
    statuses = [
        Visitor(app, emulator, address=f"2001:db8:1:2::{number}")
        .ask_for_code(f"a{number}@example.com")
        .status_code
        for number in range(5)
    ]

    assert statuses == [303] * 4 + [429]


@pytest.mark.parametrize(
    ("inside", "outside"),
    [("203.0.113.{}", "203.0.114.1"), ("2001:db8:1:{}::1", "2001:db8:2:1::1")],
    ids=["a /24 of IPv4", "a /48 of IPv6"],
)
def test_one_network_cannot_use_up_the_mail_of_everybody(
    app: Flask, emulator: Flask, inside: str, outside: str
) -> None:
    """LIM-04: however many addresses it has."""
    statuses = [
        Visitor(app, emulator, address=inside.format(number))
        .ask_for_code(f"a{number}@example.com")
        .status_code
        for number in range(1, 8)
    ]

    assert statuses == [303] * 5 + [429] * 2
    assert Visitor(app, emulator, address=outside).ask_for_code().status_code == 303


def test_codes_cannot_be_guessed_by_changing_the_attempt(visitor: Visitor) -> None:
    """AUT-09, LIM-01: a visitor has so many tries a minute over all attempts."""
    visitor.ask_for_code("a@example.com")
    tries = [visitor.type_code("000000").status_code for _ in range(5)]
    visitor.ask_for_code("b@example.com")
    tries += [visitor.type_code("000000").status_code for _ in range(3)]

    assert tries == [400] * 7 + [429]


def test_an_address_has_so_many_tries_an_hour_until_its_owner_signs_in(
    make_config: Any, app: Flask, emulator: Flask
) -> None:
    """AUT-09, LIM-04: a person who proves that the address is theirs starts afresh."""
    with time_machine.travel(NOON, tick=False) as clock:
        for number in range(2):
            stranger = Visitor(app, emulator, address=f"192.0.2.{number}")
            stranger.ask_for_code()
            for _ in range(4):
                stranger.type_code("000000")
            clock.shift(61)
        owner = Visitor(app, emulator)
        assert owner.sign_in_by_code().status_code == 303
        clock.shift(3_600)
        owner.ask_for_code()
        assert owner.type_code("000000").status_code == 400


def test_tries_beyond_the_five_of_a_code_do_not_count_for_the_address(visitor: Visitor) -> None:
    """LIM-04: or hammering at one code would lock its owner out of the next."""
    with time_machine.travel(NOON, tick=False) as clock:
        visitor.ask_for_code()
        for _ in range(3):
            refused = [visitor.type_code("000000") for _ in range(5)]
            clock.shift(61)
        assert heading(refused[-1]) == "Too many wrong codes"
        visitor.ask_for_code()

        assert visitor.type_code(visitor.mailed_code()).status_code == 303


def test_guessing_at_one_address_is_slowed_for_everybody(app: Flask, emulator: Flask) -> None:
    """AUT-09."""
    answers = []
    with time_machine.travel(NOON, tick=False) as clock:
        for number in range(3):
            stranger = Visitor(app, emulator, address=f"192.0.2.{number}")
            stranger.ask_for_code()
            answers += [stranger.type_code("000000").status_code for _ in range(4)]
            clock.shift(61)

    assert answers == [400] * 10 + [429] * 2


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_pages_that_send_their_readers_to_the_callback_use_up_no_budget(
    visitor: Visitor, another_visitor: Visitor, method: str
) -> None:
    """LIM-04: an image anywhere can do this; it carries no cookie of ours, and asks WorkOS nothing.

    Not even with a `state` that the author of that page asked for.
    """
    another_visitor.ask_for_link("eve@example.com")
    eve = visitor.open_at_workos(another_visitor.mailed_link())
    visitor.ask_for_link()
    callback = visitor.open_at_workos(visitor.mailed_link())
    reader = Visitor(visitor.app, visitor.emulator)  # at the same network address
    for address in ("/auth/callback?code=a&state=b", "/auth/callback?error=a", eve):
        for _ in range(8):
            reader.client.open(address, method=method)
    calls = {call["path"] for call in visitor.api_calls()}

    assert "/sso/token" not in calls
    assert visitor.get(callback).status_code == 303
    assert visitor.sign_in_by_code("b@example.com").status_code == 303


def test_the_callback_is_limited_where_it_could_exchange_a_code(visitor: Visitor) -> None:
    """LIM-01: in a budget of its own, beside that of typed codes."""
    visitor.ask_for_link()
    callback, cookies = visitor.open_at_workos(visitor.mailed_link()), visitor.cookies()
    statuses = []
    for _ in range(8):
        statuses.append(visitor.get(callback).status_code)
        visitor.take_cookies(cookies)

    assert statuses == [303] + [409] * 6 + [429]
    assert visitor.sign_in_by_code().status_code == 303


def test_what_is_refused_anyway_is_not_counted(visitor: Visitor) -> None:
    for _ in range(5):
        visitor.ask_for_code("not an address")

    assert visitor.ask_for_code().status_code == 303


def test_a_signed_in_person_is_not_in_the_way_of_limits(
    visitor: Visitor, another_visitor: Visitor
) -> None:
    """LIM-04: a stranger who uses up somebody's limits does not touch their session."""
    visitor.sign_in_by_code()
    for _ in range(4):
        another_visitor.ask_for_code()

    assert visitor.is_signed_in()


def test_too_large_a_body_does_not_switch_the_limits_to_memory(
    visitor: Visitor, config: Config
) -> None:
    token = visitor.api_session().json["csrf_token"]
    visitor.client.post(
        "/auth/magic-auth",
        data=b'{"email": "' + b"a" * 20_000,
        content_type="application/json",
        headers={"X-CSRFToken": token},
    )
    visitor.ask_for_code()

    with sqlite3.connect(config.database_path) as database:
        [[count]] = database.execute("SELECT count(*) FROM limits")
    database.close()
    assert count >= 3


def test_counting_is_exact_over_threads_and_connections(tmp_path: Path) -> None:
    """LIM-02: as two workers would, each with its own connections to one file."""
    path = tmp_path / "limits.sqlite3"
    limiters = [FixedWindowRateLimiter(SQLiteStorage(Database(path))) for _ in range(2)]
    limit = parse("50 per minute")

    with ThreadPoolExecutor(16) as pool:
        passed = list(pool.map(lambda n: limiters[n % 2].hit(limit, "key"), range(400)))

    assert sum(passed) == 50


def test_all_budgets_of_a_mail_are_counted_in_one_step(
    config: Config, connect: Any, emulator: Flask
) -> None:
    """LIM-02: one transaction, and one round trip to Redis, however many budgets there are."""
    counters = Watched(Database(config.database_path))
    sessions = SQLiteSessionStore(Database(config.database_path))
    app = create_app(config, workos=connect(config), stores=(sessions, counters))

    Visitor(app, emulator).ask_for_code()

    assert counters.asked == ["hit_in_turn"]


class Watched(SQLiteStorage):
    """A storage that remembers what it was asked."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.asked: list[str] = []

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        self.asked.append("incr")
        return super().incr(key, expiry, amount)

    def hit_in_turn(self, limits: Any) -> Any:
        self.asked.append("hit_in_turn")
        return super().hit_in_turn(limits)


def test_a_storage_of_ones_own_is_asked_for_one_limit_after_another(
    config: Config, connect: Any, emulator: Flask
) -> None:
    """LIM-01, LIM-04: with the same answers, although it knows nothing of budgets."""
    stores = SQLiteSessionStore(Database(config.database_path)), MemoryStorage()
    app = create_app(config, workos=connect(config), stores=stores)
    visitor, another = Visitor(app, emulator), Visitor(app, emulator, address="192.0.2.1")

    assert [visitor.ask_for_code().status_code for _ in range(4)] == [303, 303, 429, 429]
    assert [another.ask_for_link().status_code for _ in range(3)] == [303, 303, 429]


def test_codes_cannot_be_tried_while_tries_cannot_be_counted(
    config: Config, connect: Any, emulator: Flask
) -> None:
    """AUT-10, LIM-03: if each worker counted alone, each would give a guesser five tries more."""
    counters = Fragile(Database(config.database_path))
    sessions = SQLiteSessionStore(Database(config.database_path))
    app = create_app(config, workos=connect(config), stores=(sessions, counters))
    visitor = Visitor(app, emulator)
    visitor.ask_for_code()
    statuses = [visitor.type_code("000000").status_code for _ in range(4)]

    counters.is_down = True
    statuses += [visitor.type_code("000000").status_code for _ in range(3)]
    counters.is_down = False
    statuses.append(visitor.type_code("000000").status_code)

    assert statuses == [400] * 4 + [503] * 3 + [400]
    assert heading(visitor.type_code("000000")) == "Too many wrong codes"


class Fragile(SQLiteStorage):
    """A storage that can be switched off, beside sessions that can still be asked for."""

    is_down = False

    def hit_in_turn(self, limits: Any) -> Any:
        if self.is_down:
            raise StorageError(OSError("down"))
        return super().hit_in_turn(limits)


def test_limits_are_counted_in_turn_exactly_over_threads(tmp_path: Path) -> None:
    """LIM-02, LIM-04: what the first refuses does not count for the second."""
    path, narrow, wide = tmp_path / "limits.sqlite3", parse("20 per minute"), parse("50 per hour")
    storages = [SQLiteStorage(Database(path)) for _ in range(2)]

    def ask(number: int) -> Any:
        limits = [(narrow, f"narrow {number % 4}"), (wide, "wide")]
        return storages[number % 2].hit_in_turn(limits)

    with time_machine.travel(NOON, tick=False), ThreadPoolExecutor(16) as pool:
        refused = [found and found[0] for found in pool.map(ask, range(200))]
        assert storages[0].get("wide") == 80

    assert [refused.count(which) for which in (None, 0, 1)] == [50, 120, 30]


def test_expired_counters_go_away_by_themselves(visitor: Visitor, config: Config) -> None:
    """LIM-08."""
    with time_machine.travel(NOON, tick=False) as clock:
        for number in range(4):
            visitor.ask_for_link(f"a{number}@example.com")
        clock.shift(2 * 3_600)
        visitor.ask_for_link("z@example.com")

    with sqlite3.connect(config.database_path) as database:
        [[count]] = database.execute("SELECT count(*) FROM limits")
    database.close()
    assert count <= 7


def test_the_file_does_not_grow_with_time(tmp_path: Path) -> None:
    """LIM-08: what has expired makes room for what comes."""
    storage = SQLiteStorage(Database(tmp_path / "limits.sqlite3"))
    sizes = []
    with time_machine.travel(NOON, tick=False) as clock:
        for minute in range(6):
            for number in range(1_000):
                storage.incr(f"{minute}/{number}", 60)
            sizes.append(sum(file.stat().st_size for file in tmp_path.iterdir()))
            clock.shift(61)

    assert sizes[-1] < 1.5 * sizes[1]


@pytest.mark.parametrize(
    ("first", "second"),
    [("203.0.113.9:50123", "203.0.113.9:50124"), ("[2001:db8::1]:443", "[2001:db8::2]:444")],
)
def test_a_port_behind_the_address_makes_no_other_visitor(
    app: Flask, emulator: Flask, first: str, second: str
) -> None:
    """LIM-01: some proxies write the port of the connection into X-Forwarded-For."""
    answers = [
        Visitor(app, emulator, address=(first, second)[number % 2])
        .ask_for_code(f"a{number}@example.com")
        .status_code
        for number in range(5)
    ]

    assert answers == [303] * 4 + [429]

"""The whole application on Redis instead of SQLite."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
import redis
import time_machine
from flask import Flask
from limits import parse
from workos import WorkOSClient

from app import create_app
from app.config import Config
from app.stores.redis_counters import RedisCounters
from app.stores.redis_sessions import redis_stores
from tests.redis_server import RedisServer
from tests.test_guards import CLAIMS, JSON, claim, guard_each
from tests.walk import ADA, Visitor, heading

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("Redis")]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    yield server
    server.kill()


@pytest.fixture
def config(make_config: Any, server: RedisServer) -> Any:
    with redis.Redis.from_url(server.url) as client:
        client.flushall()
    return make_config(redis_url=server.url)


def test_both_ways_in_and_out(visitor: Visitor, config: Config) -> None:
    visitor.sign_in_by_code()
    assert visitor.is_signed_in()
    visitor.sign_out()
    assert not visitor.is_signed_in()
    visitor.sign_in_by_link("eve@example.com")
    assert "a link" in visitor.get("/account/sessions").text

    assert not config.database_path.exists()


def test_hosts_share_sessions_and_limits(
    visitor: Visitor, config: Config, workos: WorkOSClient
) -> None:
    """SES-17, LIM-02."""
    elsewhere = Visitor(create_app(config, workos=workos), visitor.emulator, address="192.0.2.1")
    visitor.sign_in_by_code()
    elsewhere.take_cookies(visitor.cookies())
    assert elsewhere.is_signed_in()

    both = (elsewhere, visitor)  # with one cookie between them, by which they are known
    asked = [browser.ask_for_link(ADA) for browser in (*both, *both)]
    assert [answer.status_code for answer in asked] == [303, 303, 303, 429]
    assert heading(asked[-1]) == "Too many requests"
    elsewhere.post("/account/sessions/end-others")
    visitor.sign_out()
    assert not elsewhere.is_signed_in()


def test_ending_all_sessions_on_one_host_makes_browsers_unknown_on_all(
    visitor: Visitor, another_visitor: Visitor
) -> None:
    """LIM-09."""
    for browser in (another_visitor, visitor):
        browser.sign_in_by_code()
    another_visitor.sign_out()
    assert "Forget this browser" in another_visitor.get("/auth/sign-out").text

    visitor.post("/account/sessions/end-all")

    assert "Forget this browser" not in another_visitor.get("/auth/sign-out").text


def test_a_limit_that_refuses_uses_up_nothing_of_those_behind(
    config: Config, server: RedisServer
) -> None:
    """LIM-02, LIM-04: counted in one round trip, in the windows that `limits` itself counts in."""
    _, counters = redis_stores(server.url)
    assert isinstance(counters, RedisCounters)
    narrow, wide = parse("2 per minute"), parse("3 per hour")

    found = [counters.hit_in_turn([(narrow, key), (wide, "b")]) for key in "aaaccc"]

    assert [answer and answer[0] for answer in found] == [None, None, 0, None, 1, 0]
    assert [answer and 0 < answer[1] - time.time() <= 60 for answer in found][2::3] == [True, True]
    assert (counters.get("a"), counters.get("b"), counters.get("c")) == (3, 4, 3)
    assert 0 < counters.get_expiry("b") - time.time() <= 3_600


def test_redis_keeps_no_session_id_and_forgets_by_itself(
    visitor: Visitor, server: RedisServer
) -> None:
    """SEC-06, LIM-08."""
    visitor.sign_in_by_link()

    with redis.Redis.from_url(server.url, decode_responses=True) as client:
        keys: Any = client.keys()
        kinds = {key.partition(":")[0].partition("/")[0] for key in keys}
        assert kinds == {"session", "user", "claim", "LIMITS"}
        assert all(0 < client.ttl(key) <= 31 * 86_400 for key in keys)


def test_the_list_of_a_persons_sessions_does_not_grow_for_ever(
    visitor: Visitor, server: RedisServer
) -> None:
    """LIM-08: each sign-in keeps the list alive, and removes what is older than any session."""
    with redis.Redis.from_url(server.url) as client:
        with time_machine.travel(time.time() - 32 * 86_400):
            visitor.sign_in_by_code()
        for _ in range(2):
            visitor.sign_out()
            visitor.sign_in_by_code()

        [people] = client.keys("user/*")
        assert client.zcard(people) == 2


LISTS = ("roles", "permissions", "entitlements", "feature_flags")
THOUSANDS = {name: [f"{name}:{number}" for number in range(2_000)] for name in LISTS}


def test_among_thousands_of_claims_each_guard_finds_its_own(app: Flask, visitor: Visitor) -> None:
    """AUT-26."""
    guarded = guard_each(app)
    claim(visitor, **CLAIMS | {name: [*THOUSANDS[name], *CLAIMS[name]] for name in LISTS})
    visitor.sign_in_by_code()

    for path in guarded:
        assert visitor.get(path).text == "The reports", path


@pytest.mark.parametrize("claims", [{}, dict.fromkeys(CLAIMS), THOUSANDS], ids=len)
def test_each_guard_refuses_those_without_its_own(
    app: Flask, visitor: Visitor, claims: dict[str, Any]
) -> None:
    """AUT-26."""
    guarded = guard_each(app)
    claim(visitor, **claims)
    visitor.sign_in_by_code()

    for path in guarded:
        assert visitor.get(path, headers=JSON).status_code == 403, path

"""Redis with a replica, and its primary gone: before, during and after."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from flask import Flask
from workos import WorkOSClient

from app import create_app
from app.config import Config
from app.session.store import StoreUnavailable, session_store
from doctor.finding import Patient
from doctor.store_checks import store as store_check
from tests.machine import free_port
from tests.redis_failover import PASSWORD, Endpoint, Node, make_pair, make_sentinel
from tests.waiting import wait_for
from tests.walk import Visitor

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

pytestmark = [pytest.mark.server, pytest.mark.xdist_group("Redis")]
AUTHENTICATE = "/user_management/authenticate"


class OnTheWayBack:
    """WorkOS, whose next answer to an exchange is met by something that happens meanwhile."""

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app
        self.happens: Callable[[], object] | None = None

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Any:
        """Answers, and lets it happen then."""
        answer = self._app(environ, start_response)
        if self.happens and environ["PATH_INFO"] == AUTHENTICATE:
            happens, self.happens = self.happens, None
            happens()
        return answer


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[tuple[Node, Node]]:
    primary, replica = make_pair(tmp_path)
    yield primary, replica
    for node in (primary, replica):
        node.kill()


@pytest.fixture
def config(
    make_config: Callable[..., Config], pair: tuple[Node, Node], tmp_path: Path
) -> Iterator[Config]:
    """Of three Sentinels one answers, and it is the last to be asked."""
    sentinel = make_sentinel(tmp_path, pair[0])
    hosts = f"127.0.0.1:{free_port()},127.0.0.1:{free_port()},127.0.0.1:{sentinel.port}"
    url = f"redis+sentinel://:{PASSWORD}@{hosts}/signin/0"
    yield make_config(redis_url=url, redis_replicas=1)
    sentinel.kill()


@pytest.fixture
def workos_answers(emulator: Flask) -> OnTheWayBack:
    return OnTheWayBack(emulator)


@pytest.fixture
def workos(config: Config, workos_answers: OnTheWayBack) -> Iterator[WorkOSClient]:
    with httpx2.Client(transport=httpx2.WSGITransport(app=workos_answers)) as http:
        yield WorkOSClient(
            api_key=config.workos_api_key,
            client_id=config.workos_client_id,
            base_url=config.workos_base_url,
            max_retries=0,
            http_client=http,
        )


def refresh_soon(visitor: Visitor) -> None:
    """Has the next request refresh the session, as a webhook does."""
    with visitor.app.app_context():
        store = session_store()
        [handle] = store.of_user(visitor.api_session().json["user"]["id"])
        store.refresh_soon(handle)


def refreshes(visitor: Visitor) -> int:
    """Returns how often WorkOS was asked to refresh."""
    return [call["path"] for call in visitor.api_calls()].count(AUTHENTICATE) - 1


def test_a_primary_that_dies_in_the_middle_of_a_refresh_signs_nobody_out(
    visitor: Visitor, pair: tuple[Node, Node], workos_answers: OnTheWayBack, workos: WorkOSClient
) -> None:
    """SES-20: WorkOS has taken the token, and its answer finds nobody to keep it."""
    primary, replica = pair
    visitor.sign_in_by_code()
    user_id = visitor.api_session().json["user"]["id"]
    refresh_soon(visitor)
    workos_answers.happens = primary.kill

    assert visitor.get("/account").status_code == 200  # with what was known
    meanwhile = visitor.get("/account")
    assert meanwhile.status_code == 503
    assert int(meanwhile.headers["Retry-After"]) > 0
    assert visitor.get("/sign-in").status_code == 200

    wait_for(
        lambda: visitor.get("/readyz").status_code == 503 or replica.ask("ROLE")[0] == "master"
    )
    wait_for(lambda: visitor.get("/account").status_code == 200)  # the application is the same
    assert refreshes(visitor) == 1
    for lease in replica.ask("KEYS", "claim:*"):  # as if its seconds were over
        replica.ask("DEL", lease)
    assert visitor.get("/account").status_code == 200
    assert [one.status for one in workos.user_management.list_sessions(user_id).data] == ["active"]


def test_no_token_is_spent_unless_a_replica_knows_of_it(
    visitor: Visitor, pair: tuple[Node, Node]
) -> None:
    """SES-20: or the promoted replica would take our own exchange for a thief's."""
    visitor.sign_in_by_code()
    refresh_soon(visitor)
    pair[1].stop()
    try:
        assert visitor.get("/account").status_code == 200
        assert refreshes(visitor) == 0
    finally:
        pair[1].go_on()

    def is_refreshed() -> bool:
        refresh_soon(visitor)  # or it would be tried half a minute later
        assert visitor.get("/account").status_code == 200
        return refreshes(visitor) == 1

    wait_for(is_refreshed)


def test_who_signs_out_is_told_if_a_failover_could_undo_it(
    visitor: Visitor, pair: tuple[Node, Node], workos: WorkOSClient
) -> None:
    """SES-20: and what it brings back ends with its next refresh, as WorkOS has ended it."""
    visitor.sign_in_by_code()
    user_id = visitor.api_session().json["user"]["id"]
    pair[1].stop()
    try:
        assert visitor.sign_out().status_code == 503
    finally:
        pair[1].go_on()
    assert not visitor.is_signed_in()
    assert "active" not in {one.status for one in workos.user_management.list_sessions(user_id)}


def test_a_code_signs_in_over_another_session_while_there_is_no_replica(
    visitor: Visitor, another_visitor: Visitor, pair: tuple[Node, Node]
) -> None:
    """SES-20: what ends then is nothing that anybody was told of."""
    visitor.sign_in_by_code()
    another_visitor.take_cookies(visitor.cookies())
    pair[1].stop()
    try:
        visitor.sign_in_by_code("eve@example.com")
        assert visitor.api_session().json["user"]["email"] == "eve@example.com"
        assert not another_visitor.is_signed_in()
    finally:
        pair[1].go_on()


def test_an_operator_is_told_if_a_failover_could_make_browsers_known_again(
    visitor: Visitor, app: Flask, pair: tuple[Node, Node]
) -> None:
    """LIM-09, SES-20: also where no session is left to end."""
    visitor.sign_in_by_code()
    user_id = visitor.api_session().json["user"]["id"]
    visitor.sign_out()
    end = ["sessions", "end", "--user", user_id]
    pair[1].stop()
    try:
        told = app.test_cli_runner().invoke(args=end)
    finally:
        pair[1].go_on()

    assert isinstance(told.exception, StoreUnavailable)
    wait_for(lambda: app.test_cli_runner().invoke(args=end).exit_code == 0)
    assert "Forget this browser" not in visitor.get("/auth/sign-out").text


def test_the_doctor_compares_the_setting_with_the_replicas_that_there_are(
    make_config: Callable[..., Config], pair: tuple[Node, Node]
) -> None:
    url = f"redis://:{PASSWORD}@127.0.0.1:{pair[0].port}/0"
    found = {}
    with httpx2.Client() as http:
        for wanted in range(3):
            config = make_config(redis_url=url, redis_replicas=wanted)
            *_, found[wanted] = store_check(Patient(config, http))
        pair[0].ask("ACL", "SETUSER", "default", "-info")
        *_, unknown = store_check(Patient(make_config(redis_url=url, redis_replicas=1), http))

    assert [found[wanted].outcome for wanted in range(3)] == ["warning", "ok", "failure"]
    assert "REDIS_REPLICAS=1" in found[0].fix
    assert "REDIS_REPLICAS is 2, but Redis has 1" in found[2].what
    assert unknown.outcome == "skipped"


def test_behind_a_name_with_tls_a_promotion_is_noticed_at_once(
    make_config: Callable[..., Config], emulator: Flask, connect: Any, tmp_path: Path
) -> None:
    """A managed Redis: the old primary becomes a replica, and keeps its connections open."""
    directory = tmp_path / "tls"
    directory.mkdir()
    primary, replica = make_pair(directory, tls=True)
    endpoint = Endpoint(primary)
    authority = directory / "certificate.pem"
    url = f"rediss://:{PASSWORD}@localhost:{endpoint.port}/0?ssl_ca_certs={authority}"
    config = make_config(redis_url=url)
    visitor = Visitor(create_app(config, workos=connect(config)), emulator)
    try:
        visitor.sign_in_by_code()
        replica.ask("REPLICAOF", "NO", "ONE")
        primary.ask("REPLICAOF", "127.0.0.1", replica.port)
        endpoint.node = replica

        assert visitor.get("/account").status_code == 200
        assert visitor.get("/readyz").status_code == 200
        visitor.sign_out()
        assert not visitor.is_signed_in()

        visitor.sign_in_by_code("eve@example.com")
        primary.kill()
        assert visitor.is_signed_in()
        replica.kill()
        assert visitor.get("/account").status_code == 503
    finally:
        for node in (primary, replica):
            node.kill()
        endpoint.close()


def test_a_link_works_where_redis_has_taken_its_claim_and_the_answer_is_lost(
    make_config: Callable[..., Config],
    emulator: Flask,
    connect: Any,
    pair: tuple[Node, Node],
) -> None:
    """AUT-03: whoever claims it asks once more, and must not take their own claim for another's."""
    endpoint = Endpoint(pair[0])
    config = make_config(redis_url=f"redis://:{PASSWORD}@127.0.0.1:{endpoint.port}/0")
    visitor = Visitor(create_app(config, workos=connect(config)), emulator)
    try:
        visitor.ask_for_link()
        callback = visitor.open_at_workos(visitor.mailed_link())
        endpoint.loses = re.compile(rb"\r\nSET\r\n\$\d+\r\nclaim:")

        assert visitor.get(callback).location == "/"
        assert endpoint.lost == 1
        assert visitor.is_signed_in()
        assert visitor.get(callback).status_code == 409
    finally:
        for node in pair:
            node.kill()
        endpoint.close()

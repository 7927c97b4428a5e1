"""Each call to WorkOS, to the byte: what the SDK sends must be what WorkOS documents."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import responses
import time_machine
from workos import WorkOSClient

from app import create_app
from app.auth.doors.magic_link import SHORTEST
from app.config import Config
from app.session.workos_session import DEFAULT_LIFETIME
from app.web.visitor import MAX_USER_AGENT
from tests.machine import ROOT
from tests.waiting import PATIENCE
from tests.walk import ADA, Visitor
from tests.workos.conftest import API, FIREFOX
from tests.workos.replies import (
    AUTHENTICATED,
    MAGIC_AUTH,
    PASSWORDLESS,
    PROFILE,
    USERS,
)

SEND_CODE = f"{API}/user_management/magic_auth"
AUTHENTICATE = f"{API}/user_management/authenticate"
CREATE_LINK = f"{API}/passwordless/sessions"
SEND_LINK = f"{CREATE_LINK}/passwordless_session_01/send"
TOKEN = f"{API}/sso/token"
FIND_USER = f"{API}/user_management/users"
CLIENT = {"client_id": "client_wire", "client_secret": "sk_test_wire"}
BROWSER = {"ip_address": "203.0.113.1", "user_agent": FIREFOX}  # the person's, never this server's


def bodies(api: responses.RequestsMock) -> list[tuple[str, str, Any]]:
    """Returns method, URL and JSON of each call so far."""
    return [
        (
            str(call.request.method),
            str(call.request.url),
            json.loads(call.request.body) if call.request.body else None,
        )
        for call in api.calls
    ]


def ask_for_link(visitor: Visitor, api: responses.RequestsMock, **fields: str) -> str:
    """Asks for a link; returns the `state` that WorkOS got."""
    api.post(CREATE_LINK, json=PASSWORDLESS, status=201)
    api.post(SEND_LINK, json={"success": True})
    assert visitor.ask_for_link(**fields).status_code == 303
    return str(bodies(api)[0][2]["state"])


def test_asking_for_a_code(visitor: Visitor, api: responses.RequestsMock) -> None:
    api.post(SEND_CODE, json=MAGIC_AUTH, status=201)

    sent = visitor.ask_for_code(" Ada@Example.com ", next="/account", state="mine")

    assert bodies(api) == [("POST", SEND_CODE, {"email": ADA, "locale": "en", **BROWSER})]
    assert api.calls[0].request.headers["Authorization"] == "Bearer sk_test_wire"
    assert "424242" not in visitor.get(sent.location).text


def test_typing_a_code(visitor: Visitor, api: responses.RequestsMock) -> None:
    api.post(SEND_CODE, json=MAGIC_AUTH, status=201)
    api.post(AUTHENTICATE, json=AUTHENTICATED)
    visitor.ask_for_code()

    assert visitor.type_code("42-42 42").status_code == 303

    expected = {
        **CLIENT,
        **BROWSER,
        "grant_type": "urn:workos:oauth:grant-type:magic-auth:code",
        "code": "424242",
        "email": ADA,
    }
    assert bodies(api)[1:] == [("POST", AUTHENTICATE, expected)]
    user = visitor.api_session().json["user"]
    assert user == {
        "id": "user_01ADA",
        "email": ADA,
        "name": "Ada Lovelace",
        "profile_id": None,
    }


def test_choosing_an_organization(visitor: Visitor, api: responses.RequestsMock) -> None:
    organization = {"id": "org_01", "name": "Acme"}
    choice = {
        "code": "organization_selection_required",
        "message": "Choose.",
        "pending_authentication_token": "pending-canary",
        "organizations": [organization],
    }
    api.post(SEND_CODE, json=MAGIC_AUTH, status=201)
    api.post(AUTHENTICATE, json=choice, status=403)
    visitor.ask_for_code()
    visitor.type_code("424242")
    api.post(AUTHENTICATE, json=AUTHENTICATED)

    visitor.post("/auth/choose-organization", organization_id="org_01")

    expected = {
        **CLIENT,
        **BROWSER,
        "grant_type": "urn:workos:oauth:grant-type:organization-selection",
        "pending_authentication_token": "pending-canary",
        "organization_id": "org_01",
    }
    assert bodies(api)[2:] == [("POST", AUTHENTICATE, expected)]


@pytest.mark.parametrize("there", [{}, {"organization_id": "org_1"}])
def test_refreshing_a_session(
    visitor: Visitor, api: responses.RequestsMock, there: dict[str, str]
) -> None:
    """AUT-28: for the organization that it is in, or WorkOS may fall back to another."""
    with time_machine.travel("2026-05-01T12:00:00Z", tick=False) as clock:
        api.post(SEND_CODE, json=MAGIC_AUTH, status=201)
        api.post(AUTHENTICATE, json={**AUTHENTICATED, **there})
        visitor.ask_for_code()
        visitor.type_code("424242")
        clock.shift(DEFAULT_LIFETIME)

        assert visitor.get("/account").status_code == 200

    expected = {
        **CLIENT,
        **BROWSER,
        **there,
        "grant_type": "refresh_token",
        "refresh_token": "refresh-canary",
    }
    assert bodies(api)[2:] == [("POST", AUTHENTICATE, expected)]


@pytest.mark.parametrize(
    ("address", "user_agent", "told"),
    [
        (
            "203.0.113.1",
            "x" * 10_000,
            {"ip_address": "203.0.113.1", "user_agent": "x" * MAX_USER_AGENT},
        ),
        ("2001:db8:1:2:3::4", "", {"ip_address": "2001:db8:1:2:3::4"}),
        ("::ffff:203.0.113.1", "", {"ip_address": "203.0.113.1"}),
        ("fe80::1%eth0", "", {"ip_address": "fe80::1"}),
        ("unknown", "", {}),
        ("", "", {}),
    ],
)
def test_workos_is_told_who_asks_as_far_as_that_can_be_told(
    visitor: Visitor,
    api: responses.RequestsMock,
    address: str,
    user_agent: str,
    told: dict[str, str],
) -> None:
    api.post(SEND_CODE, json=MAGIC_AUTH, status=201)
    visitor.client.environ_base |= {"REMOTE_ADDR": address, "HTTP_USER_AGENT": user_agent}

    assert visitor.ask_for_code().status_code == 303

    assert bodies(api) == [("POST", SEND_CODE, {"email": ADA, "locale": "en", **told})]


@pytest.mark.parametrize(("proxies", "told"), [(0, "203.0.113.1"), (1, "198.51.100.7")])
def test_the_address_is_forwarded_only_by_configured_proxies(
    config: Config,
    workos: WorkOSClient,
    api: responses.RequestsMock,
    proxies: int,
    told: str,
) -> None:
    """WEB-10."""
    api.post(SEND_CODE, json=MAGIC_AUTH, status=201)
    visitor = Visitor(create_app(replace(config, trusted_proxies=proxies), workos=workos))
    visitor.client.environ_base["HTTP_X_FORWARDED_FOR"] = "192.0.2.9, 198.51.100.7"

    visitor.ask_for_code()

    assert bodies(api)[0][2]["ip_address"] == told


def test_asking_for_a_link(visitor: Visitor, api: responses.RequestsMock) -> None:
    state = ask_for_link(visitor, api, state="mine")

    expected = {
        "email": ADA,
        "type": "MagicLink",
        "redirect_uri": "http://localhost:5000/auth/callback",
        "state": state,
        "expires_in": SHORTEST,
    }
    assert bodies(api) == [("POST", CREATE_LINK, expected), ("POST", SEND_LINK, None)]


@pytest.mark.parametrize(
    "names", [{}, {"first_name": None, "last_name": None, "name": None}, {"first_name": "Ada"}]
)
def test_coming_back_from_a_link(
    visitor: Visitor, api: responses.RequestsMock, names: dict[str, Any]
) -> None:
    """Names may be absent, and `expires_in` too, which the SDK's own model does not bear."""
    state = ask_for_link(visitor, api)
    reply = {"access_token": "canary", "profile": {**PROFILE, **names}}
    api.post(TOKEN, json=reply)
    api.get(FIND_USER, json=USERS)

    assert visitor.get(f"/auth/callback?code=the-code&state={state}").status_code == 303

    expected = {**CLIENT, "grant_type": "authorization_code", "code": "the-code"}
    find = ("GET", f"{FIND_USER}?order=desc&email=ada%40example.com", None)
    assert bodies(api)[2:] == [("POST", TOKEN, expected), find]
    user = visitor.api_session().json["user"]
    assert user == {
        "id": "user_01ADA",
        "email": ADA,
        "name": "Ada Lovelace",
        "profile_id": "prof_01ADA",
    }


@pytest.mark.parametrize(
    "path",
    [
        "/", "/sign-in", "/account", "/api/session", "/auth/sign-out", "/healthz", "/readyz",
        "/auth/callback", "/auth/callback?code=a", "/auth/callback?code=a&state=b",
        "/auth/callback?error=access_denied", "/auth/magic-auth/verify", "/auth/magic-link/sent",
    ],
)  # fmt: skip
def test_no_page_calls_workos(visitor: Visitor, api: responses.RequestsMock, path: str) -> None:
    visitor.get(path)
    visitor.client.head(path)

    assert len(api.calls) == 0


PROGRAM = """
import os, sys
from pathlib import Path
from threading import Thread
from app import create_app
from app.config import Config
from tests.walk import MUCH_MAIL, Visitor

app = create_app(Config(
    workos_api_key="sk_test_1", workos_client_id="client_1", workos_base_url=sys.argv[1],
    secret_key="Zk4-mTqS9x_Lr7vWb2NcYd8HfJp3Ga6Ue0Ri5Ko1",
    database_path=Path(sys.argv[2]), **MUCH_MAIL,
))

def ask():
    assert Visitor(app).ask_for_code().status_code == 303

def ask_in_threads():
    for _ in range(3):
        thread = Thread(target=ask)
        thread.start()
        thread.join()

for worker in range(2):  # before anything was asked, as gunicorn may, and after
    pid = os.fork()
    if pid == 0:
        ask_in_threads()
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0
    ask_in_threads()
"""


class Answering(BaseHTTPRequestHandler):
    """WorkOS, as far as it sends codes, which notes who asks over which connection."""

    protocol_version = "HTTP/1.1"
    callers: list[object]

    def do_POST(self) -> None:  # the name of http.server
        """Sends a code."""
        self.callers.append(self.client_address)
        self.rfile.read(int(self.headers["Content-Length"]))
        body = json.dumps(MAGIC_AUTH).encode()
        self.send_response(201)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.mark.server
def test_each_process_asks_over_connections_of_its_own(tmp_path: Path) -> None:
    """Two workers that share a connection get each other's answers; threads may share one."""
    callers: list[object] = []
    handler = type("Noting", (Answering,), {"callers": callers})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        program = [
            sys.executable,
            "-W",
            "ignore",
            "-c",
            PROGRAM,
            url,
            str(tmp_path / "app.sqlite3"),
        ]
        subprocess.run(program, cwd=ROOT, check=True, timeout=PATIENCE)
        server.shutdown()

    child, parent, second_child = callers[0], callers[3], callers[6]
    assert callers == [child] * 3 + [parent] * 3 + [second_child] * 3 + [parent] * 3
    assert len({child, parent, second_child}) == 3


def test_signing_in_again_does_not_end_a_session_that_goes_on_at_workos(
    visitor: Visitor, api: responses.RequestsMock
) -> None:
    """SES-05: ours is a new one; theirs may be the same."""
    api.post(SEND_CODE, json=MAGIC_AUTH, status=201)
    api.post(AUTHENTICATE, json=AUTHENTICATED)
    for _ in range(2):
        visitor.ask_for_code()
        visitor.type_code("424242")

    assert visitor.is_signed_in()
    assert {url for _, url, _ in bodies(api)} == {SEND_CODE, AUTHENTICATE}

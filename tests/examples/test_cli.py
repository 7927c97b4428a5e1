"""The command-line program, over sockets: WorkOS's emulator on one side, an API on the other."""

from __future__ import annotations

import json
import os
import re
import stat
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx2
import pytest
import time_machine
from flask import request
from flask.typing import ResponseReturnValue
from werkzeug.serving import make_server
from workos import WorkOSError, create_public_client

from app import create_app
from app.config import Config
from app.guards import bearer_required
from app.session import current_user
from examples.cli import cli
from examples.cli.cli import LEEWAY, Program, Stop, TokenFile, Tokens
from tests.site import PromptHandler
from workos_emulator.pytest_plugin import WorkOSEmulator

ADA = "ada@example.com"
CODE = re.compile(r"[A-Z]{4}-[A-Z]{4}")


@dataclass
class Api:
    """What the program calls: what it was brought."""

    url: str = ""
    tokens: list[str] = field(default_factory=list)
    refuse: int = 0  # how many it refuses, whatever they are


@pytest.fixture
def api(make_config: Callable[..., Config], workos_emulator: WorkOSEmulator) -> Iterator[Api]:
    """The application, with the view of docs/programs.md, on a socket."""
    app, api = create_app(make_config(workos_base_url=workos_emulator.url)), Api()

    @app.get("/api/me")
    @bearer_required
    def show() -> ResponseReturnValue:
        api.tokens.append(request.headers["Authorization"])
        if api.refuse:
            api.refuse -= 1
            return {"error": "invalid_token"}, 401
        organization_id = current_user.organization_id
        return {"id": current_user.user_id, "organization_id": organization_id, "x": "\x1b[31m"}

    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=PromptHandler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    api.url = f"http://localhost:{server.server_port}"
    yield api
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """Time stands still, unless somebody sleeps."""
    with time_machine.travel(time.time(), tick=False) as traveller:
        yield traveller


@dataclass
class Person:
    """Somebody at a terminal, with a browser beside it."""

    emulator: WorkOSEmulator
    clock: time_machine.Traveller
    meanwhile: list[Callable[[], object]] = field(default_factory=list)  # while the program sleeps
    said: list[str] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.clock.shift(seconds)
        if self.meanwhile:
            self.meanwhile.pop(0)()

    def says_yes(self) -> None:
        assert "is signed in" in self.answer(email=ADA)

    def says_no(self) -> None:
        assert "said no" in self.answer(deny="yes")

    def answer(self, **fields: str) -> str:
        """Sends the form of the page, with the code that the program shows."""
        [user_code] = CODE.findall(self.said[-1])
        form = {"user_code": user_code, **fields}
        return self.emulator.app.test_client().post("/_emulate/device", data=form).text


@pytest.fixture
def person(workos_emulator: WorkOSEmulator, clock: time_machine.Traveller) -> Person:
    return Person(workos_emulator, clock)


@pytest.fixture
def program(
    workos_emulator: WorkOSEmulator, api: Api, person: Person, tmp_path: Path
) -> Iterator[Program]:
    with httpx2.Client(trust_env=False) as http:
        workos = create_public_client(
            client_id=workos_emulator.client_id, base_url=workos_emulator.url, http_client=http
        )
        yield Program(
            workos,
            http,
            api.url,
            TokenFile(tmp_path / "config" / "tokens.json"),
            say=person.said.append,
            sleep=person.sleep,
        )


@pytest.fixture
def signed_in(program: Program, person: Person) -> Program:
    """A program in which somebody has signed in."""
    person.meanwhile.append(person.says_yes)
    program.login()
    return program


def fail(emulator: WorkOSEmulator, status: int, body: object = None) -> Callable[[], None]:
    """Has WorkOS answer the next question so."""
    return lambda: emulator.fail_next("POST", "/user_management/authenticate", status, body=body)


def nothing() -> None:
    """Lets time pass."""


def renewals(emulator: WorkOSEmulator) -> int:
    return sum(one.path == "/user_management/authenticate" for one in emulator.requests())


def test_somebody_signs_in_and_calls_the_api(
    program: Program, person: Person, api: Api, workos_emulator: WorkOSEmulator
) -> None:
    person.meanwhile += [nothing, person.says_yes]

    program.login()
    program.call("/api/me")

    told, code, done, answer = person.said
    assert f"{workos_emulator.url}/_emulate/device?user_code=" in told
    assert CODE.search(code)
    assert done == f"You are signed in as {ADA}."
    assert json.loads(answer)["id"].startswith("user_")
    assert "\x1b" not in answer
    assert person.slept == [5, 5]
    secrets = program.file.read()
    for said in (*person.said, repr(secrets), repr(program)):
        assert secrets.access_token not in said
        assert secrets.refresh_token not in said


def test_it_asks_more_slowly_when_it_is_told_to_or_nobody_answers(
    program: Program, person: Person, workos_emulator: WorkOSEmulator
) -> None:
    person.meanwhile += [
        fail(workos_emulator, 400, {"error": "slow_down"}),
        fail(workos_emulator, 429, {"error": "too_many_requests"}),
        fail(workos_emulator, 503, "<html>"),
        person.says_yes,
    ]

    program.login()

    assert person.slept == [5, 10, 15, 20]


@pytest.mark.parametrize(
    ("refusal", "said"),
    [
        ({"error": "access_denied"}, "You have said no"),
        ({"error": "expired_token"}, "The code has expired"),
        ({"error": "invalid_grant"}, "has ended"),
        ({"error": "invalid_client"}, "WORKOS_CLIENT_ID"),
        ({"error": "mfa_enrollment", "pending_authentication_token": "canary"}, "mfa_enrollment"),
        ({"code": "action_denied", "message": "canary"}, "action_denied"),
        ({}, "WorkOS does not let you in"),
    ],
)
def test_a_refusal_ends_it_and_is_told_without_secrets(
    program: Program,
    person: Person,
    workos_emulator: WorkOSEmulator,
    refusal: dict[str, str],
    said: str,
) -> None:
    person.meanwhile.append(fail(workos_emulator, 400, refusal))

    with pytest.raises(WorkOSError) as ended:
        program.login()

    assert said in cli.words(ended.value)
    assert "canary" not in cli.words(ended.value)
    assert not program.file.path.exists()


def test_the_person_says_no(program: Program, person: Person) -> None:
    person.meanwhile.append(person.says_no)

    with pytest.raises(WorkOSError) as ended:
        program.login()

    assert cli.words(ended.value) == "You have said no, so nobody is signed in."


def test_it_waits_no_longer_than_the_code_lives(program: Program, person: Person) -> None:
    with pytest.raises((Stop, WorkOSError)) as ended:
        program.login()

    assert "The code has expired" in cli.words(ended.value)
    assert sum(person.slept) <= 300


def test_tokens_that_have_run_out_are_refreshed_once(
    signed_in: Program, person: Person, api: Api, workos_emulator: WorkOSEmulator
) -> None:
    before, asked = signed_in.file.read(), renewals(workos_emulator)
    person.clock.shift(300 - LEEWAY + 1)

    signed_in.call("/api/me")
    signed_in.call("/api/me")

    assert renewals(workos_emulator) == asked + 1
    assert before.access_token not in api.tokens[0]
    assert signed_in.file.read() != before


def test_a_token_that_the_api_refuses_is_refreshed_once(
    signed_in: Program, api: Api, workos_emulator: WorkOSEmulator
) -> None:
    asked = renewals(workos_emulator)
    api.refuse = 1
    signed_in.call("/api/me")
    assert len(set(api.tokens)) == 2

    api.refuse = 9
    with pytest.raises(Stop, match="answers 401"):
        signed_in.call("/api/me")
    assert renewals(workos_emulator) == asked + 2


def test_a_refresh_stays_in_the_organization(
    program: Program, person: Person, workos_emulator: WorkOSEmulator
) -> None:
    organizations = [{"id": "org_1", "name": "Acme"}, {"id": "org_2", "name": "Globex"}]
    body = {"email": ADA, "organizations": organizations}
    workos_emulator.app.test_client().post("/_emulate/organizations", json=body)
    person.meanwhile.append(lambda: person.answer(email=ADA, organization_id="org_2"))
    program.login()
    person.clock.shift(300)

    program.call("/api/me")

    assert json.loads(person.said[-1])["organization_id"] == "org_2"


def test_processes_at_once_refresh_once(
    signed_in: Program, person: Person, workos_emulator: WorkOSEmulator
) -> None:
    """A refresh token works once, so whoever comes second takes what the first has brought."""
    asked = renewals(workos_emulator)
    person.clock.shift(300)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(signed_in.call, ["/api/me"] * 4))

    assert renewals(workos_emulator) == asked + 1


def test_a_session_that_has_ended_says_so(
    signed_in: Program, person: Person, workos_emulator: WorkOSEmulator
) -> None:
    sid = signed_in.file.read().claims()["sid"]
    workos_emulator.client().user_management.revoke_session(session_id=sid)
    person.clock.shift(300)

    with pytest.raises(WorkOSError) as ended:
        signed_in.call("/api/me")

    assert "Sign in again" in cli.words(ended.value)


def test_logging_out_ends_the_session_and_forgets_the_tokens(
    signed_in: Program, workos_emulator: WorkOSEmulator
) -> None:
    tokens = signed_in.file.read()

    signed_in.logout()

    assert not signed_in.file.path.exists()
    with pytest.raises(WorkOSError):
        signed_in.workos.user_management.authenticate_with_refresh_token(
            refresh_token=tokens.refresh_token
        )
    with pytest.raises(Stop, match="You are not signed in"):
        signed_in.call("/api/me")


def test_logging_out_forgets_the_tokens_also_while_workos_is_away(
    signed_in: Program, person: Person, workos_emulator: WorkOSEmulator
) -> None:
    workos_emulator.fail_next("GET", "/user_management/sessions/logout", 503)

    signed_in.logout()

    assert not signed_in.file.path.exists()
    assert "lasts until it has expired" in person.said[-1]


def test_the_tokens_are_never_there_for_others(
    signed_in: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the umask, and also while they are replaced."""
    folder = signed_in.file.path.parent
    before = os.umask(0)
    try:
        signed_in.file.write(signed_in.file.read())
    finally:
        os.umask(before)

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(signed_in.file.path.stat().st_mode) == 0o600
    assert sorted(path.name for path in folder.iterdir()) == ["tokens.json", "tokens.lock"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_tokens_that_others_can_read_are_not_used(signed_in: Program, mode: int) -> None:
    signed_in.file.path.chmod(mode)

    with pytest.raises(Stop, match="Others can read"):
        signed_in.call("/api/me")


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"access_token": "x", "refresh_token": "y"}', '{"x": 1}']
)
def test_a_file_with_something_else_asks_to_sign_in(program: Program, content: str) -> None:
    with program.file.locked():
        program.file.write(Tokens("x", "y"))
    program.file.path.write_text(content)

    with pytest.raises(Stop, match="ign"):
        program.call("/api/me")


def test_logging_out_forgets_the_tokens_also_while_they_are_being_refreshed(
    signed_in: Program, person: Person, workos_emulator: WorkOSEmulator
) -> None:
    leaving = threading.Thread(target=signed_in.logout)

    def leave_meanwhile() -> None:
        if request.path == "/user_management/authenticate":
            leaving.start()
            leaving.join(0.2)  # it has to wait; it would be done by then otherwise

    workos_emulator.app.before_request_funcs.setdefault(None, []).append(leave_meanwhile)
    person.clock.shift(300)

    signed_in.call("/api/me")
    leaving.join()

    assert not signed_in.file.path.exists()


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, {"user_code": "\x1b[2J\x9b31mA\u202e", "verification_uri": "https://a\x07.example"}),
        (400, {"error": "\x1b]0;x\x07"}),
    ],
)
def test_nothing_that_a_server_says_is_a_command_to_the_terminal(
    workos_emulator: WorkOSEmulator,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    status: int,
    body: dict[str, object],
) -> None:
    monkeypatch.setenv("WORKOS_BASE_URL", workos_emulator.url)
    body |= {"device_code": "x", "expires_in": 0}
    path = "/user_management/authorize/device"
    workos_emulator.fail_next("POST", path, status, body=body)

    assert cli.main(["login"]) == 1

    out, err = capsys.readouterr()
    assert all(one.isprintable() or one == "\n" for one in out + err)
    assert "?]0;x?" in err or "?[2J?31mA?" in out


def test_nobody_in_between_is_asked_about_somebody(
    workos_emulator: WorkOSEmulator,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Neither on the way to WorkOS, nor by a proxy on the way to this machine."""
    monkeypatch.setenv("WORKOS_BASE_URL", "http://api.example.com")
    assert cli.main(["login"]) == 1
    assert "https://" in capsys.readouterr().err

    monkeypatch.setenv("WORKOS_BASE_URL", workos_emulator.url)
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    body = {"user_code": "A", "verification_uri": "x", "device_code": "x", "expires_in": 0}
    workos_emulator.fail_next("POST", "/user_management/authorize/device", 200, body=body)
    cli.main(["login"])
    assert "this code: A" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("api_url", "path"),
    [
        ("http://api.example.com", "/api/me"),
        ("ftp://localhost", "/api/me"),
        ("http://localhost", "@example.com/api/me"),
        ("http://localhost", "api/me"),
    ],
)
def test_a_token_goes_nowhere_else(signed_in: Program, api_url: str, path: str) -> None:
    with pytest.raises(Stop, match="nowhere else"):
        replace(signed_in, api_url=api_url).call(path)


def test_the_file_is_where_the_specification_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", "relative")
    assert TokenFile().path == tmp_path / ".config" / cli.NAME / "tokens.json"
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    assert TokenFile().path == tmp_path / "xdg" / cli.NAME / "tokens.json"


@pytest.mark.parametrize("arguments", [["whoami"], ["call", "/x"], ["logout"]])
def test_from_the_command_line_a_problem_is_one_line(
    arguments: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))

    assert cli.main(arguments) == 1

    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert "not signed in" in err


def test_interrupting_it_leaves_nothing(
    program: Program,
    workos_emulator: WorkOSEmulator,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Ctrl-C while it waits."""

    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    monkeypatch.setenv("WORKOS_BASE_URL", workos_emulator.url)

    assert cli.main(["login"], sleep=interrupt) == 130

    assert capsys.readouterr().err == "Stopped.\n"
    assert not (tmp_path / "xdg").exists()

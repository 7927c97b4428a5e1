"""The commands of the README, run as written, in a copy of this tree."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import requests

from scripts.develop import RUNNING, make_env_file
from scripts.develop import main as develop
from tests.clone import LOCKS, Running, environment, make_run, run
from tests.machine import ROOT, free_port
from tests.site import TOKEN
from tests.site import end as end_process
from tests.waiting import PATIENCE, wait_for

pytestmark = pytest.mark.server
on_make_run = pytest.mark.xdist_group("make run")


def has_ipv6() -> bool:
    with suppress(OSError), socket.create_server(("::1", 0), family=socket.AF_INET6):
        return True
    return False


def is_free(url: str) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", int(url.rpartition(":")[2]))) != 0


@pytest.fixture
def running_alone(clone: Path) -> Iterator[Running]:
    """`make run`, for a test that ends it."""
    with make_run(clone) as running:
        yield running


@on_make_run
def test_make_run_leads_to_a_signed_in_page_both_ways(running: Running) -> None:
    output = running.output.read_text()
    assert running.url in output
    assert running.mailbox_url in output
    what_to_do = output.partition("  Open ")[2].splitlines()[1:3]
    assert [line.split()[0] for line in what_to_do] == ["Read", "Press"]

    for way in ("magic-auth", "magic-link"):
        with requests.Session() as browser:
            sign_in(running, browser, way)
            account = browser.get(f"{running.url}/account", timeout=PATIENCE)
            assert f"{way}@example.com" in account.text


def has_ended(running: Running) -> bool:
    wait_for(lambda: running.process.poll() is not None)
    wait_for(lambda: is_free(running.url) and is_free(running.mailbox_url))
    assert not (running.clone / RUNNING).exists()
    assert "Traceback" not in running.output.read_text()
    return True


def test_ended_again_and_again_nothing_goes_on(running_alone: Running) -> None:
    script = child_of(running_alone.process.pid, "scripts.develop")

    def ctrl_c_again() -> bool:
        with suppress(ProcessLookupError):
            os.kill(script, signal.SIGINT)
        return running_alone.process.poll() is not None

    wait_for(ctrl_c_again)

    assert has_ended(running_alone)


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM])  # the first: a closed window
def test_ended_while_it_starts_nothing_goes_on(clone: Path, number: signal.Signals) -> None:
    with make_run(clone, is_up=lambda running: not is_free(running.mailbox_url)) as running:
        os.kill(child_of(running.process.pid, "scripts.develop"), number)

        assert has_ended(running)


def child_of(parent: int, name: str) -> int:
    listing = subprocess.run(
        ["ps", "-A", "-ww", "-o", "ppid=,pid=,args="], capture_output=True, text=True, check=True
    ).stdout
    rows = [row.split(maxsplit=2) for row in listing.splitlines()]
    [pid] = [int(pid) for ppid, pid, args in rows if int(ppid) == parent and name in args]
    return pid


def sign_in(running: Running, browser: requests.Session, way: str) -> None:
    page = browser.get(f"{running.url}/sign-in", timeout=PATIENCE)
    email = f"{way}@example.com"
    sent = submit(browser, f"{running.url}/auth/{way}", page, email=email)
    mail: Any = requests.get(f"{running.mailbox_url}/_emulate/mailbox", timeout=PATIENCE).json()[0]
    if mail["one_time_code"]:
        url = f"{running.url}/auth/magic-auth/verify"
        submit(browser, url, sent, one_time_code=mail["one_time_code"])
    else:
        browser.get(mail["links"][0], timeout=PATIENCE)


def submit(
    browser: requests.Session, url: str, page: requests.Response, **fields: str
) -> requests.Response:
    found = TOKEN.search(page.text)
    assert found
    return browser.post(url, data={"csrf_token": found[1], **fields}, timeout=PATIENCE)


@on_make_run
def test_the_env_file_is_private_and_has_a_fresh_key(running: Running) -> None:
    file = running.clone / ".env"
    found = re.search(r"^SECRET_KEY=([\w-]{64})$", file.read_text(), re.M)

    assert found
    assert file.stat().st_mode & 0o077 == 0
    assert found[1] not in running.output.read_text()


@on_make_run
def test_no_query_string_reaches_the_terminal(running: Running) -> None:
    """LOG-02: the development server would print `code` and `state` of each callback."""
    requests.get(f"{running.url}/auth/callback?code=canary&state=canary", timeout=PATIENCE)

    wait_for(lambda: "/auth/callback" in running.output.read_text())
    assert "canary" not in running.output.read_text()


def test_if_one_part_ends_so_does_the_other_and_the_reason_is_said(
    running_alone: Running,
) -> None:
    running = running_alone
    listing = subprocess.run(
        ["ps", "-A", "-ww", "-o", "pid=,args="], capture_output=True, text=True, check=True
    ).stdout
    port = running.mailbox_url.rpartition(":")[2]
    [line] = [row for row in listing.splitlines() if f"emulator --port {port}" in row]
    os.kill(int(line.split()[0]), signal.SIGTERM)

    assert running.process.wait(PATIENCE) != 0
    assert "the emulator has ended by itself" in running.output.read_text()
    wait_for(lambda: is_free(running.url))


def test_a_busy_port_is_explained_in_one_line(clone: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = run(clone, "make", "run", f"PORT={port}")

    [error] = [line for line in ended.stderr.splitlines() if line.startswith("Error")]
    assert f"port {port} is in use" in error
    assert "make run PORT=" in error
    assert "Traceback" not in ended.stderr + ended.stdout


@pytest.fixture
def refusal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., str]]:
    """Has `make run` refuse to start in a directory of its own, and returns what it says."""
    kept = {one: signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    shutil.copy(ROOT / ".env.example", tmp_path)
    monkeypatch.chdir(tmp_path)

    def refused(**settings: str) -> str:
        with (
            patch.dict(os.environ, environment(**settings), clear=True),
            pytest.raises(SystemExit) as ended,
        ):
            develop()
        return str(ended.value)

    yield refused
    for number, handler in kept.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("variable", ["EMULATOR_PORT", "SMTP_PORT"])
def test_so_is_each_other_port(refusal: Callable[..., str], variable: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ports = {name: str(free_port()) for name in ("PORT", "EMULATOR_PORT", "SMTP_PORT")}
        ports[variable] = str(taken.getsockname()[1])
        error = refusal(**ports)

    assert f"port {ports[variable]} is in use" in error
    assert f"make run {variable}=" in error


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no ::1")
def test_a_port_of_the_other_localhost_is_busy_too(refusal: Callable[..., str]) -> None:
    """Browsers ask ::1 first: the person would meet somebody else's page."""
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as taken:
        port = taken.getsockname()[1]
        error = refusal(PORT=str(port), EMULATOR_PORT=str(free_port()))

    assert f"Error: port {port} is in use" in error


def test_the_real_workos_without_the_emulators_mailbox_is_explained(
    refusal: Callable[..., str],
) -> None:
    """A person who changes one line of .env too few."""
    example = Path(".env.example").read_text()
    key = "SECRET_KEY=Zk4-mTqS9x_Lr7vWb2NcYd8HfJp3Ga6Ue0Ri5Ko1"
    lines = [key if line == "SECRET_KEY=" else line for line in example.splitlines()]
    kept = [line for line in lines if not line.startswith("WORKOS_BASE_URL")]
    Path(".env").write_text("\n".join(kept))

    error = refusal(PORT=str(free_port()), SMTP_PORT=str(free_port()))

    assert "Remove EMAIL_DELIVERY, SMTP_URL and MAIL_FROM" in error


def test_a_port_that_is_none_is_called_by_its_name(refusal: Callable[..., str]) -> None:
    assert "PORT is not a port" in refusal(PORT="abc")


@contextmanager
def flask_run(clone: Path, *options: str, **settings: str) -> Iterator[Path]:
    """Runs `flask run` until the block ends; yields what it prints, once it serves."""
    output = clone / "flask output"
    with output.open("w") as file:
        process = subprocess.Popen(
            [".venv/bin/flask", "run", *options],
            cwd=clone,
            env=environment(**settings),
            stdout=file,
            stderr=file,
        )
    try:
        wait_for(lambda: "Running on" in output.read_text() or process.poll() is not None)
        yield output
    finally:
        end_process(process)


@on_make_run
def test_flask_run_alone_takes_the_same_ports(running: Running) -> None:
    """Beside an emulator that runs already, or with WorkOS."""
    assert isinstance(running.process.args, list)
    ports = dict(str(each).split("=") for each in running.process.args[2:]) | {
        "PORT": str(free_port())
    }
    alone = replace(running, url=f"http://localhost:{ports['PORT']}")

    with flask_run(running.clone, **ports) as output, requests.Session() as browser:
        assert f"Running on {alone.url}" in output.read_text()
        assert "Warning:" not in output.read_text()
        sign_in(alone, browser, "magic-auth")
        account = browser.get(f"{alone.url}/account", timeout=PATIENCE)
        assert "magic-auth@example.com" in account.text


def test_flask_run_says_what_it_lacks(clone: Path) -> None:
    make_env_file(clone)
    port, nobody = free_port(), free_port()

    with flask_run(clone, "--port", str(port), EMULATOR_PORT=str(nobody)) as output:
        told = output.read_text()

    assert told.count(f"listens on port {port}, but mails and redirects lead to") == 1
    assert told.count(f"nothing answers at WORKOS_BASE_URL, http://localhost:{nobody}") == 1
    assert "make run" in told
    assert len(told.splitlines()) < 24


COMMANDS = {
    "make run": ("make", "run"),
    "flask run": (".venv/bin/flask", "run"),
    "flask routes": (".venv/bin/flask", "routes"),
    "make serve": ("make", "serve"),  # gunicorn
}


@pytest.mark.parametrize("command", COMMANDS)
def test_wrong_settings_are_explained_on_one_screen(clone: Path, command: str) -> None:
    """SEC-01: each way to start names every problem, and shows no traceback."""
    (clone / ".env").write_text("WORKOS_API_KEY=nonsense\nSECRET_KEY=canary\nLOG_LEVEL=LOUD\n")
    ended = run(clone, *COMMANDS[command])

    output = ended.stdout + ended.stderr
    assert ended.returncode != 0
    for name in ("WORKOS_API_KEY", "WORKOS_CLIENT_ID", "SECRET_KEY", "LOG_LEVEL"):
        assert name in output
    assert output.count("the application cannot start") == 1
    assert "Traceback" not in output
    assert "canary" not in output
    assert len(output.splitlines()) < 24


def test_debug_with_a_live_key_is_refused_however_it_is_switched_on(clone: Path) -> None:
    """SEC-01."""
    key = "Zk4-mTqS9x_Lr7vWb2NcYd8HfJp3Ga6Ue0Ri5Ko1"
    (clone / ".env").write_text(
        "WORKOS_API_KEY=sk_live_1\nWORKOS_CLIENT_ID=client_1\n"
        f"PUBLIC_URL=https://app.example.com\nSECRET_KEY={key}\n"
    )

    for command in (("run", "--debug"), ("--debug", "run")):
        ended = run(clone, ".venv/bin/flask", *command)
        assert ended.returncode != 0
        assert "FLASK_DEBUG is on" in ended.stderr


# It says of itself that it is another version, and makes no more than what make looks for.
PYTHON = """#!{python} -SE
import os, pathlib, sys
sys.version_info = {version}
if sys.argv[1] == "-c":
    exec(sys.argv[2])
elif sys.argv[1] == "-m":
    made = pathlib.Path(sys.argv[3], "bin/python")
    made.parent.mkdir(parents=True)
    made.write_text("{name}")
"""


@pytest.mark.parametrize(
    ("here", "chosen"),
    [
        (["python3.11", "python3.13", "python3.14"], "python3.13"),
        (["python3.12", "python3.15", "python3:3.15"], "python3.12"),
        (["python3.14", "python3:3.11"], "python3"),
        (["python3.10", "python3.14", "python3:3.10"], "python3.14"),
        (["python3:3.14"], "python3"),
    ],
)
def test_make_prefers_a_python_that_the_tests_run_on(
    tmp_path: Path, here: list[str], chosen: str
) -> None:
    path = tmp_path / "path"
    path.mkdir()
    for name in ("Makefile", *LOCKS):
        shutil.copy(ROOT / name, tmp_path)
    versions = {}
    for each in here:
        name, _, version = each.partition(":")
        versions[name] = tuple(map(int, (version or name.removeprefix("python")).split(".")))
        text = PYTHON.format(python=sys.executable, version=versions[name], name=name)
        (path / name).write_text(text)
        (path / name).chmod(0o755)
    for name in ("sh", "make"):
        (path / name).symlink_to(str(shutil.which(name)))

    made = run(tmp_path, "make", "VENV=new", "new/bin/python", PATH=str(path))

    assert made.returncode == 0, made.stderr
    assert (tmp_path / "new/bin/python").read_text() == chosen
    is_tested = versions[chosen] < (3, 14)
    assert ("only run on Python 3.11 to 3.13" in made.stdout) is not is_tested


def test_the_pythons_that_make_prefers_are_those_of_ci() -> None:
    makefile = (ROOT / "Makefile").read_text()
    workflow = (ROOT / ".github/workflows/ci.yml").read_text()

    for version in re.findall(r'"(3\.\d+)"', workflow):
        assert f"python{version} " in makefile


def test_make_help_names_every_command() -> None:
    told = run(ROOT, "make").stdout

    for target in re.findall(r"^([a-z]\w*):", (ROOT / "Makefile").read_text(), re.M):
        assert f"make {target}" in told


def test_every_make_command_in_the_readme_exists() -> None:
    readme = (ROOT / "README.md").read_text()
    targets = set(re.findall(r"^([a-z]\w*):", (ROOT / "Makefile").read_text(), re.M))

    assert set(re.findall(r"`?make (\w+)", readme)) - {"it"} <= targets
    for path in re.findall(r"\]\(([\w./-]+)\)", readme):
        assert (ROOT / path).exists(), path


@on_make_run
def test_after_ctrl_c_nothing_goes_on(running: Running) -> None:
    """The last of its group, which another would have to start again."""
    os.killpg(running.process.pid, signal.SIGINT)

    assert has_ended(running)

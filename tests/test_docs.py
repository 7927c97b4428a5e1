"""README and docs/: every link leads somewhere, every command is run, every snippet works."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from flask import Flask

from app.config import DEFAULTS, SETTINGS
from app.environment import PORTS
from tests.clone import run
from tests.conftest import ROOT
from tests.site import ONE_WORKER, Sites
from tests.waiting import PATIENCE
from tests.walk import ADA, Visitor

PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
LINK = re.compile(r"\]\(([^)\s]+)\)")
REQUIREMENT = re.compile(r"\b(?:A11Y|AUT|DOC|LIM|LOG|SEC|SES|WEB)-\d\d\b")
FENCE = re.compile(r"```(\w*)\n(.*?)```", re.S)
# Commands that end by themselves and change nothing outside the clone that they run in.
RUN_HERE = (
    ".venv/bin/flask sessions end --user user_01ABC",
    ".venv/bin/flask sessions end --all",
    ".venv/bin/flask tries forgive ada@example.com",
    ".venv/bin/gunicorn --check-config",
)
RUN_ELSEWHERE = {
    'make fork NAME="Acme Notes" DOORS=magic_auth WITHOUT="doctor emulator webhooks organizations '
    'redis development bench"': "tests/fork/test_forks.py",
    "make fork": "tests/fork/test_forks.py",
    "make run": "tests/serving/test_commands.py",
    "make run 2>&1 | tee log": "tests/serving/test_commands.py",
    "make test": ".ci/run",
    "make serve": "tests/serving/test_commands.py",
    "make doctor": "tests/test_docs.py",
    "make doctor URL=https://app.example.com": "tests/test_docs.py",
    ".venv/bin/gunicorn": "tests/serving/test_commands.py",
    "BIND=0.0.0.0 .venv/bin/gunicorn": "tests/serving/test_gunicorn.py",
    ".venv/bin/python -m doctor --attempt ID < log": "tests/doctor/test_running_site.py",
    ".venv/bin/python -m doctor --json": "tests/doctor/test_running_site.py",
}
# What a command may be given, and its subcommands.
LOOKS = ("NAME", "COLOUR", "LOGO")
VARIABLES = (
    *PORTS,
    *LOOKS,
    "BIND",
    "EMAIL_DELIVERY",
    "URL",
    "routes",
    "run",
    "DOORS",
    "WITHOUT",
    "LANGUAGES",
    "NEW",
    "ROW",
    "ROUTE",
)


def fences(language: str) -> dict[str, list[str]]:
    """Returns the fenced blocks of this language, by page."""
    found = {path.name: FENCE.findall(path.read_text()) for path in PAGES}
    return {
        name: [text for kind, text in blocks if kind == language] for name, blocks in found.items()
    }


def anchors(path: Path) -> set[str]:
    """Returns the anchors that GitHub makes of a page's headings."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", path.read_text()), re.M)
    return {re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-") for text in headings}


@pytest.mark.parametrize(
    "path", [*PAGES, *ROOT.glob("emulator/*.md")], ids=lambda path: str(path.relative_to(ROOT))
)
def test_every_link_leads_somewhere(path: Path) -> None:
    for target in LINK.findall(FENCE.sub("", path.read_text())):
        if target.startswith("http"):
            assert re.fullmatch(r"https://[\w.-]+(/[\w./#-]*)?", target), target
            continue
        name, _, anchor = target.partition("#")
        file = (path.parent / name) if name else path
        assert file.exists(), f"{path.name}: {target}"
        assert not anchor or anchor in anchors(file), f"{path.name}: {target}"


def test_nothing_that_is_tracked_is_a_link_to_elsewhere() -> None:
    """A link to a virtual environment, for example, which other machines do not have."""
    listed = subprocess.run(
        ["git", "ls-files", "-s"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert "120000 " not in listed.stdout


def test_every_page_is_reached_from_the_readme() -> None:
    linked = set(LINK.findall((ROOT / "README.md").read_text()))

    for path in (*ROOT.glob("docs/*.md"), *ROOT.glob("docs/pictures/*.png")):
        assert str(path.relative_to(ROOT)) in linked


def test_what_tests_name_as_a_requirement_is_defined_once_and_nothing_else() -> None:
    page = (ROOT / "SECURITY.md").read_text()
    defined = re.findall(r"^\| ([A-Z0-9]+-\d\d) \| \S", page, re.M)
    tests = [path for name in ("tests", "emulator") for path in (ROOT / name).rglob("*.py")]
    named = {name for path in tests for name in REQUIREMENT.findall(path.read_text())}

    assert len(defined) == len(set(defined))
    assert set(defined) == named


def test_every_command_is_run_by_a_test_or_by_ci() -> None:
    """A block of a whole session with curl is run as one: see below."""
    commands = {
        line
        for name, blocks in fences("sh").items()
        for block in blocks
        for line in block.splitlines()
        if "curl" not in block
    }
    commands |= {
        command
        for path in PAGES
        for command in re.findall(r"`((?:make|\.venv/bin/\w+) ?[^`]*)`", path.read_text())
    }
    known_targets = set(targets())
    tested_as_targets = {f"make {target}" for target in known_targets}

    for command in commands - set(RUN_HERE) - set(RUN_ELSEWHERE) - tested_as_targets:
        words = shlex.split(command.removeprefix("make "))
        target = next(word for word in words if "=" not in word)
        assert target in known_targets | {".venv/bin/flask", ".venv/bin/gunicorn"}, command
        assert {word.partition("=")[0] for word in words} <= {target, *VARIABLES}, command
    for place in RUN_ELSEWHERE.values():
        assert (ROOT / place).exists()


@pytest.mark.server
@pytest.mark.parametrize("command", RUN_HERE)
def test_a_command_runs_as_written(clone: Path, command: str) -> None:  # the fixture
    key = "SECRET_KEY=Zk4-mTqS9x_Lr7vWb2NcYd8HfJp3Ga6Ue0Ri5Ko1"
    (clone / ".env").write_text(
        (clone / ".env.example").read_text().replace("SECRET_KEY=\n", f"{key}\n")
    )

    ended = run(clone, *command.split())

    assert ended.returncode == 0, ended.stderr


def targets() -> list[str]:
    return re.findall(r"^([a-z]\w*):", (ROOT / "Makefile").read_text(), re.M)


# As the page has it.
FORK = ("NAME=Acme Notes", "DOORS=magic_auth", "WITHOUT=bench")


def without_make() -> dict[str, str]:
    """Returns what the page says instead of each `make` command."""
    page = (ROOT / "docs/without-make.md").read_text()
    return dict(re.findall(r"^\| `make (\w+)` \| (.+) \|$", page, re.M))


def test_every_make_command_has_a_plain_one() -> None:
    assert set(targets()) <= set(without_make())


@pytest.mark.server
@pytest.mark.parametrize("target", [name for name in targets() if name not in ("help", "clean")])
def test_a_plain_command_is_what_make_runs(target: str) -> None:
    done = ("-o", ".venv/bin/python", "-o", ".venv/run", "-o", ".venv/dev")
    shown = run(ROOT, "make", "-n", *done, "VENV=.venv", "PYTEST=", "URL=", *FORK, target).stdout
    commands = [line.split() for line in re.findall(r"\.venv/bin/(.+)", shown)]
    said = without_make()[target]

    assert commands
    for command in commands:
        if command[0] in ("hadolint", "yamllint", "uv"):
            assert command[0] in said
        else:
            assert f"`{' '.join(command)}`" in said


@pytest.mark.server
def test_make_doctor_examines_a_clone(clone: Path) -> None:  # the fixture
    before = run(clone, "make", "doctor")
    assert before.returncode != 0
    assert "There is no .env here: make run makes one" in before.stdout
    assert "SECRET_KEY is missing" in before.stdout

    asked = run(clone, "make", "doctor", "URL=https://app.example.com")
    assert "SECRET_KEY is missing" in asked.stdout


@pytest.mark.server
@pytest.mark.xdist_group("Chromium")
@pytest.mark.parametrize("debug", [{}, {"FLASK_DEBUG": "1"}], ids=["make serve", "make run"])
def test_a_program_signs_in_as_documented(
    tmp_path: Path, sites: Sites, debug: dict[str, str]
) -> None:
    """In debug mode Flask lays JSON out over many lines."""
    if not shutil.which("curl"):
        pytest.skip("curl is not installed")
    [block] = fences("sh")["programs.md"]
    site = sites.get(ONE_WORKER | debug)
    script = block.replace("http://localhost:5000", site.url)
    assert script != block
    first, second = script.split("send /auth/magic-auth/verify")
    sent = bash(first, tmp_path)
    mails: Any = requests.get(f"{site.workos_url}/_emulate/mailbox", timeout=PATIENCE).json()
    helpers = first.rpartition("send /auth/magic-auth")[0]
    done = bash(
        f"{helpers}send /auth/magic-auth/verify"
        + second.replace("123456", mails[0]["one_time_code"]),
        tmp_path,
    )

    assert '"status":"sent"' in re.sub(r"\s", "", sent)
    assert '"status":"signed_in"' in re.sub(r"\s", "", done)
    assert f'"email":"{ADA}"' in re.sub(r"\s", "", done)


def bash(script: str, directory: Path) -> str:
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    ).stdout


@pytest.mark.parametrize("name", [path.name for path in PAGES])
def test_every_setting_in_a_document_exists(name: str) -> None:
    for block in fences("ini")[name]:
        for line in block.splitlines():
            assert line.partition("=")[0] in SETTINGS, line


def test_the_snippets_for_forks_work(
    app: Flask, visitor: Visitor, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # The third is a failure, which the gallery of this process would show from then on.
    guarded, upload, _, signal, audit, closing = fences("python")["customizing.md"]
    names: dict[str, Any] = {"__name__": "app.reports", "__package__": "app"}
    exec(guarded, names)  # our own documentation
    exec(signal, names)
    pictures: dict[str, Any] = {"__name__": "app.pictures", "__package__": "app"}
    exec(upload, pictures)
    for text in (audit, closing):
        exec(text, {"__name__": "app.audit", "__package__": "app"})
    # Not in the way of a fork that has done as the page says.
    app.register_blueprint(names["bp"], name="documented", url_prefix="/documented")
    app.register_blueprint(pictures["bp"], name="pictures_too", url_prefix="/documented/pictures")
    (tmp_path / "reports.html").write_text("Reports of {{ name }}")
    app.jinja_loader.searchpath.insert(0, str(tmp_path))  # type: ignore[union-attr] # a file system loader

    assert visitor.get("/documented/reports").location == "/sign-in?next=/documented/reports"
    visitor.sign_in_by_code()
    assert visitor.get("/documented/reports").text == f"Reports of {ADA}"
    assert visitor.post("/documented/reports/delete").text == "Deleted."
    assert ADA in names["PEOPLE"].values()
    data = {"csrf_token": visitor.csrf_token(), "picture": (BytesIO(b"x" * 400_000), "a.png")}
    uploaded = visitor.client.post("/documented/pictures", data=data)
    assert uploaded.text == "Thank you for a.png."
    assert "script-src 'self'" in uploaded.headers["Content-Security-Policy"]


def test_the_devcontainer_is_read_and_makes_what_make_makes() -> None:
    container = json.loads((ROOT / ".devcontainer/devcontainer.json").read_text())

    assert container["postCreateCommand"] == "make .venv/dev"
    assert urlsplit(str(DEFAULTS["public_url"])).port in container["forwardPorts"]
    assert set(container["portsAttributes"]) == set(map(str, container["forwardPorts"]))
    version = container["image"].rpartition(":")[2]
    assert f'"{version}"' in (ROOT / ".github/workflows/ci.yml").read_text()


@pytest.mark.parametrize(("name", "command"), [("ci", "run"), ("newest", "newest")])
def test_a_workflow_for_forks_calls_the_same_command(name: str, command: str) -> None:
    workflow = (ROOT / f".github/workflows/{name}.yml").read_text()

    assert re.findall(r"- run: (.*)", workflow) == [f"bash .ci/{command}"]
    assert (ROOT / f".ci/{command}").exists()
    assert "permissions:\n  contents: read\n" in workflow


@pytest.mark.server
def test_what_the_weekly_workflow_runs_exists() -> None:
    """Without asking any registry: make only says what it would do."""
    script = (ROOT / ".ci/newest").read_text()
    named = re.findall(r"^make (\w+)|^bash (\S+)$", script, re.M)
    [tests] = re.findall(r'PYTEST="-vv (\S+)"', script)

    assert subprocess.run(["bash", "-n", ROOT / ".ci/newest"], check=False).returncode == 0
    assert {target for target, _ in named if target} <= set(targets())
    assert all(
        (ROOT / path).exists() for path in (tests, *filter(None, (path for _, path in named)))
    )

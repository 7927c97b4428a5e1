"""README and docs/: every link leads somewhere, every command is run, every snippet works."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import requests
from flask import Flask

import emulator as workos_emulator
from app.config import PORTS, SETTINGS
from tests.attack.conftest import Browser, running_site
from tests.conftest import ROOT
from tests.serving.test_commands import clone, run
from tests.walk import ADA, Visitor

__all__ = ["clone"]  # a fixture

PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
LINK = re.compile(r"\]\(([^)\s]+)\)")
FENCE = re.compile(r"```(\w*)\n(.*?)```", re.S)
# Commands that end by themselves and change nothing outside the clone that they run in.
RUN_HERE = (
    ".venv/bin/flask sessions end --user user_01ABC",
    ".venv/bin/flask sessions end --all",
    ".venv/bin/gunicorn --check-config",
)
RUN_ELSEWHERE = {
    "make run": "tests/serving/test_commands.py",
    "make run 2>&1 | tee log": "tests/serving/test_commands.py",
    "make test": ".ci/run",
    "make serve": "tests/serving/test_commands.py",
    "make doctor": "tests/test_docs.py",
    "make doctor URL=https://app.example.com": "tests/test_docs.py",
    ".venv/bin/gunicorn": "tests/serving/test_commands.py",
    ".venv/bin/python -m doctor --attempt ID < log": "tests/doctor/test_running_site.py",
    ".venv/bin/python -m emulator": "tests/emulator/test_emulator_serving.py",
    ".venv/bin/python -m doctor --json": "tests/doctor/test_running_site.py",
}


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


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
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
    targets = set(re.findall(r"^([a-z]\w*):", (ROOT / "Makefile").read_text(), re.M))
    tested_as_targets = {f"make {target}" for target in targets}

    for command in commands - set(RUN_HERE) - set(RUN_ELSEWHERE) - tested_as_targets:
        target, *variables = command.removeprefix("make ").split()
        assert target in targets | {".venv/bin/flask"}, command
        known = {*PORTS, "EMAIL_DELIVERY", "URL", "routes"}
        assert {variable.partition("=")[0] for variable in variables} <= known, command
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


@pytest.mark.server
def test_make_doctor_examines_a_clone(clone: Path) -> None:  # the fixture
    before = run(clone, "make", "doctor")
    assert before.returncode != 0
    assert "There is no .env here: make run makes one" in before.stdout
    assert "SECRET_KEY is missing" in before.stdout

    asked = run(clone, "make", "doctor", "URL=https://app.example.com")
    assert "SECRET_KEY is missing" in asked.stdout


@pytest.mark.server
@pytest.mark.parametrize("debug", ["0", "1"], ids=["make serve", "make run"])
def test_a_program_signs_in_as_documented(tmp_path: Path, debug: str) -> None:
    """In debug mode Flask lays JSON out over many lines."""
    if not shutil.which("curl"):
        pytest.skip("curl is not installed")
    [block] = fences("sh")["programs.md"]
    with running_site(tmp_path, WEB_CONCURRENCY="1", FLASK_DEBUG=debug) as site:
        script = block.replace("http://localhost:5000", site.url)
        assert script != block
        first, second = script.split("send /auth/magic-auth/verify")
        sent = bash(first, tmp_path)
        mails: Any = requests.get(f"{site.workos_url}/_emulate/mailbox", timeout=5).json()
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
        timeout=30,
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
    guarded, signal = fences("python")["customizing.md"]
    names: dict[str, Any] = {"__name__": __name__}
    exec(guarded, names)  # our own documentation
    exec(signal, names)
    app.register_blueprint(names["bp"])
    (tmp_path / "reports.html").write_text("Reports of {{ name }}")
    app.jinja_loader.searchpath.append(str(tmp_path))  # type: ignore[union-attr] # a file system loader

    assert visitor.get("/reports").location == "/sign-in?next=/reports"
    visitor.sign_in_by_code()
    assert visitor.get("/reports").text == f"Reports of {ADA}"
    assert visitor.post("/reports/delete").text == "Deleted."
    assert ADA in names["PEOPLE"].values()


def test_the_emulators_page_names_everything_that_it_can() -> None:
    page = (ROOT / "docs/emulator.md").read_text()
    for rule in workos_emulator.create_app().url_map.iter_rules():
        if rule.rule.startswith("/_emulate/") and "static" not in rule.rule:
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
                assert f"`{method} {rule.rule}`" in page


@pytest.mark.server
def test_the_emulators_example_works(tmp_path: Path) -> None:
    if not shutil.which("curl"):
        pytest.skip("curl is not installed")
    [example] = [block for block in fences("sh")["emulator.md"] if "curl" in block]
    with running_site(tmp_path, WEB_CONCURRENCY="1") as site:
        bash(example.replace("http://localhost:4100", site.workos_url), tmp_path)
        browser = Browser(site)
        statuses = [
            browser.post("/auth/magic-auth", email=f"{number}@example.com").status_code
            for number in range(3)
        ]
        browser.http.close()

    assert statuses == [502, 502, 303]


DELETIONS: dict[str, tuple[list[str], list[str]]] = {
    "the emulator": (["emulator"], []),
    "pages for developers": (
        ["app/development", "templates/development"],
        [r"    development,\n", r"    development\.init_app\(app, config\)\n"],
    ),
    "the doctor": (["app/doctor"], [r"from app\.doctor import report\n", r", report(?=\))"]),
    "webhooks": (["app/webhooks.py"], [r"    webhooks,\n", r", webhooks(?=,)"]),
    "links": ([], [r", magic_link(?=,)", r", magic_link(?=,)"]),
}


def test_what_can_be_deleted_is_what_the_table_says() -> None:
    table = (ROOT / "docs/customizing.md").read_text().partition("## What to delete")[2]

    assert set(re.findall(r"^\| ((?!Not needed|---)[^|]+) \|", table, re.M)) == set(DELETIONS)


@pytest.mark.server
@pytest.mark.parametrize("part", DELETIONS)
def test_without_a_part_the_application_starts(clone: Path, part: str) -> None:  # the fixture
    paths, lines = DELETIONS[part]
    for path in paths:
        target = clone / path
        shutil.rmtree(target) if target.is_dir() else target.unlink()
    factory = clone / "app/__init__.py"
    text = factory.read_text()
    for line in lines:
        text, count = re.subn(line, "", text, count=1)
        assert count == 1, line
    factory.write_text(text)
    if part == "links":
        page = clone / "templates/sign_in.html"
        page.write_text(re.sub(r".*formaction.*\n", "", page.read_text()))
    program = (
        "from app import create_app\nfrom app.config import Config\n"
        "app = create_app(Config(workos_api_key='sk_test_1', workos_client_id='client_1',"
        " secret_key='Zk4-mTqS9x_Lr7vWb2NcYd8HfJp3Ga6Ue0Ri5Ko1'))\n"
        "for path in ('/', '/sign-in', '/auth/callback'):\n"
        "    page = app.test_client().get(path, base_url='http://localhost:5000')\n"
        "    assert page.status_code in (200, 400), (path, page.text)\n"
    )

    ended = run(clone, sys.executable, "-c", program)

    assert ended.returncode == 0, ended.stderr


def test_the_workflow_for_forks_calls_the_same_command() -> None:
    workflow = (ROOT / ".github/workflows/ci.yml").read_text()

    assert re.findall(r"- run: (.*)", workflow) == ["bash .ci/run"]
    assert "permissions:\n  contents: read\n" in workflow
